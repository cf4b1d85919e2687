import { columns } from "../columns.js";
import { safe } from "../diagnostics/render-text.js";
import {
  exactText,
  inBytes,
  inFlop,
  order,
  quantityText,
  type Rational,
  times,
  unitless,
} from "../dim/quantity.js";
import {
  type Change,
  changed,
  difference,
  type FigureName,
  type ModelDiff,
  type PartDiff,
  type PartFigures,
  percent,
} from "./diff.js";

/** A diff with what it compares. */
export interface Diff {
  /** For a person: `main (merge base 1a2b3c4)`, `working tree`. */
  readonly base: string;
  readonly head: string;
  /** Full ids; null for the working tree. */
  readonly commits: { readonly base: string | null; readonly head: string | null };
  readonly models: readonly ModelDiff[];
  /** Specs that the head has with errors, which are not compared. */
  readonly wrong: readonly string[];
  /** Rises beyond what `--fail-on` allows, in words. */
  readonly failures: readonly string[];
}

type Kind = "count" | "bytes" | "flop";

const units = { count: unitless, bytes: inBytes, flop: inFlop } as const;
const kindOf = (name: FigureName): Kind =>
  name.startsWith("params") ? "count" : name.startsWith("flops") ? "flop" : "bytes";

function human(value: Rational | undefined, kind: Kind): string {
  return value === undefined ? "-" : quantityText({ value, unit: units[kind] });
}

const zero: Rational = [0n, 1n];

/** `+38.6M (+31.0 %)`; empty where nothing changed. */
function byHow(change: Change, kind: Kind): string {
  if (!changed(change)) return "";
  const by = difference(change);
  if (by === undefined) return change.base === undefined ? "new" : "gone";
  const sign = order(by, zero) < 0 ? "" : "+";
  const share = percent(change);
  return `${sign}${human(by, kind)}${share === undefined ? "" : ` (${percentText(share)})`}`;
}

/** With one decimal; what would round to 0 says so. */
export function percentText(share: Rational): string {
  const sign = share[0] < 0n ? "-" : "+";
  const absolute: Rational = [share[0] < 0n ? -share[0] : share[0], share[1]];
  const tenths = (20n * absolute[0] + absolute[1]) / (2n * absolute[1]);
  if (tenths === 0n) return absolute[0] === 0n ? "0.0 %" : `${sign}<0.1 %`;
  return `${sign}${exactText([tenths / 10n, 1n])}.${tenths % 10n} %`;
}

const MARKS = { added: "+", removed: "-", changed: "~", same: " " } as const;

function pointText(point: Readonly<Record<string, bigint>> | undefined): string {
  return Object.entries(point ?? {})
    .filter(([name, value]) => name !== "past" || value !== 0n)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ");
}

/** The sizes of both sides, as one where they agree. */
function atText({ at }: ModelDiff): string {
  const [base, head] = [pointText(at.base ?? at.head), pointText(at.head ?? at.base)];
  return base === head ? head : `${base} -> ${head}`;
}

/** `(B in old.arch before)`; empty where it is the same. */
function wasText({ file, model, was }: ModelDiff): string {
  if (was === undefined) return "";
  const parts = [
    ...(was.model === model ? [] : [was.model]),
    ...(was.file === file ? [] : [`in ${safe(was.file)}`]),
  ];
  return `${parts.join(" ")} before`;
}

function slotsText({ slots }: PartDiff): string {
  if (slots.base === slots.head || slots.head === "") return slots.base;
  return slots.base === "" ? slots.head : `${slots.base} -> ${slots.head}`;
}

/** For a terminal. */
export function diffText(diff: Diff): string {
  const shown = diff.models.filter((m) => m.status !== "same");
  const same = diff.models.length - shown.length;
  const rest =
    same === 0 ? "" : `${same} model${same === 1 ? "" : "s"} cost${same === 1 ? "s" : ""} the same\n`;
  const head = `${diff.base} -> ${diff.head}\n`;
  const models = shown.map((model) => {
    const figures = [...model.figures].map(([name, change]) => {
      const kind = kindOf(name);
      const sides =
        model.status === "changed"
          ? [human(change.base, kind), "->", human(change.head, kind), byHow(change, kind)]
          : [human(change.head ?? change.base, kind)];
      return [`  ${name}`, ...sides];
    });
    const parts =
      model.parts.length === 0
        ? ""
        : columns(
            [partHead.map((cell, i) => (i === 0 ? `  ${cell}` : cell)), ...partRows(model)],
            [1, 3, 4, 5, 6],
          );
    const was = model.was === undefined ? "" : ` (${wasText(model)})`;
    const title = `${MARKS[model.status]} ${safe(model.file)} ${model.model}${was} at ${atText(model)}\n`;
    return `${title}${columns(figures, [1, 3])}${parts}`;
  });
  const none =
    diff.wrong.length > 0
      ? `not compared because of errors: ${diff.wrong.map((file) => safe(file)).join(", ")}\n`
      : shown.length === 0
        ? "no model's cost changed\n"
        : "";
  const failed = diff.failures.map((f) => `FAIL ${f}\n`).join("");
  return [head, ...models, `${none}${rest}${failed}`].filter((s) => s !== "").join("\n");
}

const partHead = ["part", "params each", "", "params", "flops", "activations", "cache"];

/**
 * A row for each part that changed, and one for all parts. The figures of a row of blocks are those of all its blocks,
 * with the change of one beside them, so that every column adds up.
 */
