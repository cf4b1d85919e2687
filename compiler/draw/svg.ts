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

/** Between two columns: the count of a stack, and the edge from the one to the other. */
const GUTTER = 130;

/** A picture as SVG: one column from input to output, and one beside it for an encoder. It stands alone: no fonts, no scripts, no links. */
export function svgText(picture: Picture): string {
  const { side } = picture;
  const width = side ? WIDTH + BOX + GUTTER : WIDTH;
  const parts: string[] = [];
  // What both columns follow stands between them.
  const left = side ? LEFT + (BOX + GUTTER) / 2 : LEFT;
  const middle = left + BOX / 2;
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
  const first = side ? picture.stages.slice(0, side.after) : picture.stages;
  const top = lane(first, left, y - LINE + 8, "");
  parts.push(top.svg);
  let last = { ...top, middle };
  if (side) {
    const right = LEFT + BOX + GUTTER;
    // From what is above both, an elbow to each.
    const from = top.bottom + (first.length === 0 ? 0 : 6);
    const start = from + ARROW / 2;
    const elbows = [LEFT, right].map((x) => `M${middle} ${from}V${start}H${x + BOX / 2}`);
    parts.push(...elbows.map((d) => edge(d, false)));
    const beside = lane(side.stages, LEFT, start, top.shape);
    const main = lane(picture.stages.slice(side.after), right, start, side.shape);
    parts.push(beside.svg, main.svg);
    const target = main.places[side.into - side.after]?.get(side.slot) ?? start;
    const [x, below] = [LEFT + BOX / 2, beside.bottom + 22];
    const gutter = LEFT + BOX + GUTTER / 2 + 14;
    parts.push(edge(`M${x} ${beside.bottom + 6}V${below}H${gutter}V${target}H${right + PAD}`, true));
    parts.push(text(x + 12, below - 6, beside.shape, "12", "400", "#6b7280"));
    last = { ...main, middle: right + BOX / 2 };
    y = Math.max(below, main.bottom);
  }
  parts.push(arrow(last.middle, last.bottom + 6, last.bottom + ARROW, ""));
  let at = last.bottom + ARROW + LINE - 4;
  for (const line of picture.outputs) {
    parts.push(text(last.middle, at, line, "13", "600", "#111827", "middle"));
    at += LINE;
  }
  const height = Math.max(at, side ? y + LINE : 0) + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" ${FONT}>`,
    `<title>${escaped(picture.model)}</title>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#6b7280"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

interface Lane {
  readonly svg: string;
  readonly bottom: number;
  /** What leaves its last stage. */
  readonly shape: string;
  /** For each stage the height of the middle of each of its boxes, by slot. */
  readonly places: readonly ReadonlyMap<string, number>[];
}

/** Stages from `top` down, an arrow into each with the shape that goes in. */
function lane(stages: readonly Stage[], left: number, top: number, shapeIn: string): Lane {
  const parts: string[] = [];
  const places: ReadonlyMap<string, number>[] = [];
  let y = top;
  let shape = shapeIn;
  for (const [i, stage] of stages.entries()) {
    const from = i === 0 ? y : y + 6;
    parts.push(arrow(left + BOX / 2, from, y + ARROW - 10, shape));
    y += ARROW - 8;
    const { svg, height, slots } = stageBox(stage, left, y);
    parts.push(svg);
    places.push(slots);
    y += height;
    shape = stage.shape;
  }
  return { svg: parts.join("\n"), bottom: y, shape, places };
}

function edge(path: string, tipped: boolean): string {
  const tip = tipped ? ' marker-end="url(#tip)"' : "";
  return `<path d="${path}" fill="none" stroke="#6b7280" stroke-width="1.5"${tip}/>`;
}

/** One box for a part; for blocks a frame around a box for each slot. */
function stageBox(stage: Stage, left: number, top: number): Column {
  if (stage.blocks === 0) return column(stage.boxes, left, top, BOX);
  const head = PAD + LINE;
  const inner = column(stage.boxes, left + PAD, top + head, BOX - 2 * PAD);
  const height = head + inner.height + PAD;
  const times = stage.blocks > 1 ? `${stage.blocks} times` : "";
  const frame = `<rect x="${left}" y="${top}" width="${BOX}" height="${height}" rx="10" fill="none" stroke="#9ca3af" stroke-dasharray="5 4"/>`;
  const label = text(left + PAD, top + LINE, stage.label, "13", "600", "#374151");
  const factor =
    times === ""
      ? ""
      : text(left + BOX + 14, top + height / 2 + 5, `× ${stage.blocks}`, "18", "600", "#374151");
  return {
    svg: [`<g class="blocks">`, frame, label, factor, inner.svg, "</g>"].filter(Boolean).join("\n"),
    height,
    slots: inner.slots,
  };
}

interface Column {
  readonly svg: string;
  readonly height: number;
  /** The height of the middle of each box. */
  readonly slots: ReadonlyMap<string, number>;
}

function column(boxes: readonly Box[], x: number, top: number, width: number): Column {
  const parts: string[] = [];
  const slots = new Map<string, number>();
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
    slots.set(box.slot, y + height / 2);
    y += height;
  }
  return { svg: parts.join("\n"), height: y - top, slots };
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
    ...(box.rows > 0n ? [`reads ${box.rows} rows per token`] : []),
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
