import { existsSync, realpathSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { Command } from "commander";
import type { Limit, Sides, Wanted } from "../diff/compare.js";
import type { Repository } from "../diff/repository.js";
import { exitCodeOf, fail } from "./exit.js";
import { expand, isPattern } from "./glob.js";
import { globPattern } from "./glob-pattern.js";
import { choice, formatOption, parseAt, sizesOption } from "./options.js";
import { jsonText, printDiagnostics } from "./print.js";
import type { Session } from "./session.js";

interface Options {
  readonly failOn?: string;
  readonly mergeBase: boolean;
  readonly at?: string;
  readonly profile?: string;
  readonly format: string;
}

/** `archc diff BASE [HEAD] [SPEC…]`: what a change does to the cost of models. */
export function diffCommand(session: Session): Command {
  return new Command("diff")
    .description("show what changed in parameters, FLOPs and memory since a git revision")
    .argument("<base>", "a revision; the base is its last common commit with HEAD")
    .argument(
      "[head-and-specs...]",
      "a revision (default: the working tree), then files, folders or patterns (default: all)",
    )
    .option(
      "--fail-on <figures>",
      "exit with 1 if one of these rises: params, flops, memory; with an allowance: `params,flops:+5%`",
    )
    .option("--no-merge-base", "compare with BASE itself, not the common commit")
    .addOption(sizesOption("--at <sizes>", "run-time sizes, for both sides (default: each side's own)"))
    .option("--profile <name>", "use the sizes of this profile on each side")
    .addOption(formatOption(["text", "json", "markdown"]))
    .action(async (baseName: string, rest: string[], options: Options) => {
      const format = choice("--format", options.format, ["text", "json", "markdown"]);
      const limits = options.failOn === undefined ? [] : options.failOn.split(",").map(limitOf);
      const at = options.at === undefined ? undefined : parseAt(options.at);
      const { openRepository, whyNoRepository } = await import("../diff/repository.js");
      const repository = openRepository(process.cwd());
      const folder = process.cwd();
      if (repository === undefined)
        throw fail("diff/no-repository", { folder, why: whyNoRepository(folder) });
      const sides = sidesOf(repository, baseName, rest, options.mergeBase);
      const { compare } = await import("../diff/compare.js");
      const { diffJson, diffMarkdown, diffText } = await import("../diff/render.js");
      const question = { at, profile: options.profile };
      const { diff, diagnostics, sources } = compare(repository, sides, { question, limits });
      const { toJson } = await import("../diagnostics/render-json.js");
      if (format === "json") {
        const body = { version: 1, ...diffJson(diff), diagnostics: toJson(diagnostics, sources) };
        session.io.out(`${jsonText(body)}\n`);
      } else {
        printDiagnostics(session.io, diagnostics, sources);
        session.io.out(format === "markdown" ? diffMarkdown(diff) : diffText(diff));
      }
      session.code = exitCodeOf(diagnostics);
    });
}

const FIGURES = { params: "params.total", flops: "flops.forward", memory: "memory.inference" } as const;

function limitOf(value: string): Limit {
  const match = /^(\w+)(?::\+?(\d{1,6})(?:\.(\d{1,6}))?%)?$/.exec(value.trim());
  if (match === null) {
    throw fail("usage/bad-value", {
      option: "--fail-on",
      value,
      want: "expected params, flops or memory, or one of them with an allowance: `flops:+5%`",
    });
  }
  const [, word = "", whole, decimals = ""] = match;
  const figure = FIGURES[choice("--fail-on", word, ["params", "flops", "memory"])];
  if (whole === undefined) return { figure, percent: undefined };
  const exact = [BigInt(whole + decimals), 10n ** BigInt(decimals.length)] as const;
  return { figure, percent: { exact, written: decimals === "" ? whole : `${whole}.${decimals}` } };
}

function sidesOf(
  repository: Repository,
  baseName: string,
  rest: readonly string[],
  viaMergeBase: boolean,
): Sides {
  const base = repository.resolve(baseName);
  const { shallow } = repository;
  if (base === undefined) throw fail("diff/unknown-revision", { name: baseName, shallow });
  const [first, ...others] = rest;
  // A file of that name is a file, as git itself would complain of.
  const isRevision =
    first !== undefined && !existsSync(first) && !isPattern(first) && !first.endsWith(".arch");
  const head = isRevision ? repository.resolve(first) : undefined;
  if (isRevision && head === undefined) throw fail("diff/unknown-revision", { name: first, shallow });
  const specs = isRevision ? others : rest;
  const short = (commit: string) => commit.slice(0, 7);
  const headSide = head === undefined ? "working tree" : { commit: head };
  let from = base;
  if (viaMergeBase) {
    const other = head ?? repository.resolve("HEAD");
    const common = other === undefined ? undefined : repository.mergeBase(base, other);
    if (common === undefined) throw fail("diff/no-merge-base", { base: baseName, head: first ?? "HEAD" });
    from = common;
  }
  return {
    base: {
      at: { commit: from },
      name:
        from === base
          ? `${baseName} (${short(from)})`
          : `${short(from)}, the last common commit with ${baseName}`,
    },
    head: {
      at: headSide,
      name: head === undefined ? "the working tree" : `${first} (${short(head)})`,
    },
    wanted: specs.length === 0 ? undefined : wantedOf(repository.root, specs),
  };
}

/** Files named from the working folder, as the repository names them; those that only the base has, too. */
function wantedOf(root: string, specs: readonly string[]): readonly Wanted[] {
  const inRoot = (path: string) => {
    const whole = resolve(path);
    const real = existsSync(whole) ? realpathSync(whole) : resolve(realpathSync(process.cwd()), path);
    return relative(root, real).split(sep).join("/");
  };
  const testOf = (spec: string): Wanted["test"] => {
    if (isPattern(spec) && !existsSync(spec)) {
      return globPattern(inRoot(spec));
    }
    const files = new Set(expand(spec).map(inRoot));
    const own = inRoot(spec);
    return (path) => files.has(path) || path === own || own === "" || path.startsWith(`${own}/`);
  };
  return specs.map((name) => ({ name, test: testOf(name) }));
}
