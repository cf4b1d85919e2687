import { safe, textWidth } from "../diagnostics/render-text.js";

/** Each colour of a picture, and what takes its place where the reader's screen is dark. */
const DARK = {
  "#ffffff": "#0d1117",
  "#111827": "#f3f4f6",
  "#374151": "#d1d5db",
  "#4b5563": "#b6bcc6",
  "#6b7280": "#9ca3af",
  "#9ca3af": "#6b7280",
  "#f3f4f6": "#1f2937",
  "#ffe9c7": "#4a3008",
  "#c77700": "#e8a33d",
  "#8a5200": "#f0b45a",
  "#e1ecff": "#16294a",
  "#3566b0": "#7aa7f0",
} as const;

export type Colour = keyof typeof DARK;

export const PAGE: Colour = "#ffffff";
export const INK: Colour = "#111827";
export const BODY: Colour = "#374151";
export const QUIET: Colour = "#4b5563";
export const EDGE: Colour = "#6b7280";
export const FRAME: Colour = "#9ca3af";

const FONT = "font-family='ui-sans-serif, system-ui, sans-serif'";

/**
 * A whole picture. Colours are attributes, which every program understands; those that know the reader's theme turn
 * them dark.
 */
export function page(title: string, width: number, height: number, parts: readonly string[]): string {
  const dark = Object.entries(DARK).map(
    ([light, other]) => `[fill="${light}"]{fill:${other}}[stroke="${light}"]{stroke:${other}}`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" ${FONT}>`,
    `<title>${escaped(title)}</title>`,
    `<style>@media(prefers-color-scheme:dark){${dark.join("")}}</style>`,
    `<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="${EDGE}"/></marker></defs>`,
    `<rect width="${width}" height="${height}" fill="${PAGE}"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

interface Font {
  readonly size?: number;
  readonly isBold?: boolean;
  readonly fill?: Colour;
  readonly anchor?: "start" | "middle" | "end";
  /** Pixels that it may take; it is shortened beyond them. */
  readonly room?: number;
}

/** How wide a letter is on average, as a part of its height: at least as wide as in any usual font. */
const letter = (isBold: boolean): number => (isBold ? 0.7 : 0.57);

/** A line of text whose baseline begins at a place. */
export function text(
  x: number,
  y: number,
  words: string,
  { size = 13, isBold = false, fill = INK, anchor = "start", room = Number.POSITIVE_INFINITY }: Font = {},
): string {
  const shown = shortened(words, Math.floor(room / (size * letter(isBold))));
  // A pointer that rests on a shortened text shows all of it.
  const whole = shown === words ? "" : `<title>${escaped(words)}</title>`;
  const weight = isBold ? ' font-weight="600"' : "";
  const place = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  return `<text x="${x}" y="${y}" font-size="${size}"${weight} fill="${fill}"${place}>${whole}${escaped(shown)}</text>`;
}

/** About how wide a line is. */
export function widthOf(words: string, size: number, isBold: boolean): number {
  return Math.ceil(textWidth(words) * size * letter(isBold));
}

/** A line along a path, with an arrowhead at its end or without one. */
export function edge(path: string, tipped: boolean): string {
  const tip = tipped ? ' marker-end="url(#tip)"' : "";
  return `<path d="${path}" fill="none" stroke="${EDGE}" stroke-width="1.5"${tip}/>`;
}

/** As much of a text as has room in so many cells. */
function shortened(words: string, cells: number): string {
  if (textWidth(words) <= cells) return words;
  let kept = "";
  for (const character of words) {
    if (textWidth(`${kept}${character}…`) > cells) break;
    kept += character;
  }
  return `${kept}…`;
}

function escaped(words: string): string {
  return safe(words)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
