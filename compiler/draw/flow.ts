import { type Column, column, frame, LINE, PAD, terminal } from "./boxes.js";
import type { Stage } from "./picture.js";
import { OUTSIDE } from "./reads.js";
import { BODY, EDGE, edge, text } from "./svg-parts.js";

/** The width of a stage, the length of an arrow between two, and the room between two columns. */
export const BOX = 400;
export const ARROW = 40;
export const GUTTER = 130;

/** For what an edge carries, up to the column beside it. */
const EDGE_ROOM = BOX / 2 + GUTTER - 2 * PAD;

/** Between a column and the first of the lines that pass stages by, and between two of them. */
const PASSING = 14;

/** Stages drawn below each other. */
export interface Flow {
  readonly svg: string;
  readonly bottom: number;
  /** The right end of what stands beside it. */
  readonly right: number;
  /** What leaves its last stage. */
  readonly shape: string;
  /** For each stage the height of the middle of each of its boxes, by slot. */
  readonly places: readonly ReadonlyMap<string, number>[];
}

/** What stages may read: its labels, the shape that leaves it, and where a line leaves its left side. */
export interface Entry {
  readonly holds: readonly string[];
  readonly shape: string;
  /** Where that is not the left of the column. */
  readonly x?: number;
  readonly y: number;
}

export interface FlowOptions {
  readonly width?: number;
  /** What a line may come from. */
  readonly others?: readonly Entry[];
  /** Their edges are drawn elsewhere. */
  readonly drawn?: readonly Entry[];
  /** There is room at the right for the results of stages; otherwise boxes say them in words. */
  readonly isOpen?: boolean;
}

export const readsFrom = (stage: Stage, { holds }: Entry): boolean =>
  stage.reads.some((source) => holds.includes(source.label));

/** Stages from `top` down, with an arrow into each that reads what stands before it, and the shape that goes in. */
export function flow(
  stages: readonly Stage[],
  left: number,
  top: number,
  before: Entry,
  { width = BOX, others = [], drawn = [], isOpen = false }: FlowOptions = {},
): Flow {
  const parts: string[] = [];
  const places: ReadonlyMap<string, number>[] = [];
  const passed = [...others];
  let y = top;
  let last = before;
  let lines = 0;
  let right = left + width;
  for (const [i, stage] of stages.entries()) {
    const from = i === 0 ? y : y + 6;
    if (readsFrom(stage, last)) parts.push(arrow(left + width / 2, from, y + ARROW - 10, last.shape));
    y += ARROW - 8;
    const beyond = stage.reads.filter(
      ({ label }) =>
        ![...stage.holds, ...last.holds].includes(label) && !drawn.some((e) => e.holds.includes(label)),
    );
    // What the last stage makes, its arrow says.
    const gives = i === stages.length - 1 ? [] : stage.gives;
    const said = [
      ...beyond.map(({ label, port, shape }) => `reads ${label === OUTSIDE ? port : label} ${shape}`),
      ...(isOpen ? [] : gives.map((result) => `gives ${result}`)),
    ];
    const { svg, height, slots } = stageBox(stage, left, y, width, said);
    parts.push(svg);
    for (const { label } of beyond) {
      const source = passed.find((entry) => entry.holds.includes(label));
      if (source === undefined) continue;
      const x = left - PASSING * (1 + (lines++ % 3));
      parts.push(edge(`M${source.x ?? left} ${source.y}H${x}V${y + height / 2}H${left}`, true));
    }
    if (isOpen && gives.length > 0) {
      const x = left + width + ARROW;
      const [middle, tall] = [y + height - 30, LINE * gives.length + PAD];
      const result = terminal(x, middle - tall / 2, gives);
      parts.push(edge(`M${left + width} ${middle}H${x}`, true), result.svg);
      right = Math.max(right, x + result.width);
    }
    places.push(slots);
    last = { holds: stage.holds, shape: stage.shape, y: y + height / 2 };
    passed.push(last);
    y += height;
  }
  return { svg: parts.join("\n"), bottom: y, right, shape: last.shape, places };
}

/** One box for a part; for blocks a frame around a box for each slot, or around those that come by turns. */
function stageBox(stage: Stage, left: number, top: number, width: number, said: readonly string[]): Column {
  const runs = stage.runs > 1 ? `runs ${stage.runs} times` : "";
  if (stage.blocks === 0) return column(stage.boxes, left, top, width, runs === "" ? said : [runs, ...said]);
  const head = PAD + LINE;
  const [x, room] = [left + PAD, width - 2 * PAD];
  const inner = stage.turns
    ? turnsIn(stage.turns, x, top + head, room)
    : column(stage.boxes, x, top + head, room, said);
  const height = head + inner.height + PAD;
  const strong = { isBold: true, fill: BODY } as const;
  const words = runs === "" ? stage.label : `${stage.label}: ${runs}`;
  const label = text(left + PAD, top + LINE, words, { ...strong, room });
  // Within the frame of several kinds there is room beside the label alone.
  const within = width < BOX;
  const times = `× ${stage.blocks}`;
  const factor =
    stage.blocks === 1
      ? ""
      : within
        ? text(left + width - PAD, top + LINE, times, { ...strong, anchor: "end" })
        : text(left + BOX + 14, top + height / 2 + 5, times, { ...strong, size: 18 });
  return {
    svg: [`<g class="blocks">`, frame(left, top, width, height), label, factor, inner.svg, "</g>"]
      .filter(Boolean)
      .join("\n"),
    height,
    slots: inner.slots,
  };
}

/** Blocks of several kinds, one below the other, each read by the next. */
function turnsIn(stages: readonly Stage[], left: number, top: number, width: number): Column {
  const first: Entry = { holds: stages[0]?.holds ?? [], shape: "", y: top };
  const chained = stages.map((stage, i) => ({ ...stage, reads: i === 0 ? [] : stage.reads }));
  const { svg, bottom, places } = flow(chained, left, top - (ARROW - 8), first, { width });
  return { svg, height: bottom - top, slots: places[0] ?? new Map() };
}

/** Downwards, with what it carries beside it. */
export function arrow(x: number, from: number, to: number, shape: string): string {
  const line = edge(`M${x} ${from}V${to}`, true);
  return shape === ""
    ? line
    : `${line}\n${text(x + 12, (from + to) / 2 + 4, shape, { size: 12, fill: EDGE, room: EDGE_ROOM })}`;
}
