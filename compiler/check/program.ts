import type { File, Import, Item, LayerDecl, ModelDecl, ProfileDecl, Span } from "../../grammar/ast.js";
import { everything } from "../../grammar/foreign-lines.js";
import { allowance, isSpent, parse } from "../../grammar/parse.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import { type Host, isLibrary } from "../host.js";
import { isBuiltin } from "./builtins/index.js";
import { constants } from "./expressions.js";
import { libraryIndex, parseLibrary } from "./library.js";
import { checkNames } from "./names.js";
import type { Remedied } from "./remedy-known.js";

export interface Declared<D extends Item = Item> {
  readonly decl: D;
  readonly file: string;
}

/** One source file and what its own text declares and imports. */
interface Unit {
  readonly path: string;
  readonly text: string;
  readonly ast: File;
  readonly own: ReadonlyMap<string, Declared>;
  readonly imported: Map<string, Declared>;
  /** An import that could not be read, and so names all of the library. */
  importsAll?: true;
}

/** A spec with everything it imports, names resolved. The main file's items are what `check` speaks of. */
export interface Program {
  readonly path: string;
  readonly ast: File;
  readonly models: readonly { readonly name: string; readonly decl: ModelDecl }[];
  /** Places whose name stands nowhere (`file:start`); already reported. */
  readonly unresolved: ReadonlySet<string>;
  /** Layers that some model has run, and so checked with real sizes. */
  readonly traced: Set<LayerDecl>;
  /** What evaluating it has taken so far, over all its models and layers. */
  readonly spent: {
    steps: number;
    trials: number;
    /** Where the models stand whose evaluation has filled the stack. */
    readonly overflowed: Set<number | undefined>;
    /** What the trials of the first model with errors took. */
    trialsBefore?: number | undefined;
  };
  /** Remedies found for the errors of models, by the text of the model. */
  readonly remedied: Map<string, Remedied>;
  /** The nearest of names that may be many; undefined once a file has had its fill of such searches. */
  nearest(name: string, candidates: () => readonly string[]): string | undefined;
  /** The text of a file that was read, std files included. */
  source(file: string): string | undefined;
  /** What a name declared at the top of a file means in `file`: its own, imported, or of the standard library. */
  lookup(file: string, name: string): Declared | undefined;
  /** Every name that `lookup` finds. */
  names(file: string): readonly string[];
  profile(file: string, name: string): ProfileDecl | undefined;
  /** Layers of the library whose text has a word. */
  mentioning(word: string): readonly string[];
}

const limit = { files: 256 } as const;

/** Names compared in search of the one meant, over a whole file. */
const mostCompared = 40_000;

function boundedNearest(): Program["nearest"] {
  let compared = 0;
  return (name, candidates) => {
    if (compared > mostCompared) return undefined;
    const names = candidates();
    compared += names.length;
    return nearest(name, names);
  };
}

/**
 * Reads a spec and its imports. Total: a missing file, a broken one or a cycle is a diagnostic, and what could be read
 * is still there.
 */
