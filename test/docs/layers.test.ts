import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { expectGolden } from "../support/golden.js";

const library = fileURLToPath(new URL("../../compiler/layers/", import.meta.url));
const page = fileURLToPath(new URL("../../docs/layers.md", import.meta.url));

const intro = `# The standard library

Every layer, function and base model of the standard library, as its files in \`compiler/layers/\` declare it. Layers and
functions are there without an import; base models are imported, \`import { decoder } from "std"\`. An argument with a
default may be left out. A declaration of your own with the same name takes the place of the library's.

This page is made from those files: \`UPDATE=1 npx vitest run test/docs/layers.test.ts\` writes it anew.
`;

interface Declaration {
  readonly name: string;
  readonly doc: string;
  readonly text: string;
}

/** The documented declarations of a file: of a layer or a function its head, of a model all but its forward pass. */
function declarations(text: string): readonly Declaration[] {
  const lines = text.split("\n");
  const found: Declaration[] = [];
  for (const [at, line] of lines.entries()) {
    const [, kind, name] = /^(layer|model|fn) (\w+)/.exec(line) ?? [];
    if (kind === undefined || name === undefined) continue;
    let first = at;
    while (lines[first - 1]?.startsWith("///")) first--;
    const doc = lines.slice(first, at).map((l) => l.replace(/^\/\/\/ ?/, ""));
    const end = lines.findIndex(
      (l, i) => i >= at && (kind === "fn" || (kind === "layer" ? / \{$/ : /^\}/).test(l)),
    );
    const whole = lines.slice(at, end + 1).join("\n");
    const shown =
      kind === "model" ? whole.replace(/^ {2}forward\([\s\S]*?^ {2}\}\n/m, "") : whole.replace(/ \{$/, "");
    found.push({ name, doc: doc.join("\n"), text: shown });
  }
  return found;
}

const files = readdirSync(library)
  .filter((name) => name.endsWith(".arch"))
  .sort();

it("docs/layers.md has every declaration of the library, as it stands there", () => {
  const parts = files.map((file) => {
    const all = declarations(readFileSync(`${library}${file}`, "utf8"));
    const shown = all.map(
      ({ name, doc, text }) => `### \`${name}\`\n\n${doc}\n\n\`\`\`arch\n${text}\n\`\`\`\n`,
    );
    return `## ${file.replace(".arch", "").replaceAll("-", " ")}\n\n${shown.join("\n")}`;
  });
  expectGolden([intro, ...parts].join("\n"), page);
});

it("every declaration of the library says what it is", () => {
  const silent = files.flatMap((file) =>
    declarations(readFileSync(`${library}${file}`, "utf8"))
      .filter(({ doc }) => doc === "")
      .map(({ name }) => name),
  );
  expect(silent).toEqual([]);
});
