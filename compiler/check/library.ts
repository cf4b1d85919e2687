import type { Item } from "../../grammar/ast.js";
import { parse } from "../../grammar/parse.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import type { Host } from "../host.js";

/** Where the library declares a name. */
export interface LibraryPlace {
  readonly name: string;
  readonly file: string;
  /** Of the whole file. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The library is the same in every program of a process: each declaration is parsed once. */
const library = new Map<string, { readonly place: LibraryPlace; readonly decl: Item | undefined }>();

/** One declaration of a library file, as if nothing else stood there. */
export function parseLibrary(name: string, place: LibraryPlace, sink: Diagnostics): Item | undefined {
  const { file, text, start, end } = place;
  const known = library.get(name);
  if (known?.place.file === file && known.place.text === text) return known.decl;
  const before = sink.list.length;
  const ast = parse(" ".repeat(start) + text.slice(start, end), file, sink);
  const decl = ast.items.find((item) => item.name.text === name);
  if (sink.list.length === before) library.set(name, { place, decl });
  return decl;
}

/** Where the library declares each name, read off the text: only what is asked for is parsed. */
export function libraryIndex(host: Host): ReadonlyMap<string, LibraryPlace> {
  const index = new Map<string, LibraryPlace>();
  for (const file of host.std()) {
    for (const place of placesIn(file, host.read(file) ?? "")) index.set(place.name, place);
  }
  return index;
}

const indexed = new Map<string, { readonly text: string; readonly places: readonly LibraryPlace[] }>();

function placesIn(file: string, text: string): readonly LibraryPlace[] {
  const known = indexed.get(file);
  if (known?.text === text) return known.places;
  const heads = [...text.matchAll(/^(?:\/\/.*\n)*(?:layer|model|fn|profile)\s+(\w+)/gm)];
  const places = heads.map(({ 1: name, index: start }, i) => {
    return { name: name!, file, text, start, end: heads[i + 1]?.index ?? text.length };
  });
  indexed.set(file, { text, places });
  return places;
}
