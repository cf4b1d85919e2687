import type { Span } from "../grammar/ast.js";
import { checkProgram } from "./check/check.js";
import { checkConstraints, type Verdict } from "./check/constraints.js";
import type { ModelInstance } from "./check/instance.js";
import { instantiateModel } from "./check/instantiate.js";
import { Effort, meterOf } from "./check/meter.js";
import { holesOf } from "./check/model-names.js";
import { brokenAssumption, defaultSettings, leastOf, pointOf, type Settings } from "./check/point.js";
import { circumstancesOf, profileSettings } from "./check/profile.js";
import { loadProgram, type Program } from "./check/program.js";
import { misread } from "./check/rests-on.js";
import { solveProblems } from "./check/solve.js";
import { unbuiltProblems } from "./check/unbuilt.js";
import { unusedProfileProblems } from "./check/unused-profiles.js";
import { type CostReport, costReport } from "./cost/report.js";
import type { Diagnostic } from "./diagnostics/diagnostic.js";
import { LineIndex } from "./diagnostics/render-text.js";
import { Diagnostics, mostErrors } from "./diagnostics/sink.js";
import type { Host } from "./host.js";
import { graphText } from "./ir/text.js";
import { lint } from "./lint/index.js";
import type { CostQuestion, Outcome, Service, ServiceOptions } from "./questions.js";
import type { Retrace } from "./weights/learned.js";

interface Loaded {
  readonly program: Program;
  readonly sink: Diagnostics;
}

