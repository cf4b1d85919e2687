import { type Command, Option } from "commander";
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
    known: choices,
  });
}

/** A whole number of at least `least`. */
export function wholeNumber(option: string, value: string, least: number): number {
  const number = /^\d[\d_]*$/.test(value) ? Number(value.replaceAll("_", "")) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw fail("usage/bad-value", { option, value, want: `expected a whole number of at least ${least}` });
}

/** A number in a range, its ends included. */
export function numberIn(option: string, value: string, low: number, high: number): number {
  const number = value.trim() === "" ? Number.NaN : Number(value);
  if (Number.isFinite(number) && number >= low && number <= high) return number;
  const range = high === Number.POSITIVE_INFINITY ? `of at least ${low}` : `from ${low} to ${high}`;
  throw fail("usage/bad-value", { option, value, want: `expected a number ${range}` });
}

/** `batch=1,seq=1024,past=0` */
export function parseAt(value: string): Readonly<Record<string, bigint>> {
  const sizes: Record<string, bigint> = {};
  for (const part of value.split(",").map((p) => p.trim())) {
    if (part === "") continue;
    const match = /^([A-Za-z_]\w*)\s*=\s*(\d[\d_]*)$/.exec(part);
    if (match === null) {
      const want = "write sizes as `batch=1,seq=1024,past=0`";
      throw fail("usage/bad-value", { option: "--at", value: part, want });
    }
    const [name, digits] = [match[1]!, match[2]!.replaceAll("_", "")];
    if (digits.length > 15)
      throw fail("usage/bad-value", { option: "--at", value: part, want: "the size is too large" });
    if (name in sizes)
      throw fail("usage/bad-value", { option: "--at", value: part, want: `\`${name}\` is given twice` });
    sizes[name] = BigInt(digits);
  }
  return sizes;
}

/** The options that most commands share. */
export function modelOption(command: Command): Command {
  return command.option("--model <name>", "the model to use (default: the file's only or last one)");
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
