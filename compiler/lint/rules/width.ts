import type { Span } from "../../../grammar/ast.js";
import type { ModelInstance } from "../../check/instance.js";
import { modelCost } from "../../cost/model.js";
import { gather } from "../in-models.js";
import { placeOf } from "../places.js";
import { productsOf } from "../products.js";
import type { LintContext, LintRule } from "../rule.js";

/** Below this a product is too small for its width to matter. */
const least = 32n;

/** A product with a weight that sums over a length that is not a multiple of 8. */
export const width: LintRule = {
  name: "width",
  about: "matrix products with weights whose inner size is not a multiple of 8",
  level: "warn",
  models: true,
  check(context, report) {
    const found = gather<{ size: bigint }>(context, (model, add) => {
      const odd = productsOf(model).flatMap(({ attention, inner, path }) =>
        !attention && inner !== undefined && inner > least && inner % 8n !== 0n ? [{ inner, path }] : [],
      );
      for (const size of new Set(odd.map(({ inner }) => inner))) {
        const paths = odd.filter(({ inner }) => inner === size).map(({ path }) => path);
        const cause = causeOf(context, model, size, paths);
        for (const path of paths) add(path, { size }, cause);
      }
    });
    for (const { span, data, subject, where } of found)
      report("lint/width", { ...data, where }, { span, subject });
  },
};

/** The field whose value several lines of a model take their width from: one cause, one warning, at the field. */
function causeOf(
  context: LintContext,
  model: ModelInstance,
  size: bigint,
  paths: readonly string[],
): Span | undefined {
  const lines = new Set(paths.map((path) => placeOf(context.program, model, path).start));
  if (lines.size < 2) return undefined;
  // A size of the run time (`seq`) is no width, though it may be the same number.
  const open = new Set(modelCost(model).forward.symbols.map(({ name }) => name));
  const field = model.fields.find(
    ({ name, value, span }) => value === size && !open.has(name) && span.file === context.program.path,
  );
  return field?.span;
}
