import type { OpName } from "./attrs.js";
import type { OpDef } from "./define.js";

export type { Attrs, None, OpName } from "./attrs.js";

/** Every op. A missing one is a compile error. */
export declare const ops: { readonly [K in OpName]: OpDef<K> };
