import { relative } from "node:path";
import { inBytes, inFlop, quantityText, unitless } from "../check/quantity.js";
import type { CostReport } from "../cost/report.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { JsonOptions } from "../diagnostics/render-json.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { type CostQuestion, createService, type Service } from "../service.js";
import { diffReports, type FigureName, type ModelDiff, percent, risesBeyond } from "./diff.js";
import { type Diff, percentText } from "./render.js";
import type { Repository, Revision } from "./repository.js";

/** What is compared with what. */
export interface Sides {
  readonly base: { readonly at: Revision; readonly name: string };
  readonly head: { readonly at: Revision; readonly name: string };
  /** Paths in the repository that are asked for; undefined for all. */
  readonly wanted: ((path: string) => boolean) | undefined;
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
    path.startsWith("std/") ? path : relative(process.cwd(), `${repository.root}/${path}`) || path;
  const services = {
    base: createService(hosts.base, { display }),
    head: createService(hosts.head, { display }),
  };
  const wanted = sides.wanted ?? (() => true);
  const [before, after] = [
    new Set(repository.specs(sides.base.at).filter(wanted)),
    new Set(repository.specs(sides.head.at).filter((p) => wanted(p) && hosts.head.read(p) !== undefined)),
  ];
  const sink = new Diagnostics();
  const problems: Diagnostic[] = [];
  const models: ModelDiff[] = [];
  for (const path of [...new Set([...before, ...after])].sort()) {
    const unchanged = before.has(path) && after.has(path) && sameTexts(hosts, path);
    if (unchanged) {
      models.push(...unchangedModels(services.head, path, display(path)));
      continue;
    }
    const head = after.has(path) ? costs(services.head, path, question) : nothing;
    const base = before.has(path) ? costs(services.base, path, question) : nothing;
    problems.push(...head.errors);
    if (head.errors.length > 0) continue;
    if (base.errors.length > 0) {
      const data = { file: display(path), base: sides.base.name };
      sink.report("diff/not-in-base", data, { span: { file: path, start: 0, end: 0 } });
    }
    for (const name of new Set([...head.reports.keys(), ...base.reports.keys()])) {
      const diff = diffReports(display(path), base.reports.get(name), head.reports.get(name));
      models.push(diff);
      reportRises(diff, services.head, path, limits, sink);
    }
  }
  const failures = sink.list.filter((d) => d.code === "diff/rise").map((d) => d.message.replaceAll("`", ""));
  const commit = (at: Sides["base"]["at"]) => (at === "working tree" ? null : at.commit);
  return {
    diff: {
      base: sides.base.name,
      head: sides.head.name,
      commits: { base: commit(sides.base.at), head: commit(sides.head.at) },
      models,
      failures,
    },
    diagnostics: [...problems, ...sink.list],
    sources: { source: services.head.source, display },
  };
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
  return service.texts().every(([file, text]) => file.startsWith("std/") || hosts.base.read(file) === text);
}

function unchangedModels(service: Service, path: string, file: string): readonly ModelDiff[] {
  return service.models(path).map((model) => ({
    file,
    model,
    status: "same",
    at: { base: undefined, head: undefined },
    figures: new Map(),
    parts: [],
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
