import type { Verdict } from "./check/constraints.js";
import type { ModelInstance } from "./check/instance.js";
import type { CostOptions, CostReport } from "./cost/report.js";
import type { Diagnostic } from "./diagnostics/diagnostic.js";
import type { Build, BuildOptions } from "./emit/build.js";
import type { WeightsOption } from "./emit/weights.js";
import type { LintSettings } from "./lint/index.js";

/** The result of a question to the service: the answer, if there is one, and all problems found on the way. */
export interface Outcome<T> {
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface CostQuestion extends CostOptions {
  /** Default: the last model of the file that has no holes. */
  readonly model?: string | undefined;
  /** A profile whose sizes apply; those of `at` override them. */
  readonly profile?: string | undefined;
  readonly at?: Readonly<Record<string, bigint>> | undefined;
  /** The model as its weights decide it (the result of `fitted`), instead of the one of the spec. */
  readonly instance?: ModelInstance | undefined;
}

/**
 * The only way into the compiler, for the command line, the library, editors and the web. Paths are those of the host.
 * Files are read once: make a new service for changed ones. Nothing here throws on any spec.
 */
export interface Service {
  /** Every problem of a file: text, names, shapes, all its models and layers, and the budgets of its models. */
  diagnostics(path: string): readonly Diagnostic[];
  /** Names of the models that a file declares, in the order of the file. */
  models(path: string): readonly string[];
  /** One model, bound and traced to graphs. */
  instance(path: string, model?: string): Outcome<ModelInstance>;
  /** The model as the weights in a file decide it, with their values for its `learned` counts. Needs a file system. */
  fitted(path: string, question: WeightsQuestion): Promise<Outcome<ModelInstance>>;
  /** The results of a model's budgets with given weights. Expectations are about the spec without weights. */
  budgets(fitted: ModelInstance): Outcome<readonly Verdict[]>;
  /** Every model of a file that can be built (not those with fields left to variants), and every problem except budgets. */
  instances(path: string): Outcome<readonly ModelInstance[]>;
  /** The result of every budget and expectation of a file's models. */
  verdicts(path: string): Outcome<readonly Verdict[]>;
  /** The same, and the findings of the lint rules. */
  lint(path: string, settings?: LintSettings): Outcome<readonly Verdict[]>;
  cost(path: string, question?: CostQuestion): Outcome<CostReport>;
  /** The graph's text form: of whole sequences, or of continuing from states. */
  graph(
    path: string,
    options?: {
      readonly model?: string | undefined;
      readonly part?: "start" | "step";
      /** As in `CostQuestion`. */
      readonly instance?: ModelInstance | undefined;
    },
  ): Outcome<string>;
  /** Writes a build to a folder. Needs a file system. */
  build(path: string, options: BuildQuestion): Promise<Outcome<Build>>;
  /** Every file read so far with its text, by path: everything that the answers depend on. */
  texts(): readonly (readonly [file: string, text: string])[];
  /** The text of a file that spans refer to. */
  source(file: string): string | undefined;
}

export interface WeightsQuestion {
  readonly model?: string | undefined;
  readonly weights: WeightsOption;
}

export interface BuildQuestion extends Omit<BuildOptions, "spec" | "retrace"> {
  readonly model?: string | undefined;
}

export interface ServiceOptions {
  /** How notes name a file. Default: the host's path. */
  display?(file: string): string;
}
