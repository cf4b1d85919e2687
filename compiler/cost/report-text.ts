import { columns } from "../columns.js";
import { exactText } from "../dim/quantity.js";
import { learnedText } from "../learned-text.js";
import type { MemoryReport } from "./memory-report.js";
import type { Exact, Metric } from "./metrics.js";
import { partTable } from "./part-table.js";
import type { CostReport } from "./report.js";
import { cell, human } from "./text.js";

/** The report for a terminal: figures with their exact values, then the tables per part and per op, or one of them. */
export function costText(report: CostReport, by?: "block" | "op"): string {
  const at = Object.entries(report.point)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ");
  const ops = columns(
    [["op", "nodes", "flops", "elementwise", "transcendental", "compares", "bytes moved"], ...opRows(report)],
    [1, 2, 3, 4, 5, 6],
  );
  const sections = [
    `${report.model} at ${at}${report.stored === "f32" ? "" : `, stored as ${report.stored}`}\n`,
    learnedText(report.learned),
    columns(figures(report), [1, 2]),
    conventionsText(report),
    polynomials(report),
    memoryText(report),
    by === "op" ? "" : partTable(report.parts),
    by === "block" ? "" : ops,
  ];
  return sections.filter((s) => s !== "").join("\n");
}

/**
 * The report as flat dotted keys, with tables under `parts` and `ops`. Whole numbers are bigint (a writer makes those
 * above 2^53 strings), fractions are strings `n/d`; what has no answer is left out.
 */
export function costJson(report: CostReport): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = { model: report.model, at: report.point };
  for (const [name, metric] of report.metrics) {
    if (metric.kind === "value") fields[name] = fraction(metric.value);
  }
  fields["flops.polynomial"] = `${report.flopsPolynomial}`;
  fields["flops.useful.polynomial"] = `${report.usefulPolynomial}`;
  fields["compares.polynomial"] = `${report.comparesPolynomial}`;
  for (const { symbol, degree, leading } of report.growth) {
    fields[`growth.${symbol}`] = degree;
    fields[`growth.${symbol}.leading`] = `${leading}`;
  }
  for (const key of held) fields[`memory.inference.${key}`] = report.memory[key];
  fields["memory.inference.peak"] = report.memory.peak;
  if (report.process) {
    const { backend, total, peak, ...terms } = report.process;
    fields[`memory.inference(${backend})`] = total;
    for (const key of ["runtime", ...held] as const)
      fields[`memory.inference(${backend}).${key}`] = terms[key];
    fields[`memory.inference(${backend}).peak`] = peak;
  }
  if (report.training && !report.training.memory) fields["memory.train.why"] = report.training.why;
  if (report.training?.memory) {
    const { optimizer, memory } = report.training;
    for (const key of trained) fields[`memory.train(${optimizer}).${key}`] = memory[key];
    fields[`memory.train(${optimizer}).peak`] = memory.peak;
  }
  fields.dtype = report.stored;
  if (report.conventions.length > 0)
    fields.conventions = Object.fromEntries(report.conventions.map((c) => [c.name, fraction(c.value)]));
  if (report.learned.length > 0)
    fields.learned = report.learned.map(({ path, value, most }) => ({ path, value: value ?? null, most }));
  fields.parts = report.parts.map((part) => ({ ...part, active: fraction(part.active) }));
  fields.ops = report.ops;
  return fields;
}

function fraction([numerator, denominator]: Exact): bigint | string {
  return denominator === 1n ? numerator : `${numerator}/${denominator}`;
}

function figures(report: CostReport): string[][] {
  const shown = [...report.metrics].filter(([, m]) => m.kind === "value" && m.value[0] !== 0n);
  return shown.map(([name, metric]) => {
    const { value, unit } = metric as Extract<Metric, { kind: "value" }>;
    return [name, human(value, unit), exactText(value)];
  });
}

function polynomials(report: CostReport): string {
  const lines = [`flops.forward = ${report.flopsPolynomial}`];
  if (!report.usefulPolynomial.equals(report.flopsPolynomial))
    lines.push(`flops.useful  = ${report.usefulPolynomial}`);
  if (!report.comparesPolynomial.isZero) lines.push(`compares      = ${report.comparesPolynomial}`);
  const growth = report.growth
    .filter((g) => g.degree > 0)
    .map(({ symbol, degree, leading }) => {
      const terms = leading.equals(report.flopsPolynomial) ? "" : ` (${leading})`;
      return `${orderName(degree)} in ${symbol}${terms}`;
    });
  if (growth.length > 0) lines.push(`growth: ${growth.join(", ")}`);
  return `${lines.join("\n")}\n`;
}

function conventionsText({ conventions }: CostReport): string {
  return columns(
    conventions.map((c) => [`flops (${c.name})`, human(c.value, "flop"), exactText(c.value), c.about]),
    [1, 2],
  );
}

function orderName(degree: number): string {
  return ["constant", "linear", "quadratic", "cubic"][degree] ?? `of degree ${degree}`;
}

function memoryText({ memory, process, training }: CostReport): string {
  const ran = process ? `process on ${process.backend}: ${peakText(process, ["runtime", ...held])}\n` : "";
  const told =
    training && (training.memory ? peakText(training.memory, trained) : `unknown: ${training.why}`);
  const step = training ? `training step (${training.optimizer}): ${told}\n` : "";
  return `memory: ${peakText(memory, held)}\n${ran}${step}`;
}

const held = ["weights", "buffers", "states", "activations", "workspace"] as const;

const trained = ["weights", "buffers", "optimizer", "gradients", "activations", "workspace"] as const;

function peakText<K extends string>(
  memory: Pick<MemoryReport, "total" | "peak"> & Readonly<Record<K, bigint>>,
  keys: readonly K[],
): string {
  const terms = keys.filter((key) => memory[key] > 0n).map((key) => `${key} ${human(memory[key], "bytes")}`);
  const { op, path } = memory.peak;
  const where = path === "" ? op : `${op} in ${path}`;
  return `${human(memory.total, "bytes")} = ${terms.join(" + ")}, peak at ${where}`;
}

function opRows(report: CostReport): string[][] {
  return report.ops.map((op) => [
    op.op,
    `${op.nodes}`,
    cell(op.flops, "flop"),
    cell(op.elementwise, "count"),
    cell(op.transcendental, "count"),
    cell(op.compares, "count"),
    cell(op.bytesMoved, "bytes"),
  ]);
}
