import type { Verdict } from "./check/constraints.js";
import type { ModelInstance } from "./check/instance.js";
import type { CostOptions, CostReport } from "./cost/report.js";
import type { Diagnostic } from "./diagnostics/diagnostic.js";
import type { Build, BuildOptions } from "./emit/build.js";
import type { WeightsOption } from "./emit/weights.js";
import type { LintSettings } from "./lint/index.js";

/** What a question to the service yields: an answer where there is one, and all that was found on the way. */
export interface Outcome<T> {
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface CostQuestion extends CostOptions {
  /** The file's only or last model unless told. */
  readonly model?: string | undefined;
  /** A profile's sizes, below those of `at`. */
  readonly profile?: string | undefined;
  readonly at?: Readonly<Record<string, bigint>> | undefined;
  /** The model as weights make it, as `fitted` gave it, in the place of the spec's own. */
  readonly instance?: ModelInstance | undefined;
}

/**
 * The only way into the compiler, for the command line, the library, editors and the web. Paths are those of the host.
 * Files are read once: make a new service for changed ones. Nothing here throws on any spec.
 */
export interface Service {
  /** Every problem of a file: text, names, shapes, all its models and layers, and the budgets of its models. */
  diagnostics(path: string): readonly Diagnostic[];
  /** Names of the models that a file declares, in its order. */
  models(path: string): readonly string[];
  /** One model, bound and traced to graphs. */
  instance(path: string, model?: string): Outcome<ModelInstance>;
  /** The model as the weights of a file make it: its `learned` counts are what they say. Only where there is a file system. */
  fitted(path: string, question: WeightsQuestion): Promise<Outcome<ModelInstance>>;
  /** What becomes of the budgets of a model as weights make it. Expectations speak of the spec without weights. */
  budgets(fitted: ModelInstance): Outcome<readonly Verdict[]>;
  /** Every model of a file that can be made (not those left open for variants), and every problem but budgets. */
  instances(path: string): Outcome<readonly ModelInstance[]>;
  /** What became of every budget and expectation of a file's models. */
  verdicts(path: string): Outcome<readonly Verdict[]>;
  /** The same, and what the lint rules find. */
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
  /** Writes a build to a folder of the machine; only where there is a file system. */
  build(path: string, options: BuildQuestion): Promise<Outcome<Build>>;
  /** Every file read so far with its text, by path: all that answers rest on. */
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
  /** How a file is named in notes; the host's path unless told. */
  display?(file: string): string;
}
