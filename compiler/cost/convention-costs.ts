import { Dim } from "../dim/dim.js";
import { type Convention, type ConventionName, conventions } from "./conventions.js";
import type { ModelCost, Point } from "./model.js";
import { type Tallies, tallies } from "./tallies.js";

export interface ConventionCost {
  readonly name: ConventionName;
  readonly about: string;
  /** For all sizes. */
  readonly polynomial: Dim;
  readonly value: readonly [bigint, bigint];
}

/** A forward pass as conventions count it, at a point that names every size. */
export function conventionCosts(
  model: ModelCost,
  point: Point,
  names: readonly ConventionName[],
): readonly ConventionCost[] {
  if (names.length === 0) return [];
  const graph = model.passAt(point);
  const sums = tallies(model.instance, graph, model.costOf(graph), model.weights);
  const at = model.at(point);
  return names.map((name) => {
    const { weights, about }: Convention = conventions[name];
    const terms = Object.entries(weights).map(([key, by]) => sums[key as keyof Tallies].times(by));
    const polynomial = Dim.sum(terms);
    return { name, about, polynomial, value: polynomial.evaluate(at) };
  });
}
