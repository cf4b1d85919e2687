import { count, flop, LINE, legend, linesOf, PAD, terminal } from "./boxes.js";
import { ARROW, arrow, BOX, type Entry, type Flow, flow, GUTTER, readsFrom } from "./flow.js";
import type { Box, Picture, SideLane, Stage } from "./picture.js";
import { OUTSIDE } from "./reads.js";
import { EDGE, edge, page, QUIET, text } from "./svg-parts.js";

const WIDTH = 640;
const LEFT = 60;

/** The column of what reads an encoder, right of it. */
const RIGHT = LEFT + BOX + GUTTER;

/**
 * A picture as SVG: one column from input to output, and one beside it for an encoder. An arrow from a stage to the next
 * says that it is read there; what a stage reads of others comes in from the left, and stands in words in its box. It
 * stands alone: no fonts, no scripts, no links.
 */
export function svgText(picture: Picture): string {
  const { side, stages } = picture;
  const parts: string[] = [];
  // What both columns follow stands between them.
  const left = side ? LEFT + (BOX + GUTTER) / 2 : LEFT;
  const middle = left + BOX / 2;
  const head = heading(picture, (side ? WIDTH + BOX + GUTTER : WIDTH) - LEFT - PAD);
  parts.push(head.svg);
  let { bottom } = head;
  let inputs: Entry = { holds: [OUTSIDE], shape: "", y: bottom };
  if (picture.inputs.length > 0) {
    const { width, height } = terminal(0, 0, picture.inputs);
    const x = middle - width / 2;
    parts.push(terminal(x, bottom, picture.inputs).svg);
    inputs = { ...inputs, x, y: bottom + height / 2 };
    bottom += height;
  }
  const first = side ? stages.slice(0, side.after) : stages;
  const top = flow(first, left, bottom + 6, inputs, { others: [inputs], isOpen: !side });
  parts.push(top.svg);
  let last = { ...top, middle };
  let lowest = top.bottom;
  if (side) {
    const fork = first.at(-1);
    const above = fork === undefined ? inputs : { holds: fork.holds, shape: top.shape, y: 0 };
    const both = columns(side, stages.slice(side.after), above, top, middle);
    parts.push(both.svg);
    last = { ...both.main, middle: RIGHT + BOX / 2 };
    lowest = both.bottom;
  }
  // Those of a stage before the last stand beside it, where there is room.
  const beside = side ? stages.slice(side.after, -1) : stages.slice(0, -1);
  const told = new Set(beside.flatMap((stage) => stage.gives));
  const outputs = picture.outputs.filter((output) => !told.has(output));
  let right = last.right;
  if (outputs.length > 0) {
    const { width } = terminal(0, 0, outputs);
    const under = last.bottom + ARROW;
    const end = terminal(last.middle - width / 2, under, outputs);
    parts.push(arrow(last.middle, last.bottom + 6, under - 1, ""), end.svg);
    lowest = Math.max(lowest, under + end.height);
    right = Math.max(right, last.middle + width / 2);
  }
  const width = Math.max(side ? WIDTH + BOX + GUTTER : WIDTH, right + 2 * PAD);
  return page(picture.model, width, Math.max(lowest, last.bottom) + 2 * PAD, parts);
}

/** The model's name, its figures, the tables that it shares, and what colours mean. */
function heading(picture: Picture, room: number): { readonly svg: string; readonly bottom: number } {
  const sizes = Object.entries(picture.point)
    .filter(([name, size]) => name !== "past" || size !== 0n)
    .map(([name, size]) => `${name} ${size}`)
    .join(", ");
  const parts = [text(LEFT, 34, picture.model, { size: 18, isBold: true, room })];
  const whole = `${count(picture.params)} parameters, ${flop(picture.flops)} forward at ${sizes}`;
  let y = 56;
  parts.push(text(LEFT, y, whole, { fill: QUIET, room }));
  for (const box of picture.shared) {
    y += LINE;
    parts.push(
      text(LEFT, y, `shared: ${linesOf(box).join(", ")}`, { fill: box.rows > 0n ? "#8a5200" : QUIET, room }),
    );
  }
  const all = [...picture.stages, ...(picture.side?.stages ?? [])];
  const key = legend(LEFT, y + 10, all.flatMap(boxesOf), all.some(isRepeated));
  parts.push(key.svg);
  return { svg: parts.filter(Boolean).join("\n"), bottom: y + 10 + key.height + 12 };
}

const boxesOf = (stage: Stage): readonly Box[] => [...stage.boxes, ...(stage.turns ?? []).flatMap(boxesOf)];
const isRepeated = (stage: Stage): boolean => stage.blocks > 1;

/** An encoder and, right of it, what reads it: an elbow to each from what is above both, and an edge between them. */
function columns(
  side: SideLane,
  rest: readonly Stage[],
  above: Entry,
  top: Flow,
  middle: number,
): { readonly svg: string; readonly main: Flow; readonly bottom: number } {
  const parts: string[] = [];
  const from = top.bottom + (above.holds.includes(OUTSIDE) ? 0 : 6);
  const start = from + ARROW / 2;
  for (const [x, into] of [
    [LEFT, side.stages[0]],
    [RIGHT, rest[0]],
  ] as const)
    if (into !== undefined && readsFrom(into, above))
      parts.push(edge(`M${middle} ${from}V${start}H${x + BOX / 2}`, false));
  const beside = flow(side.stages, LEFT, start, above);
  const answers = { holds: side.stages.flatMap((s) => s.holds), shape: "", y: 0 };
  const main = flow(rest, RIGHT, start, { ...above, shape: side.shape }, { drawn: [answers], isOpen: true });
  parts.push(beside.svg, main.svg);
  const places = main.places[side.into - side.after];
  const inset = rest[side.into - side.after]?.blocks === 0 ? 0 : PAD;
  // What stands outside of blocks has one box, whatever its layer calls its parts.
  const target = places?.get(side.slot) ?? [...(places?.values() ?? [])][0] ?? start;
  const [x, below] = [LEFT + BOX / 2, beside.bottom + 22];
  const gutter = LEFT + BOX + GUTTER / 2 + 14;
  parts.push(
    edge(`M${x} ${beside.bottom + 6}V${below}H${gutter}V${target}H${RIGHT + inset}`, true),
    text(x + 12, below - 6, beside.shape, { size: 12, fill: EDGE }),
  );
  return { svg: parts.join("\n"), main, bottom: Math.max(below, main.bottom) };
}
