import { describe, expect, it } from "vitest";
import { agreesEverywhere } from "../parity/agreement.js";
import { service } from "../parity/models.js";
import { present } from "../runtime/present.js";

const spec = "specs/small.arch";

for (const { name, backend, absent } of await present()) {
  if (!backend) console.warn(`${spec} is not run on \`${name}\`: ${absent}`);
}

describe.each(service.models(spec))("%s", (model) => {
  agreesEverywhere({ spec, model, vocab: 256 });
});

it("covers every model of the spec", () => {
  expect(service.models(spec).length).toBeGreaterThanOrEqual(5);
});
