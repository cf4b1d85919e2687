import { inFlop, quantityText, unitless } from "../dim/quantity.js";
import type { Box } from "./picture.js";
import { BODY, type Colour, EDGE, FRAME, INK, text, widthOf } from "./svg-parts.js";

/** The height of a line of text, and the room around the lines of a box. */
export const LINE = 18;
export const PAD = 12;

/** Fill and edge of a box, and what a legend says of it: what reads rows of a table, what keeps a state, and all else. */
const looks: Record<Look, { readonly fill: Colour; readonly edge: Colour; readonly means: string }> = {
  memory: { fill: "#ffe9c7", edge: "#c77700", means: "reads a few rows of a large table" },
  state: { fill: "#e1ecff", edge: "#3566b0", means: "keeps a state for the next step" },
  plain: { fill: "#f3f4f6", edge: EDGE, means: "" },
};

type Look = "memory" | "state" | "plain";

const lookOf = (box: Box): Look =>
  box.rows > 0n || box.readsShared ? "memory" : box.caches.length > 0 ? "state" : "plain";

/** Boxes below each other. */
export interface Column {
  readonly svg: string;
  readonly height: number;
  /** The height of the middle of each box, by slot. */
  readonly slots: ReadonlyMap<string, number>;
}

/** Boxes of one stage from `top` down; `said` are lines of the first one. */
export function column(
  boxes: readonly Box[],
  x: number,
  top: number,
  width: number,
  said: readonly string[],
): Column {
  const parts: string[] = [];
  const slots = new Map<string, number>();
  let y = top;
  for (const [i, box] of boxes.entries()) {
    if (i > 0) y += 8;
    const lines = [...linesOf(box), ...(i === 0 ? said : [])];
    const height = 2 * PAD + LINE * lines.length;
    const kind = lookOf(box);
    const { fill, edge } = looks[kind];
    const room = width - 2 * PAD;
    parts.push(
      `<g class="${kind}"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" fill="${fill}" stroke="${edge}"/>`,
      ...lines.map((line, n) =>
        text(x + PAD, y + PAD + 13 + n * LINE, line, { isBold: n === 0, fill: n === 0 ? INK : BODY, room }),
      ),
      "</g>",
    );
    slots.set(box.slot, y + height / 2);
    y += height;
  }
  return { svg: parts.join("\n"), height: y - top, slots };
}

/** `ffn: pkm`, its parameters and FLOPs, and what it reads and keeps. */
export function linesOf(box: Box): readonly string[] {
  const name = box.layer === "" ? box.slot : `${box.slot}: ${box.layer}`;
  const figures = [
    ...(box.params > 0n ? [`${count(box.params)} parameters`] : []),
    ...(box.flops > 0n ? [flop(box.flops)] : []),
  ];
  return [
    name,
    ...(figures.length > 0 ? [figures.join(", ")] : []),
    ...(box.rows > 0n ? [`reads ${box.rows} of ${grouped(box.rowsInAll)} rows per token`] : []),
    ...(box.readsShared ? ["reads rows of a shared table"] : []),
    ...box.caches.map((cache) => `keeps ${cache}`),
  ];
}

/** A dashed frame around what stands for several blocks, or for one. */
export function frame(x: number, y: number, width: number, height: number): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="10" fill="none" stroke="${FRAME}" stroke-dasharray="5 4"/>`;
}

/** What goes into the model or comes out of it: a box with round ends. */
export function terminal(x: number, top: number, lines: readonly string[]): Terminal {
  const width = Math.max(...lines.map((line) => widthOf(line, 13, true)), 0) + 2 * PAD;
  const height = LINE * lines.length + PAD;
  const svg = [
    `<g class="port"><rect x="${x}" y="${top}" width="${width}" height="${height}" rx="15" fill="none" stroke="${INK}"/>`,
    ...lines.map((line, i) =>
      text(x + width / 2, top + 19 + i * LINE, line, { isBold: true, anchor: "middle" }),
    ),
    "</g>",
  ];
  return { svg: svg.join("\n"), width, height };
}

export interface Terminal {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** A line for each colour that boxes have, and one on frames that stand for several blocks. */
export function legend(x: number, top: number, boxes: readonly Box[], isRepeated: boolean): Column {
  const parts: string[] = [];
  let y = top + 4;
  const row = (swatch: string, words: string) => {
    parts.push(swatch, text(x + 30, y + 11, words, { size: 12, fill: BODY }));
    y += LINE;
  };
  for (const kind of ["state", "memory"] as const) {
    if (!boxes.some((box) => lookOf(box) === kind)) continue;
    const { fill, edge, means } = looks[kind];
    row(`<rect x="${x}" y="${y}" width="20" height="14" rx="3" fill="${fill}" stroke="${edge}"/>`, means);
  }
  if (isRepeated)
    row(
      `<rect x="${x}" y="${y}" width="20" height="14" rx="3" fill="none" stroke="${EDGE}" stroke-dasharray="3 2"/>`,
      "× n: n blocks alike, with the figures of one",
    );
  return { svg: parts.join("\n"), height: y - top, slots: new Map() };
}

/** `262,144` */
function grouped(n: bigint): string {
  return `${n}`.replace(/\B(?=(\d{3})+$)/g, ",");
}

export function count(n: bigint): string {
  return quantityText({ value: [n, 1n], unit: unitless });
}

export function flop(n: bigint): string {
  return quantityText({ value: [n, 1n], unit: inFlop });
}
