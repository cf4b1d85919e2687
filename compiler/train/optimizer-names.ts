/** The optimizers whose steps are known. */
export const optimizers = ["adam", "adamw", "sgd"] as const;

export type Optimizer = (typeof optimizers)[number];
