import { safe, textWidth } from "../diagnostics/render-text.js";
import { inFlop, quantityText, unitless } from "../dim/quantity.js";
import type { Box, Picture, Stage } from "./picture.js";
import { OUTSIDE } from "./reads.js";

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

/** For what an edge carries, up to the column beside it. */
const EDGE_ROOM = BOX / 2 + GUTTER - 2 * PAD;

/** Between a column and the first of the lines that pass stages by, and between two of them. */
const PASSING = 14;

/**
 * A picture as SVG: one column from input to output, and one beside it for an encoder. An arrow from a stage to the next
 * says that it is read there; what a stage reads of others comes in from the left, and stands in words in its box. It
 * stands alone: no fonts, no scripts, no links.
 */
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
  parts.push(text(LEFT, y, picture.model, "18", "600", "#111827", "start", width - LEFT - PAD));
  y += 22;
  const whole = `${count(picture.params)} parameters, ${flop(picture.flops)} forward at ${sizes}`;
  parts.push(text(LEFT, y, whole, "13", "400", "#4b5563"));
  for (const box of picture.shared) {
    y += LINE;
    parts.push(text(LEFT, y, `shared ${linesOf(box).join(", ")}`, "13", "400", looks.memory.edge));
  }
  y += 34;
  for (const line of picture.inputs) {
    parts.push(text(middle, y, line, "13", "600", "#111827", "middle", 2 * (middle - PAD)));
    y += LINE;
  }
  const first = side ? picture.stages.slice(0, side.after) : picture.stages;
  const inputs: Entry = { holds: [OUTSIDE], shape: "", y: y - LINE - 4 };
  const top = lane(first, left, y - LINE + 8, BOX, inputs, [inputs]);
  parts.push(top.svg);
  let last = { ...top, middle };
  if (side) {
    const right = LEFT + BOX + GUTTER;
    // From what is above both, an elbow to each.
    const from = top.bottom + (first.length === 0 ? 0 : 6);
    const start = from + ARROW / 2;
    const rest = picture.stages.slice(side.after);
    const fork = first.at(-1);
    const above = fork === undefined ? inputs : { holds: fork.holds, shape: top.shape, y: 0 };
    for (const [x, into] of [
      [LEFT, side.stages[0]],
      [right, rest[0]],
    ] as const)
      if (into !== undefined && readsFrom(into, above))
        parts.push(edge(`M${middle} ${from}V${start}H${x + BOX / 2}`, false));
    const beside = lane(side.stages, LEFT, start, BOX, above, []);
    const answers = { holds: side.stages.flatMap((s) => s.holds), shape: "", y: 0 };
    const main = lane(rest, right, start, BOX, { ...above, shape: side.shape }, [], [answers]);
    parts.push(beside.svg, main.svg);
    const places = main.places[side.into - side.after];
    const inset = rest[side.into - side.after]?.blocks === 0 ? 0 : PAD;
    // What stands outside of blocks has one box, whatever its layer calls its parts.
    const target = places?.get(side.slot) ?? [...(places?.values() ?? [])][0] ?? start;
    const [x, below] = [LEFT + BOX / 2, beside.bottom + 22];
    const gutter = LEFT + BOX + GUTTER / 2 + 14;
    parts.push(edge(`M${x} ${beside.bottom + 6}V${below}H${gutter}V${target}H${right + inset}`, true));
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

/** What stages may read: its labels, the shape that leaves it, and how high a line leaves its side. */
interface Entry {
  readonly holds: readonly string[];
  readonly shape: string;
  readonly y: number;
}

const readsFrom = (stage: Stage, { holds }: Entry): boolean =>
  stage.reads.some((source) => holds.includes(source.label));

/**
 * Stages from `top` down, with an arrow into each that reads what stands before it, and the shape that goes in.
 * `others` are what a line may come from; what comes from `drawn` has its edge elsewhere.
 */
function lane(
  stages: readonly Stage[],
  left: number,
  top: number,
  width: number,
  before: Entry,
  others: readonly Entry[],
  drawn: readonly Entry[] = [],
): Lane {
  const parts: string[] = [];
  const places: ReadonlyMap<string, number>[] = [];
  const passed = [...others];
  let y = top;
  let last = before;
  let lines = 0;
  for (const [i, stage] of stages.entries()) {
    const from = i === 0 ? y : y + 6;
    if (readsFrom(stage, last)) parts.push(arrow(left + width / 2, from, y + ARROW - 10, last.shape));
    y += ARROW - 8;
    const beyond = stage.reads.filter(
      ({ label }) =>
        ![...stage.holds, ...last.holds].includes(label) && !drawn.some((e) => e.holds.includes(label)),
    );
    const said = [
      ...beyond.map(({ label, shape }) => `reads ${label === OUTSIDE ? "input" : label} ${shape}`),
      // What the last stage makes, its arrow says.
      ...(i === stages.length - 1 ? [] : stage.gives.map((name) => `gives ${name}`)),
    ];
    const { svg, height, slots } = stageBox(stage, left, y, width, said);
    parts.push(svg);
    for (const { label } of beyond) {
      const source = passed.find((entry) => entry.holds.includes(label));
      if (source === undefined) continue;
      const x = left - PASSING * (1 + (lines++ % 3));
      const start = label === OUTSIDE ? left + width / 2 - 10 : left;
      const leaving = label === OUTSIDE ? source.y + 14 : source.y;
      parts.push(edge(`M${start} ${leaving}H${x}V${y + height / 2}H${left}`, true));
    }
    places.push(slots);
    last = { holds: stage.holds, shape: stage.shape, y: y + height / 2 };
    passed.push(last);
    y += height;
  }
  return { svg: parts.join("\n"), bottom: y, shape: last.shape, places };
}

function edge(path: string, tipped: boolean): string {
  const tip = tipped ? ' marker-end="url(#tip)"' : "";
  return `<path d="${path}" fill="none" stroke="#6b7280" stroke-width="1.5"${tip}/>`;
}

/** One box for a part; for blocks a frame around a box for each slot, or around those that come by turns. */
function stageBox(stage: Stage, left: number, top: number, width: number, said: readonly string[]): Column {
  if (stage.blocks === 0) return column(stage.boxes, left, top, width, said);
  const head = PAD + LINE;
  const [x, room] = [left + PAD, width - 2 * PAD];
  const inner = stage.turns
    ? turnsIn(stage.turns, x, top + head, room)
    : column(stage.boxes, x, top + head, room, said);
  const height = head + inner.height + PAD;
  const frame = `<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="10" fill="none" stroke="#9ca3af" stroke-dasharray="5 4"/>`;
  const label = text(left + PAD, top + LINE, stage.label, "13", "600", "#374151", "start", room);
  // Within the frame of several kinds there is room beside the label alone.
  const within = width < BOX;
  const factor =
    stage.blocks === 1
      ? ""
      : within
        ? text(left + width - PAD, top + LINE, `× ${stage.blocks}`, "13", "600", "#374151", "end")
        : text(left + BOX + 14, top + height / 2 + 5, `× ${stage.blocks}`, "18", "600", "#374151");
  return {
    svg: [`<g class="blocks">`, frame, label, factor, inner.svg, "</g>"].filter(Boolean).join("\n"),
    height,
    slots: inner.slots,
  };
}

/** Blocks of several kinds, one below the other, each read by the next. */
function turnsIn(stages: readonly Stage[], left: number, top: number, width: number): Column {
  const first: Entry = { holds: stages[0]?.holds ?? [], shape: "", y: top };
  const chained = stages.map((stage, i) => ({ ...stage, reads: i === 0 ? [] : stage.reads }));
  const { svg, bottom, places } = lane(chained, left, top - (ARROW - 8), width, first, []);
  return { svg, height: bottom - top, slots: places[0] ?? new Map() };
}

interface Column {
  readonly svg: string;
  readonly height: number;
  /** The height of the middle of each box. */
  readonly slots: ReadonlyMap<string, number>;
}

function column(
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
          "start",
          width - 2 * PAD,
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
    ...(box.rows > 0n ? [`reads ${box.rows} of ${grouped(box.rowsInAll)} rows per token`] : []),
    ...(box.readsShared ? ["reads rows of a shared table"] : []),
    ...box.caches.map((cache) => `keeps ${cache}`),
  ];
}

