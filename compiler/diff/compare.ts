import { relative } from "node:path";
import type { CostReport } from "../cost/report.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { JsonOptions } from "../diagnostics/render-json.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { inBytes, inFlop, quantityText, unitless } from "../dim/quantity.js";
import { isLibrary } from "../host.js";
import type { CostQuestion, Service } from "../questions.js";
import { createService } from "../service.js";
import { diffReports, type FigureName, type ModelDiff, percent, risesBeyond } from "./diff.js";
import { type Diff, percentText } from "./render.js";
import type { Repository, Revision } from "./repository.js";

/** What is compared with what. */
export interface Sides {
  readonly base: { readonly at: Revision; readonly name: string };
  readonly head: { readonly at: Revision; readonly name: string };
  /** What is asked for; undefined for all. */
  readonly wanted: readonly Wanted[] | undefined;
}

/** A file, a folder or a pattern that the user named, and whether it means a path in the repository. */
export interface Wanted {
  readonly name: string;
  test(path: string): boolean;
}

/** A rise that ends the command with 1. */
export interface Limit {
  readonly figure: FigureName;
  /** In percent, as a fraction and as it was written; undefined where any rise is too much. */
  readonly percent: { readonly exact: readonly [bigint, bigint]; readonly written: string } | undefined;
}

export interface CompareOptions {
  readonly question: Pick<CostQuestion, "at" | "profile">;
  readonly limits: readonly Limit[];
}

export interface Compared {
  readonly diff: Diff;
  readonly diagnostics: readonly Diagnostic[];
  /** Where spans of the diagnostics are read: the head. */
  readonly sources: JsonOptions;
}

/**
 * The cost of every model on both sides, from the texts that each revision has. Specs whose texts (imports included)
 * agree are not costed. A spec that does not compile in the head is an error; in the base, its models count as new.
 */
export function compare(
  repository: Repository,
  sides: Sides,
  { question, limits }: CompareOptions,
): Compared {
  const hosts = { base: repository.host(sides.base.at), head: repository.host(sides.head.at) };
  const display = (path: string) =>
    isLibrary(path) ? path : relative(process.cwd(), `${repository.root}/${path}`) || path;
  const services = {
    base: createService(hosts.base, { display }),
    head: createService(hosts.head, { display }),
  };
  const wanted = (path: string) => sides.wanted?.some(({ test }) => test(path)) ?? true;
  const [before, after] = [
    new Set(repository.specs(sides.base.at).filter(wanted)),
    new Set(repository.specs(sides.head.at).filter((p) => wanted(p) && hosts.head.read(p) !== undefined)),
  ];
  const sink = new Diagnostics();
  const problems: Diagnostic[] = [];
  const models: ModelDiff[] = [];
  const found: { path: string; base: Costs; head: Costs }[] = [];
  const wrong: string[] = [];
  for (const { name, test } of sides.wanted ?? [])
    if (![...before, ...after].some(test)) sink.report("diff/no-spec", { name, root: repository.root });
  for (const path of [...new Set([...before, ...after])].sort()) {
    const unchanged = before.has(path) && after.has(path) && sameTexts(hosts, path);
    if (unchanged) {
      models.push(...unchangedModels(services.head, path, display(path)));
      continue;
    }
    const head = after.has(path) ? costs(services.head, path, question) : nothing;
    const base = before.has(path) ? costs(services.base, path, question) : nothing;
    problems.push(...head.errors);
    if (head.errors.length > 0) {
      wrong.push(display(path));
      continue;
    }
    if (base.errors.length > 0) {
      const data = { file: display(path), base: sides.base.name };
      sink.report("diff/not-in-base", data, { span: { file: path, start: 0, end: 0 } });
    }
    found.push({ path, base, head });
  }
  const formerly = renamed(found, services);
  for (const { path, base, head } of found) {
    for (const name of new Set([...head.reports.keys(), ...base.reports.keys()])) {
      const was = formerly.get(keyOf(path, name));
      const isFormer = [...formerly.values()].some((m) => m.path === path && m.name === name);
      if (isFormer && !head.reports.has(name)) continue;
      const before = was?.report ?? base.reports.get(name);
      const diff = diffReports(
        display(path),
        before,
        head.reports.get(name),
        was && {
          file: display(was.path),
          model: was.name,
        },
      );
      models.push(diff);
      reportRises(diff, services.head, path, limits, sink);
    }
  }
  models.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  const failures = sink.list.filter((d) => d.code === "diff/rise").map((d) => d.message.replaceAll("`", ""));
  const commit = (at: Sides["base"]["at"]) => (at === "working tree" ? null : at.commit);
  return {
    diff: {
      base: sides.base.name,
      head: sides.head.name,
      commits: { base: commit(sides.base.at), head: commit(sides.head.at) },
      models,
      wrong,
      failures,
    },
    diagnostics: [...problems, ...sink.list],
    sources: { source: services.head.source, display },
  };
}

