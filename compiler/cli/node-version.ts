/** The first version of Node that archc runs on; `engines` of the package says the same. */
export const LEAST_NODE = 20;

/** Is this version of Node (`process.versions.node`) before the first that archc runs on? */
export function isTooOld(version: string): boolean {
  return Number.parseInt(version, 10) < LEAST_NODE;
}