function arrow(x: number, from: number, to: number, shape: string): string {
  const line = `<line x1="${x}" y1="${from}" x2="${x}" y2="${to}" stroke="#6b7280" stroke-width="1.5" marker-end="url(#tip)"/>`;
  return shape === ""
    ? line
    : `${line}\n${text(x + 12, (from + to) / 2 + 4, shape, "12", "400", "#6b7280", "start", EDGE_ROOM)}`;
}

function text(
  x: number,
  y: number,
  words: string,
  size: string,
  weight: string,
  fill = "#111827",
  anchor = "start",
  room = Number.POSITIVE_INFINITY,
): string {
  const cells = Math.floor(room / (Number(size) * (weight === "400" ? 0.57 : 0.7)));
  const shown = shortened(words, cells);
  // A pointer that rests on a shortened text shows all of it.
  const whole = shown === words ? "" : `<title>${escaped(words)}</title>`;
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">${whole}${escaped(shown)}</text>`;
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

/** `262,144` */
function grouped(n: bigint): string {
  return `${n}`.replace(/\B(?=(\d{3})+$)/g, ",");
}

function count(n: bigint): string {
  return quantityText({ value: [n, 1n], unit: unitless });
}

function flop(n: bigint): string {
  return quantityText({ value: [n, 1n], unit: inFlop });
}
