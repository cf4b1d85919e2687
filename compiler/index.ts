/**
 * The compiler as a library: `createService(host)` answers every question about a spec. To run a built model, use
 * `archc/runtime`.
 */
export type { Verdict } from "./check/constraints.js";
export type { BlockInfo, FieldValue, ModelConstraint, ModelInstance } from "./check/instance.js";
export type { CostReport, OpCost, PartCost } from "./cost/report.js";
export { costJson, costText } from "./cost/report-text.js";
export type { Diagnostic, Fix, Label, Severity } from "./diagnostics/diagnostic.js";
export { type RenderOptions, render, renderAll } from "./diagnostics/render.js";
export { toGithub } from "./diagnostics/render-github.js";
export { type JsonDiagnostic, toJson } from "./diagnostics/render-json.js";
export { Dim } from "./dim/dim.js";
export type { Quantity, Rational, Unit } from "./dim/quantity.js";
export { exactText, quantityText } from "./dim/quantity.js";
export type { Build, BuildOptions, Target } from "./emit/build.js";
export type { Host } from "./host.js";
export type { Graph, Node, Region, Value } from "./ir/graph.js";
export { graphText } from "./ir/text.js";
export { createMemoryHost } from "./memory-host.js";
export { createNodeHost, type NodeHost, openSpec } from "./node-host.js";
export type { BuildQuestion, CostQuestion, Outcome, Service } from "./questions.js";
export { createService } from "./service.js";
export { archcVersion } from "./version.js";
