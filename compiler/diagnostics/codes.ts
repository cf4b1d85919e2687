import { budgetCodes } from "./codes/budget.js";
import { checkpointCodes } from "./codes/checkpoint.js";
import { configCodes } from "./codes/config.js";
import { diffCodes } from "./codes/diff.js";
import { emitCodes } from "./codes/emit.js";
import { internalCodes } from "./codes/internal.js";
import { kindCodes } from "./codes/kind.js";
import { layerCodes } from "./codes/layer.js";
import { learnedCodes } from "./codes/learned.js";
import { lintCodes } from "./codes/lint.js";
import { modelCodes } from "./codes/model.js";
import { nameCodes } from "./codes/name.js";
import { shapeCodes } from "./codes/shape.js";
import { syntaxCodes } from "./codes/syntax.js";
import { usageCodes } from "./codes/usage.js";

/** Every problem archc can report, and the only place with words. One file per subject under `codes/`. */
export const codes = {
  ...syntaxCodes,
  ...nameCodes,
  ...shapeCodes,
  ...kindCodes,
  ...modelCodes,
  ...layerCodes,
  ...budgetCodes,
  ...checkpointCodes,
  ...learnedCodes,
  ...configCodes,
  ...diffCodes,
  ...emitCodes,
  ...usageCodes,
  ...lintCodes,
  ...internalCodes,
};

export type Codes = typeof codes;
export type CodeName = keyof Codes;