interface Named {
  readonly path: string;
  readonly name: string;
  readonly report: CostReport;
}

const keyOf = (path: string, name: string): string => `${path}\n${name}`;

/**
 * What models that only the head has were in the base: one of the same name in another file, or one whose text differs
 * by its name alone. A rise is a rise under another name, too.
 */
function renamed(
  found: readonly { readonly path: string; readonly base: Costs; readonly head: Costs }[],
  services: Readonly<Record<"base" | "head", Service>>,
): ReadonlyMap<string, Named> {
  const only = (side: "base" | "head"): Named[] =>
    found.flatMap(({ path, ...sides }) =>
      [...sides[side].reports]
        .filter(([name]) => !sides[side === "base" ? "head" : "base"].reports.has(name))
        .map(([name, report]) => ({ path, name, report })),
    );
  const textOf = (side: "base" | "head", { path, name }: Named): string => {
    const decl = services[side].instance(path, name).value?.decl;
    const text = services[side].source(path) ?? "";
    if (decl === undefined) return keyOf(path, name);
    return text.slice(decl.span.start, decl.name.span.start) + text.slice(decl.name.span.end, decl.span.end);
  };
  const formerly = new Map<string, Named>();
  let [gone, fresh] = [only("base"), only("head")];
  const pair = (alike: (before: Named, now: Named) => boolean) => {
    for (const now of fresh) {
      const before = gone.filter((g) => alike(g, now));
      if (before.length !== 1 || fresh.filter((f) => alike(before[0]!, f)).length !== 1) continue;
      formerly.set(keyOf(now.path, now.name), before[0]!);
      gone = gone.filter((g) => g !== before[0]);
    }
    fresh = fresh.filter((f) => !formerly.has(keyOf(f.path, f.name)));
  };
  const texts = new Map<Named, string>();
  const text = (side: "base" | "head", named: Named): string => {
    const known = texts.get(named) ?? textOf(side, named);
    texts.set(named, known);
    return known;
  };
  pair((before, now) => before.name === now.name);
  pair((before, now) => before.path === now.path && text("base", before) === text("head", now));
  pair((before, now) => text("base", before) === text("head", now));
  return formerly;
}

interface Costs {
  readonly reports: ReadonlyMap<string, CostReport>;
  readonly errors: readonly Diagnostic[];
}

const nothing: Costs = { reports: new Map(), errors: [] };

function costs(service: Service, path: string, question: CompareOptions["question"]): Costs {
  const { value = [], diagnostics } = service.instances(path);
  const errors = diagnostics.filter((d) => d.severity === "error");
  const reports = new Map<string, CostReport>();
  if (errors.length > 0) return { reports, errors };
  for (const { name } of value) {
    const found = service.cost(path, { ...question, model: name });
    if (found.value !== undefined) reports.set(name, found.value);
    else errors.push(...found.diagnostics.filter((d) => d.severity === "error"));
  }
  return { reports, errors };
}

/** Do both sides read the same texts for a spec, its imports included? The library is the same for both. */
function sameTexts(
  hosts: Readonly<
    Record<"base" | "head", { read(path: string): string | undefined; std(): readonly string[] }>
  >,
  path: string,
): boolean {
  if (hosts.base.read(path) !== hosts.head.read(path)) return false;
  const service = createService(hosts.head);
  service.models(path);
  return service.texts().every(([file, text]) => isLibrary(file) || hosts.base.read(file) === text);
}

function unchangedModels(service: Service, path: string, file: string): readonly ModelDiff[] {
  return service.models(path).map((model) => ({
    file,
    model,
    status: "same",
    was: undefined,
    at: { base: undefined, head: undefined },
    figures: new Map(),
    parts: [],
    total: undefined,
  }));
}

function reportRises(
  diff: ModelDiff,
  service: Service,
  path: string,
  limits: readonly Limit[],
  sink: Diagnostics,
): void {
  for (const { figure, percent: allowed } of limits) {
    const change = diff.figures.get(figure);
    if (change === undefined || !risesBeyond(change, allowed?.exact ?? [0n, 1n])) continue;
    const unit = figure.startsWith("params") ? unitless : figure.startsWith("flops") ? inFlop : inBytes;
    const text = (value: readonly [bigint, bigint]) => quantityText({ value, unit });
    const share = percent(change);
    const data = {
      model: diff.model,
      metric: figure,
      base: text(change.base!),
      head: text(change.head!),
      rise: share === undefined ? "" : percentText(share),
      allowed: allowed?.written,
    };
    const decl = service.instance(path, diff.model).value?.decl;
    sink.report("diff/rise", data, { span: decl?.name.span, subject: `${diff.model}/${figure}` });
  }
}