export function loadProgram(host: Host, path: string, sink: Diagnostics): Program {
  const units = new Map<string, Unit>();
  const quiet = new Set<string>();
  const nearestName = boundedNearest();
  const left = allowance();

  const load = (file: string): Unit | undefined => {
    const known = units.get(file);
    if (known) return known;
    const text = host.read(file);
    if (text === undefined) return undefined;
    const ast = parse(text, file, sink, left);
    const own = new Map<string, Declared>();
    for (const item of ast.items) declare(own, item, file);
    const unit: Unit = { path: file, text, ast, own, imported: new Map() };
    units.set(file, unit);
    return unit;
  };

  const declare = (own: Map<string, Declared>, item: Item, file: string): void => {
    const name = item.name.text;
    if (name === "") return;
    const first = own.get(name);
    if (first)
      sink.report(
        "name/declared-twice",
        { name },
        { span: item.name.span, labels: [{ span: first.decl.name.span, text: "first declared here" }] },
      );
    else if (isBuiltin(name) || (constants as readonly string[]).includes(name))
      sink.report("name/shadows-builtin", { name }, { span: item.name.span });
    else own.set(name, { decl: item, file });
  };

  const std = libraryIndex(host);
  const ofStd = (name: string): Declared | undefined => {
    const place = std.get(name);
    const decl = place && parseLibrary(name, place, sink);
    return decl && { decl, file: place.file };
  };

  const resolveImports = (unit: Unit, chain: readonly string[]): void => {
    for (const item of unit.ast.imports) {
      const from = item.from.value;
      if (from === "") {
        for (const n of item.names) quiet.add((n.alias ?? n.name).text);
        continue;
      }
      const isAll = item.names.some((n) => n.name.text === everything);
      if (isAll) unit.importsAll = true;
      if (from === "std") {
        if (isAll) continue;
        importNames(unit, item, ofStd, () => [...std.keys()]);
        continue;
      }
      const target = relative(unit.path, from);
      if (isSpent(left) && !units.has(target)) {
        for (const n of item.names) quiet.add((n.alias ?? n.name).text);
        continue;
      }
      if (chain.includes(target)) {
        sink.report(
          "import/cycle",
          { chain: [...chain.slice(chain.indexOf(target)), target] },
          { span: item.from.span },
        );
        for (const n of item.names) quiet.add((n.alias ?? n.name).text);
        continue;
      }
      if (units.size > limit.files) {
        sink.report("import/too-many", { limit: limit.files }, { span: item.from.span });
        return;
      }
      const known = units.has(target);
      const imported = load(target);
      if (!imported) {
        sink.report("import/not-found", { path: from, resolved: target }, { span: item.from.span });
        for (const n of item.names) quiet.add((n.alias ?? n.name).text);
        continue;
      }
      // What a refused file declares is not known.
      if (!known && isSpent(left)) {
        for (const n of item.names) quiet.add((n.alias ?? n.name).text);
        continue;
      }
      if (!known) resolveImports(imported, [...chain, target]);
      if (isAll) {
        for (const [name, found] of imported.own) if (!unit.own.has(name)) unit.imported.set(name, found);
        continue;
      }
      importNames(
        unit,
        item,
        (name) => imported.own.get(name),
        () => [...imported.own.keys()],
      );
    }
  };

  const importNames = (
    unit: Unit,
    item: Import,
    find: (name: string) => Declared | undefined,
    known: () => readonly string[],
  ): void => {
    for (const { name, alias } of item.names) {
      const found = find(name.text);
      const as = alias ?? name;
      if (!found) {
        if (name.text !== "") {
          const near = nearestName(name.text, known);
          const data = { name: name.text, from: item.from.value, near };
          sink.report("import/no-such-name", data, { span: name.span });
          // Under its right name it is used as if it were imported.
          if (near !== undefined && alias === undefined) quiet.add(near);
        }
        quiet.add(as.text);
        continue;
      }
      const clash = unit.own.get(as.text) ?? unit.imported.get(as.text);
      if (clash)
        sink.report(
          "name/declared-twice",
          { name: as.text },
          { span: as.span, labels: [{ span: clash.decl.name.span, text: "first declared here" }] },
        );
      else unit.imported.set(as.text, found);
    }
  };

  const main = load(path);
  if (!main) {
    sink.report("import/no-spec", { path }, {});
    return emptyProgram(path);
  }
  resolveImports(main, [path]);

  const lookup = (file: string, name: string): Declared | undefined => {
    const unit = units.get(file);
    const found = unit?.own.get(name) ?? unit?.imported.get(name);
    if (found) return found;
    const shared = ofStd(name);
    // Base models are imported by name; layers and functions of the library are there for everyone.
    const isOpen = unit?.importsAll || isLibrary(file);
    return shared && (shared.decl.kind !== "model" || isOpen) ? shared : undefined;
  };
  const unresolved = new Set<string>();
  const program: Program = {
    path,
    ast: main.ast,
    models: main.ast.items.flatMap((item) =>
      item.kind === "model" ? [{ name: item.name.text, decl: item }] : [],
    ),
    unresolved,
    traced: new Set(),
    spent: { steps: 0, trials: 0, overflowed: new Set() },
    remedied: new Map(),
    nearest: nearestName,
    source: (file) => units.get(file)?.text ?? (isLibrary(file) ? host.read(file) : undefined),
    lookup,
    names: (file) => {
      const unit = units.get(file);
      return [...(unit?.own.keys() ?? []), ...(unit?.imported.keys() ?? []), ...std.keys()];
    },
    mentioning: (word) => {
      const pattern = new RegExp(`^\\s+(weight\\s+)?${word}\\b`, "m");
      return [...std.values()].filter((p) => pattern.test(p.text.slice(p.start, p.end))).map((p) => p.name);
    },
    profile: (file, name) => {
      const found = lookup(file, name)?.decl;
      return found?.kind === "profile" ? found : undefined;
    },
  };
  for (const unit of units.values()) {
    checkNames(program, unit.ast, unit.path, sink, unresolved, quiet);
  }
  return program;
}

function emptyProgram(path: string): Program {
  const span: Span = { file: path, start: 0, end: 0 };
  const ast: File = { kind: "file", span, imports: [], items: [] };
  return {
    path,
    ast,
    models: [],
    unresolved: new Set(),
    traced: new Set(),
    spent: { steps: 0, trials: 0, overflowed: new Set() },
    remedied: new Map(),
    nearest: boundedNearest(),
    source: () => undefined,
    lookup: () => undefined,
    names: () => [],
    profile: () => undefined,
    mentioning: () => [],
  };
}

/** `blocks/pkm.arch` imported by `specs/a.arch` is `specs/blocks/pkm.arch`; `..` above the root stays visible to the host. */
function relative(from: string, to: string): string {
  const parts = to.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const part of to.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  const path = parts.join("/");
  return to.startsWith("/") || from.startsWith("/") ? `/${path}` : path;
}
