import { createHash } from "node:crypto";
import { isLibrary } from "../host.js";
import type { Diagnostic } from "./diagnostic.js";
import { type JsonDiagnostic, type JsonOptions, toJson } from "./render-json.js";

/** What a rule of the report is about, in a line. */
export interface SarifRule {
  readonly id: string;
  readonly about: string;
}

export interface SarifOptions extends JsonOptions {
  readonly version: string;
  /** Of every code that may turn up; a code without one is named by itself. */
  readonly about?: (code: string) => string | undefined;
}

/** Diagnostics of one spec, named as a reader of the repository would. */
export interface SarifSource {
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly options: JsonOptions;
}

/**
 * A SARIF 2.1.0 log. Every result has a place in a file that the user has, since GitHub refuses a whole log for one
 * that has none: problems within the standard library are placed at the user's line that led there, problems of a whole
 * file at its first line. Fingerprints hold what a result is about, not its line or its numbers.
 */
export function toSarif(
  sources: readonly SarifSource[],
  { version, about }: Pick<SarifOptions, "version" | "about">,
): string {
  const ids: string[] = [];
  const prints = new Map<string, number>();
  const results = sources.flatMap(({ file, diagnostics, options }) =>
    toJson(diagnostics, options).map((d, i) => {
      if (!ids.includes(d.code)) ids.push(d.code);
      const place = placeOf(d, file);
      const subject = diagnostics[i]!.subject ?? subjectOf(diagnostics[i]!, options);
      const print = createHash("sha256")
        .update(`${d.code}\n${place.file}\n${subject}`)
        .digest("hex")
        .slice(0, 32);
      const nth = (prints.get(print) ?? 0) + 1;
      prints.set(print, nth);
      return {
        ruleId: d.code,
        ruleIndex: ids.indexOf(d.code),
        level: d.severity,
        message: { text: [d.message, ...d.notes, ...d.helps.map((h) => `help: ${h}`)].join("\n") },
        locations: [location(place)],
        ...relatedOf(d),
        partialFingerprints: { "archc/subject/v1": `${print}:${nth}` },
      };
    }),
  );
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "archc",
            semanticVersion: version,
            rules: ids.map((id) => ({
              id,
              shortDescription: { text: about?.(id) ?? id },
              help: { text: `archc explain ${id}` },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results,
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

interface SarifPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** The user's own text, wherever it stands in the diagnostic. */
function placeOf(d: JsonDiagnostic, file: string): SarifPlace {
  const candidates = [d.place, ...d.trace, ...d.labels];
  const own = candidates.find((p) => p !== null && !isLibrary(p.file));
  return own ?? { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
}

function location({ file, line, column, endLine, endColumn }: SarifPlace) {
  return {
    physicalLocation: {
      artifactLocation: artifact(file),
      region: { startLine: line, startColumn: column, endLine, endColumn },
    },
  };
}

/** Relative to the repository where it can be; else whole. */
function artifact(file: string) {
  const path = file.replaceAll("\\", "/").replace(/^\.\//, "");
  const uri = path.split("/").map(encodeURIComponent).join("/");
  return path.startsWith("/") ? { uri: `file://${uri}` } : { uri, uriBaseId: "%SRCROOT%" };
}

function relatedOf(d: JsonDiagnostic) {
  const labels = d.labels.filter((l) => !isLibrary(l.file));
  if (labels.length === 0) return {};
  return {
    relatedLocations: labels.map((label, id) => ({
      id,
      ...location(label),
      message: { text: label.text || "see here" },
    })),
  };
}

/** The text that a diagnostic points at, spaces apart. */
function subjectOf({ span, message }: Diagnostic, { source }: JsonOptions): string {
  if (span === undefined) return message;
  return (source(span.file) ?? "").slice(span.start, span.end).replace(/\s+/g, "");
}