export function createService(host: Host, options: ServiceOptions = {}): Service {
  const programs = new Map<string, Loaded>();
  const instances = new Map<string, Outcome<ModelInstance>>();
  const read = new Map<string, string | undefined>();
  const source = (file: string): string | undefined => {
    if (!read.has(file)) read.set(file, host.read(file));
    return read.get(file);
  };
  const reading: Host = { read: source, std: () => host.std() };

  const load = (path: string): Loaded => {
    let loaded = programs.get(path);
    if (loaded === undefined) {
      const sink = new Diagnostics(mostErrors);
      loaded = { program: loadProgram(reading, path, sink), sink };
      programs.set(path, loaded);
    }
    return loaded;
  };

  const models = (path: string) => load(path).program.models.map((m) => m.name);

  /** The model meant, or undefined with a reason in the sink. */
  const named = (path: string, model: string | undefined, sink: Diagnostics): string | undefined => {
    const known = models(path);
    if (model === undefined) {
      if (known.length === 0 && !load(path).sink.hasErrors) sink.report("usage/no-model", { file: path });
      const { program } = load(path);
      return program.models.findLast(({ decl }) => holesOf(program, decl).size === 0)?.name ?? known.at(-1);
    }
    if (known.includes(model)) return model;
    sink.report("usage/unknown-model", { name: model, file: path, known });
    return undefined;
  };

  interface Made {
    readonly models: readonly ModelInstance[];
    readonly diagnostics: readonly Diagnostic[];
  }
  const made = new Map<string, Made>();
  const make = (path: string): Made => {
    let result = made.get(path);
    if (result === undefined) {
      const { program, sink: found } = load(path);
      const sink = new Diagnostics(mostErrors);
      const bound = found.halted ? new Map<string, ModelInstance>() : checkProgram(program, sink);
      // A file that was not understood whole may lack the very line that a budget rests on.
      const isMisread = misread(program, found.list);
      const models = [...bound.values()].filter((m) => !isMisread(m.decl));
      const unbuilt = program.models.filter((m) => !models.some((b) => b.decl === m.decl));
      const others = unbuilt.flatMap((m) => unbuiltProblems(program, m.decl, { source, place }));
      const unused = unusedProfileProblems(program);
      const rest = [...others, ...unused, ...solveProblems(program, isMisread)];
      result = { models, diagnostics: [...inOrder(found.list), ...sink.list, ...rest] };
      made.set(path, result);
    }
    return result;
  };

  const bind = (path: string, model: string): Outcome<ModelInstance> => {
    const key = `${path}\n${model}`;
    let bound = instances.get(key);
    if (bound === undefined) {
      const { program, sink: found } = load(path);
      const known = found.hasErrors ? undefined : made.get(path)?.models.find((m) => m.name === model);
      if (known !== undefined) return { value: known, diagnostics: [] };
      const sink = new Diagnostics(mostErrors);
      const value = instantiateModel(program, model, sink);
      bound = { value: found.hasErrors || sink.hasErrors ? undefined : value, diagnostics: sink.list };
      instances.set(key, bound);
    }
    return bound;
  };

  const instance = (path: string, model?: string): Outcome<ModelInstance> => {
    const sink = new Diagnostics();
    const name = named(path, model, sink);
    const bound = name === undefined ? undefined : bind(path, name);
    const diagnostics = unique([...load(path).sink.list, ...sink.list, ...(bound?.diagnostics ?? [])]);
    return { value: bound?.value, diagnostics };
  };

  const retrace =
    (path: string, model: ModelInstance): Retrace =>
    (weights, sink) =>
      instantiateModel(load(path).program, model.name, sink, "reject", weights);

  const lines = new Map<string, LineIndex>();
  const place = (span: Span): string => {
    const text = source(span.file) ?? "";
    let index = lines.get(span.file);
    if (index?.text !== text) lines.set(span.file, (index = new LineIndex(text)));
    return `${options.display?.(span.file) ?? span.file}:${index.at(span.start).line}`;
  };

  interface Checked extends Made {
    readonly verdicts: readonly Verdict[];
  }
  const checks = new Map<string, Checked>();
  const checked = (path: string): Checked => {
    let result = checks.get(path);
    if (result === undefined) {
      const { models, diagnostics } = make(path);
      const sink = new Diagnostics(mostErrors);
      const effort = new Effort();
      const verdicts = models.flatMap((m) =>
        checkConstraints(m, { meter: meterOf(m, effort), sink, source, place }),
      );
      result = { diagnostics: unique([...diagnostics, ...sink.list]), verdicts, models };
      checks.set(path, result);
    }
    return result;
  };

  const settingsFor = (
    model: ModelInstance,
    path: string,
    question: CostQuestion,
    sink: Diagnostics,
  ): Settings | undefined => {
    let settings: Settings | undefined = defaultSettings(model);
    if (question.profile !== undefined) {
      const { program } = load(path);
      const profile = program.profile(path, question.profile);
      if (profile === undefined) {
        const known = program.ast.items.flatMap((item) => (item.kind === "profile" ? [item.name.text] : []));
        sink.report("usage/unknown-profile", { name: question.profile, file: path, known });
        return undefined;
      }
      settings = profileSettings((name) => leastOf(model, name), profile, settings, sink);
    }
    const merged = new Map(settings);
    for (const [name, value] of Object.entries(question.at ?? {})) {
      const least = leastOf(model, name);
      if (!merged.has(name)) {
        if (name !== "past") sink.report("usage/unknown-size", { name, known: [...merged.keys()] });
        else if (value !== 0n) sink.report("usage/past-without-step", { model: model.name });
      } else if (value < least) {
        sink.report("usage/size-range", { name, value: String(value), least: String(least) });
      } else merged.set(name, { value, span: undefined });
    }
    return settings === undefined || sink.hasErrors ? undefined : merged;
  };

  const cost = (path: string, question: CostQuestion = {}): Outcome<CostReport> => {
    const { value: own, diagnostics } = instance(path, question.model);
    const model = question.instance ?? own;
    if (model === undefined) return { value: undefined, diagnostics };
    const sink = new Diagnostics();
    const settings = settingsFor(model, path, question, sink);
    if (settings === undefined) return { value: undefined, diagnostics: [...diagnostics, ...sink.list] };
    const point = pointOf(settings);
    const broken = brokenAssumption(model, point);
    if (broken !== undefined) {
      const at = Object.entries(point)
        .map(([name, value]) => `\`${name} = ${value}\``)
        .join(", ");
      const { relation, reason } = broken;
      sink.report("usage/breaks-assumption", {
        left: `${broken.left}`,
        relation,
        right: `${broken.right}`,
        reason,
        at,
      });
      return { value: undefined, diagnostics: [...diagnostics, ...sink.list] };
    }
    const profile =
      question.profile === undefined ? undefined : load(path).program.profile(path, question.profile);
    const { stored, optimizer } = profile ? circumstancesOf(profile) : {};
    return {
      value: costReport(model, point, {
        stored: question.stored ?? stored,
        conventions: question.conventions,
        backend: question.backend,
        optimizer: question.optimizer ?? optimizer,
      }),
      diagnostics,
    };
  };

  return {
    diagnostics: (path) => checked(path).diagnostics,
    models,
    instance,
    async fitted(path, { model, weights }) {
      const { value: own, diagnostics } = instance(path, model);
      if (own === undefined) return { value: undefined, diagnostics };
      const { fitToWeights } = await import("./emit/weights.js");
      const sink = new Diagnostics();
      const value = await fitToWeights(own, weights, retrace(path, own), sink);
      return { value, diagnostics: unique([...diagnostics, ...sink.list]) };
    },
    budgets(fitted) {
      const sink = new Diagnostics();
      const constraints = fitted.constraints.filter((c) => c.kind === "budget");
      const options = { meter: meterOf(fitted), sink, source, place };
      return { value: checkConstraints({ ...fitted, constraints }, options), diagnostics: sink.list };
    },
    instances(path) {
      const { models, diagnostics } = make(path);
      return { value: models, diagnostics: unique(diagnostics) };
    },
    verdicts(path) {
      const { diagnostics, verdicts } = checked(path);
      return { value: verdicts, diagnostics };
    },
    lint(path, settings) {
      const { diagnostics, verdicts, models } = checked(path);
      const { program, sink: found } = load(path);
      const whole = diagnostics.every((d) => d.severity !== "error" || d.code.startsWith("budget/"));
      const spec = { program, text: source(path) ?? "", whole, models, verdicts };
      const ruled = found.hasErrors ? [] : lint(spec, settings);
      return { value: verdicts, diagnostics: [...diagnostics, ...ruled] };
    },
    cost,
    graph(path, options = {}) {
      const { value: own, diagnostics } = instance(path, options.model);
      const value = options.instance ?? own;
      return { value: value && graphText(value[options.part ?? "start"]), diagnostics };
    },
    async build(path, { model, ...options }) {
      const { value, diagnostics } = instance(path, model);
      if (value === undefined) return { value: undefined, diagnostics };
      const { build } = await import("./emit/build.js");
      const spec = { file: path, text: source(path) ?? "" };
      const outcome = await build(value, { ...options, spec, retrace: retrace(path, value) });
      return { value: outcome.value, diagnostics: unique([...diagnostics, ...outcome.diagnostics]) };
    },
    texts: () =>
      [...read].filter(([, text]) => text !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)) as [
        string,
        string,
      ][],
    source,
  };
}

/** What reading a file found, from its top to its end; other files where they come. */
function inOrder(list: readonly Diagnostic[]): readonly Diagnostic[] {
  const files = [...new Set(list.map((d) => d.span?.file))];
  return files.flatMap((file) =>
    list.filter((d) => d.span?.file === file).sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0)),
  );
}

/** The same problem at the same place is told once, whichever phase met it first. */
function unique(list: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return list.filter((d) => {
    const key = `${d.code}|${d.span?.file}|${d.span?.start}|${d.span?.end}|${d.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
