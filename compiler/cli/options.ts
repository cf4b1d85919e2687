import { type Command, Option } from "commander";
import { didYouMeanText } from "../diagnostics/did-you-mean.js";
import type { BuildOptions } from "../emit/build.js";
import { fail } from "./exit.js";

/** `--format text|json|…`; the value is checked by `choice`. */
export function formatOption(formats: readonly string[]): Option {
  return new Option("--format <format>", `how to print: ${formats.join(", ")}`).default(formats[0]);
}

/** A value out of a list, or a usage error with the nearest one. */
export function choice<T extends string>(option: string, value: string, choices: readonly T[]): T {
  const found = choices.find((c) => c === value);
  if (found !== undefined) return found;
  throw fail("usage/bad-value", {
    option,
    value,
    want: `use one of ${choices.join(", ")}`,
    near: didYouMeanText(value, choices),
  });
}

/** A whole number of at least `least`. */
export function wholeNumber(option: string, value: string, least: number): number {
  const number = /^\d[\d_]*$/.test(value) ? Number(value.replaceAll("_", "")) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= least) return number;
  const most = number > least ? `, and at most ${Number.MAX_SAFE_INTEGER}` : "";
  throw fail("usage/bad-value", {
    option,
    value,
    want: `expected a whole number of at least ${least}${most}`,
  });
}

/** A decimal number that `fits`; `want` says which do. */
export function numberIn(
  option: string,
  value: string,
  fits: (number: number) => boolean,
  want: string,
): number {
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : Number.NaN;
  if (Number.isFinite(number) && fits(number)) return number;
  throw fail("usage/bad-value", { option, value, want: `expected ${want}` });
}

/** Sizes up to this can be asked for; what they cost is exact beyond it. */
const MAX_SIZE = 999_999_999_999_999n;

/** `--at`: given twice, it means both lists. */
export function sizesOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: string | undefined) =>
    before === undefined ? value : `${before},${value}`,
  );
}

/** `batch=1,seq=1024,past=0` */
export function parseAt(value: string): Readonly<Record<string, bigint>> {
  const sizes = new Map<string, bigint>();
  const wrong = (part: string, want: string) =>
    fail("usage/bad-value", { option: "--at", value: part, want });
  for (const part of value.split(",").map((p) => p.trim())) {
    if (part === "") continue;
    const [, name, text] = /^([A-Za-z_]\w*)\s*=\s*(.+)$/s.exec(part) ?? [];
    if (name === undefined || text === undefined)
      throw wrong(part, "write sizes as `batch=1,seq=1024,past=0`");
    if (!/^\d[\d_]*$/.test(text))
      throw wrong(part, "a size is a whole number of at least 0, as in `batch=1,seq=1024,past=0`");
    const size = text.length > 100 ? MAX_SIZE + 1n : BigInt(text.replaceAll("_", ""));
    if (size > MAX_SIZE) throw wrong(part, `a size can be at most ${MAX_SIZE}`);
    if (sizes.has(name)) throw wrong(part, `\`${name}\` is given twice`);
    sizes.set(name, size);
  }
  if (sizes.size === 0) throw wrong(value, "write sizes as `batch=1,seq=1024,past=0`");
  // `__proto__` is a name like any other, and no model has it.
  return Object.fromEntries(sizes);
}

/** The options that most commands share. */
export function modelOption(command: Command): Command {
  return command.option("--model <name>", "the model to use (default: the file's last one without holes)");
}

/** `--weights FILE|DIR` and `--checkpoint NAME`, which mean the same wherever a spec is built. */
export function weightsOptions(command: Command): Command {
  return command
    .option(
      "--weights <file>",
      "read weights from a .safetensors file, the index.json of a sharded one, or their folder",
    )
    .option("--checkpoint <name>", "the spec's `checkpoint` that matches the file");
}

/** Where a build's weights come from; undefined where they are drawn. */
export function weightsOf(options: {
  readonly weights?: string;
  readonly checkpoint?: string;
}): BuildOptions["weights"] {
  const { weights, checkpoint } = options;
  if (weights !== undefined) return { file: weights, checkpoint };
  if (checkpoint === undefined) return undefined;
  const want = "it describes `--weights FILE`, which is not given";
  throw fail("usage/bad-value", { option: "--checkpoint", value: checkpoint, want });
}
