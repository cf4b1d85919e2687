import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder for one hostile project: `root` is the project, `outside` what it must not touch. */
export interface Ground {
  readonly root: string;
  readonly outside: string;
  /** Writes a file of the project; gives its path. */
  put(name: string, text: string | Uint8Array): string;
  /** Every path below the ground, to see that nothing was written. */
  paths(): readonly string[];
  remove(): void;
}

export function ground(): Ground {
  const top = mkdtempSync(join(tmpdir(), "archc-hostile-"));
  const root = join(top, "project");
  const outside = join(top, "outside");
  mkdirSync(root);
  mkdirSync(outside);
  writeFileSync(join(root, "package.json"), "{}");
  return {
    root,
    outside,
    put(name, text) {
      const path = join(root, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    paths: () => readdirSync(top, { recursive: true }).map(String).sort(),
    remove: () => rmSync(top, { recursive: true, force: true }),
  };
}

const stack = "blocks 1 {\n    attn = attention(heads, causal = true)\n    ffn  = mlp()\n  }";

/** A small decoder with lines of its own in the body, and before the model. */
export function spec(body = stack, before = ""): string {
  return `import { decoder } from "std"\n${before}\nmodel M : decoder {\n  vocab = 64\n  seq = 8\n  dim = 8\n  heads = 2\n  ${body}\n}\n`;
}

/** The same with another feed-forward. */
export function specWith(ffn: string, before = ""): string {
  return spec(stack.replace("mlp()", ffn), before);
}

/** The same with lines beside its blocks. */
export function specBeside(lines: string): string {
  return spec(`${stack}\n  ${lines}`);
}
