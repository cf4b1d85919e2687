import { numberHelpers } from "./helpers/numbers.js";
import { perRow } from "./helpers/per-row.js";
import { placeHelpers } from "./helpers/places.js";
import { productHelpers } from "./helpers/products.js";
import { projectionHelpers } from "./helpers/projections.js";
import { rowHelpers } from "./helpers/rows.js";

/**
 * Functions that a generated module carries where it needs them, in this order: what tfjs lacks, or does wrongly on some
 * backend.
 */
export const helpers = {
  ...numberHelpers,
  ...productHelpers,
  ...projectionHelpers,
  ...rowHelpers,
  perRow,
  ...placeHelpers,
} as const;

export type HelperName = keyof typeof helpers;
