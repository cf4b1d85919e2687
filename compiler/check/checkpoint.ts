import type { CheckpointLine, ModelDecl, Span } from "../../grammar/ast.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import type { Checkpoint, ForeignTensor } from "../weights/checkpoint.js";
import {
  coversBelow,
  mayCover,
  mayMeet,
  type NamePattern,
  readNamePattern,
  standsFor,
} from "../weights/name-pattern.js";
import { CheckpointReader, type Line, tensorsOf, type Written } from "./checkpoint-reader.js";
import type { NamedWeight } from "./checkpoint-weights.js";

/** A line `ignore "…"`. */
interface Ignore {
  readonly pattern: NamePattern;
  readonly span: Span;
  /** Stated by the model itself: a base's may cover what a variant reads. */
  readonly own: boolean;
}

/** The lines of a section by the name that they state, those of a model in place of its base's. */
interface Section {
  readonly lines: Map<string, Line>;
  readonly ignored: Map<string, Ignore>;
}

/**
 * The checkpoints of a model, those of its bases included; a line for the same name in the file
 * replaces the base's, and so does an `ignore`.
 * `isMissing` says whether a weight that is not there is a fault of the line, or of what is wrong elsewhere in the model.
 */
export function readCheckpoints(
  chain: readonly { readonly decl: ModelDecl }[],
  weights: readonly NamedWeight[],
  sink: Diagnostics,
  isMissing: (path: readonly string[]) => boolean,
): readonly Checkpoint[] {
  const sections = new Map<string, Section>();
  for (const [depth, { decl }] of chain.entries()) {
    for (const item of decl.items) {
      if (item.kind !== "checkpoint") continue;
      const name = item.name?.text ?? "default";
      const section = sections.get(name) ?? { lines: new Map(), ignored: new Map() };
      sections.set(name, section);
      addLines(section, item.lines, depth === chain.length - 1, sink);
    }
  }
  if (sections.size === 0) return [];
  const reader = new CheckpointReader(weights, isMissing, sink);
  return [...sections].map(([name, { lines, ignored }]) => {
    const { written, unused } = reader.read([...lines.values()]);
    reportTwice(written, sink);
    reportCovered([...ignored.values()], written, sink);
    return new Told(name, [...ignored.keys()], unused, written);
  });
}

/** A checkpoint of which all that is wrong has been told; its tensors are for those who read or write a file. */
class Told implements Checkpoint {
  private made: readonly ForeignTensor[] | undefined;

  constructor(
    readonly name: string,
    readonly ignored: readonly string[],
    readonly unused: Checkpoint["unused"],
    private readonly written: readonly Written[],
  ) {}

  // Of the class: V8 keeps the closure of a getter in an object literal, and all it sees, until a full collection.
  get tensors(): readonly ForeignTensor[] {
    this.made ??= this.written.flatMap(tensorsOf);
    return this.made;
  }
}

/** Adds the lines of one block to a section; `own` says whether the model itself has it, not a base. */
function addLines(
  { lines, ignored }: Section,
  given: readonly CheckpointLine[],
  own: boolean,
  sink: Diagnostics,
): void {
  const here = new Set<string>();
  for (const line of given) {
    const { value: text, span } = line.foreign;
    if (here.has(text)) sink.report("checkpoint/twice", { name: text }, { span });
    here.add(text);
    const pattern = readNamePattern(text);
    if (!pattern || (line.kind === "stored" && coversBelow(pattern)))
      sink.report("checkpoint/name", { text }, { span });
    else if (line.kind === "ignored") {
      lines.delete(text);
      ignored.set(text, { pattern, span, own });
    } else {
      ignored.delete(text);
      lines.set(text, { line, pattern, own });
    }
  }
}

/** Reports lines that have a name in common. */
function reportTwice(lines: readonly Written[], sink: Diagnostics): void {
  if (!mayMeet(lines.map(({ pattern }) => pattern))) return;
  const taken = new Set<string>();
  for (const written of lines) {
    for (const name of tensorsOf(written).flatMap((tensor) => tensor.names)) {
      if (taken.has(name)) {
        sink.report("checkpoint/twice", { name }, { span: written.line.foreign.span });
        break;
      }
      taken.add(name);
    }
  }
}

/** Reports what the model itself ignores although one of its lines, or of a base's, reads it. */
function reportCovered(ignored: readonly Ignore[], lines: readonly Written[], sink: Diagnostics): void {
  for (const { pattern, span, own } of ignored) {
    if (!own) continue;
    for (const written of lines) {
      if (!mayCover(pattern, written.pattern)) continue;
      const names = tensorsOf(written).flatMap((tensor) => tensor.names);
      const name = names.find((n) => standsFor(pattern, n));
      if (name === undefined) continue;
      sink.report("checkpoint/read-and-ignored", { name, line: written.line.foreign.value }, { span });
      break;
    }
  }
}
