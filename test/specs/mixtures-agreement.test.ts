import { describe } from "vitest";
import { agreesEverywhere } from "../parity/agreement.js";
import { service } from "../parity/models.js";
import { present } from "../runtime/present.js";

const spec = "specs/small-mixtures.arch";

for (const { name, backend, absent } of await present()) {
  if (!backend) console.warn(`${spec} is not run on \`${name}\`: ${absent}`);
}

describe.each(service.models(spec))("%s", (model) => {
  agreesEverywhere({ spec, model, vocab: 256 });
});