function partRows(model: ModelDiff): string[][] {
  const rows = model.parts.map((part) => {
    const one = figureCells(part)[0]!;
    return [
      `  ${MARKS[part.status]} ${part.path}`,
      part.count === 1 ? "" : `${part.count} x ${one === "" ? "0" : one}`,
      slotsText(part),
      ...figureCells(part, BigInt(part.count)),
    ];
  });
  return model.total ? [...rows, ["  total", "", "", ...figureCells(model.total)]] : rows;
}

/** What changed in each figure, of so many blocks together; a part that only one side has changes by all of it. */
function figureCells(figures: PartFigures, count = 1n): string[] {
  const cell = ({ base, head }: Change, kind: Kind) => {
    const all = (side: Rational | undefined) => side && times(side, [count, 1n]);
    if (base !== undefined && head !== undefined) return byHow({ base: all(base), head: all(head) }, kind);
    return byHow({ base: all(base) ?? zero, head: all(head) ?? zero }, kind).replace(" (-100.0 %)", "");
  };
  return [
    cell(figures.params, "count"),
    cell(figures.flops, "flop"),
    cell(figures.activations, "bytes"),
    cell(figures.cache, "bytes"),
  ];
}

/** A comment that finds itself again carries this line. */
export const MARKER = "<!-- archc diff -->";

/** For a pull request: a table of models, and each one's blocks folded away. */
export function diffMarkdown(diff: Diff): string {
  const shown = diff.models.filter((m) => m.status !== "same");
  const same = diff.models.length - shown.length;
  const lines = [MARKER];
  if (shown.length === 0)
    lines.push(
      diff.wrong.length > 0 ? "### archc: specs with errors" : "### archc: no model's cost changed",
      "",
    );
  else {
    const n = shown.length;
    lines.push(`### archc: the cost of ${n} model${n === 1 ? "" : "s"} changed`, "");
    lines.push("| | model | parameters | FLOPs, forward | memory, inference |", "|---|---|--:|--:|--:|");
    for (const model of shown) {
      const cells = (["params.total", "flops.forward", "memory.inference"] as const).map((name) =>
        cellMarkdown(model, name),
      );
      const was = model.was === undefined ? "" : `, ${escaped(wasText(model))}`;
      const name = `\`${model.model}\`<br>${escaped(model.file)}${was}`;
      lines.push(`| ${MARKS[model.status]} | ${name} | ${cells.join(" | ")} |`);
    }
    lines.push("");
  }
  for (const failure of diff.failures) lines.push(`- ❌ ${escaped(failure)}`);
  if (diff.failures.length > 0) lines.push("");
  for (const model of shown.filter((m) => m.parts.length > 0)) {
    lines.push(
      `<details><summary><code>${model.model}</code> block by block, at ${atText(model).replace("->", "→")}</summary>`,
      "",
    );
    lines.push(
      "| part | parameters each | | parameters | FLOPs | activations | cache |",
      "|---|--:|---|--:|--:|--:|--:|",
    );
    for (const row of partRows(model)) {
      const [name = "", one = "", slots = "", ...cells] = row.map((c) => c.trim());
      const shown = escaped(slots).replace("-&gt;", "→");
      lines.push(`| \`${name}\` | ${escaped(one)} | ${shown} | ${cells.map(escaped).join(" | ")} |`);
    }
    lines.push("", "</details>", "");
  }
  const rest = same === 0 ? "" : ` ${same} other${same === 1 ? "" : "s"} the same.`;
  lines.push(`<sub>${escaped(diff.base)} → ${escaped(diff.head)}.${rest}</sub>`, "");
  return lines.join("\n");
}

function cellMarkdown(model: ModelDiff, name: FigureName): string {
  const change = model.figures.get(name);
  if (change === undefined) return "";
  const kind = kindOf(name);
  if (model.status !== "changed") return human(change.head ?? change.base, kind);
  if (!changed(change)) return human(change.head, kind);
  const share = percent(change);
  const by = share === undefined ? "" : ` (**${percentText(share).replace("<", "&lt;")}**)`;
  return `${human(change.base, kind)} → ${human(change.head, kind)}${by}`;
}

function escaped(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[|`*_[\]\\]/g, "\\$&")
    .replace(/[\r\n]/g, " ");
}

/** Every figure on both sides, exactly. A `bigint` is for the writer; a fraction is `n/d`; what is not there is null. */
export function diffJson(diff: Diff): Readonly<Record<string, unknown>> {
  const exact = (value: Rational | undefined) =>
    value === undefined ? null : value[1] === 1n ? value[0] : `${value[0]}/${value[1]}`;
  const both = (change: Change) => ({
    base: exact(change.base),
    head: exact(change.head),
    difference: exact(difference(change)),
  });
  const figures = (p: PartFigures) => ({
    params: both(p.params),
    flops: both(p.flops),
    activations: both(p.activations),
    cache: both(p.cache),
  });
  return {
    base: diff.commits.base,
    head: diff.commits.head,
    wrong: diff.wrong,
    models: diff.models.map((m) => ({
      file: m.file,
      model: m.model,
      status: m.status,
      was: m.was ?? null,
      at: { base: m.at.base ?? null, head: m.at.head ?? null },
      figures: Object.fromEntries([...m.figures].map(([name, change]) => [name, both(change)])),
      parts: m.parts.map((p) => ({
        path: p.path,
        status: p.status,
        count: p.count,
        slots: p.slots,
        ...figures(p),
      })),
      total: m.total ? figures(m.total) : null,
    })),
    failures: diff.failures,
  };
}
