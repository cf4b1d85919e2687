import { inFlop, quantityText, unitless } from "../check/quantity.js";
import { safe } from "../diagnostics/render-text.js";
import type { Box, Picture, Stage } from "./picture.js";

const WIDTH = 640;
const LEFT = 60;
const BOX = 400;
const LINE = 18;
const PAD = 12;
const ARROW = 40;
const FONT = "font-family='ui-sans-serif, system-ui, sans-serif'";

/** Fill and edge of a box: what reads rows of a table, what keeps a state, and all else. */
const looks = {
  memory: { fill: "#ffe9c7", edge: "#c77700" },
  state: { fill: "#e1ecff", edge: "#3566b0" },
  plain: { fill: "#f3f4f6", edge: "#6b7280" },
} as const;

/** A picture as SVG, one column from input to output. It stands alone: no fonts, no scripts, no links. */
export function svgText(picture: Picture): string {
  const parts: string[] = [];
  const middle = LEFT + BOX / 2;
  const sizes = Object.entries(picture.point)
    .filter(([name, size]) => name !== "past" || size !== 0n)
    .map(([name, size]) => `${name} ${size}`)
    .join(", ");
  let y = 34;
  parts.push(text(LEFT, y, picture.model, "18", "600"));
  y += 22;
  const whole = `${count(picture.params)} parameters, ${flop(picture.flops)} forward at ${sizes}`;
  parts.push(text(LEFT, y, whole, "13", "400", "#4b5563"));
  for (const box of picture.shared) {
    y += LINE;
    parts.push(text(LEFT, y, `shared ${linesOf(box).join(", ")}`, "13", "400", looks.memory.edge));
  }
  y += 34;
  for (const line of picture.inputs) {
    parts.push(text(middle, y, line, "13", "600", "#111827", "middle"));
    y += LINE;
  }
  let shape = "";
  for (const stage of picture.stages) {
    parts.push(arrow(middle, y - LINE + 8, y + ARROW - LINE - 2, shape));
    y += ARROW - LINE;
    const { svg, height } = stageBox(stage, y);
    parts.push(svg);
    y += height + LINE;
    shape = stage.shape;
  }
  parts.push(arrow(middle, y - LINE + 2, y + ARROW - LINE - 2, ""));
  y += ARROW;
  for (const line of picture.outputs) {
    parts.push(text(middle, y - LINE / 2, line, "13", "600", "#111827", "middle"));
    y += LINE;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 12}" viewBox="0 0 ${WIDTH} ${y + 12}" role="img" ${FONT}>`,
    `<title>${escaped(picture.model)}</title>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#6b7280"/></marker></defs>',
    `<rect width="${WIDTH}" height="${y + 12}" fill="#ffffff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/** One box for a part; for blocks a frame around a box for each slot. */
function stageBox(stage: Stage, top: number): { svg: string; height: number } {
  if (stage.blocks === 0) return column(stage.boxes, LEFT, top, BOX);
  const head = PAD + LINE;
  const inner = column(stage.boxes, LEFT + PAD, top + head, BOX - 2 * PAD);
  const height = head + inner.height + PAD;
  const times = stage.blocks > 1 ? `${stage.blocks} times` : "";
  const frame = `<rect x="${LEFT}" y="${top}" width="${BOX}" height="${height}" rx="10" fill="none" stroke="#9ca3af" stroke-dasharray="5 4"/>`;
  const label = text(LEFT + PAD, top + LINE, stage.label, "13", "600", "#374151");
  const factor =
    times === ""
      ? ""
      : text(LEFT + BOX + 14, top + height / 2 + 5, `× ${stage.blocks}`, "18", "600", "#374151");
  return {
    svg: [`<g class="blocks">`, frame, label, factor, inner.svg, "</g>"].filter(Boolean).join("\n"),
    height,
  };
}

function column(
  boxes: readonly Box[],
  x: number,
  top: number,
  width: number,
): { svg: string; height: number } {
  const parts: string[] = [];
  let y = top;
  for (const [i, box] of boxes.entries()) {
    if (i > 0) y += 8;
    const lines = linesOf(box);
    const height = 2 * PAD + LINE * lines.length;
    const kind = box.rows > 0n || box.readsShared ? "memory" : box.caches.length > 0 ? "state" : "plain";
    const { fill, edge } = looks[kind];
    parts.push(
      `<g class="${kind}"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" fill="${fill}" stroke="${edge}"/>`,
      ...lines.map((line, n) =>
        text(
          x + PAD,
          y + PAD + 13 + n * LINE,
          line,
          "13",
          n === 0 ? "600" : "400",
          n === 0 ? "#111827" : "#374151",
        ),
      ),
      "</g>",
    );
    y += height;
  }
  return { svg: parts.join("\n"), height: y - top };
}

function linesOf(box: Box): readonly string[] {
  const name = box.layer === "" ? box.slot : `${box.slot}: ${box.layer}`;
  const figures = [
    ...(box.params > 0n ? [`${count(box.params)} parameters`] : []),
    ...(box.flops > 0n ? [flop(box.flops)] : []),
  ];
  return [
    name,
    ...(figures.length > 0 ? [figures.join(", ")] : []),
    ...(box.rows > 0n ? [`reads ${box.rows} rows a token`] : []),
    ...(box.readsShared ? ["reads rows of a shared table"] : []),
    ...box.caches.map((cache) => `keeps ${cache}`),
  ];
}

function arrow(x: number, from: number, to: number, shape: string): string {
  const line = `<line x1="${x}" y1="${from}" x2="${x}" y2="${to}" stroke="#6b7280" stroke-width="1.5" marker-end="url(#tip)"/>`;
  return shape === "" ? line : `${line}\n${text(x + 12, (from + to) / 2 + 4, shape, "12", "400", "#6b7280")}`;
}

function text(
  x: number,
  y: number,
  words: string,
  size: string,
  weight: string,
  fill = "#111827",
  anchor = "start",
): string {
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return safe(words)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function count(n: bigint): string {
  return quantityText({ value: [n, 1n], unit: unitless });
}

function flop(n: bigint): string {
  return quantityText({ value: [n, 1n], unit: inFlop });
}
