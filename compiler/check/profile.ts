import type { Expr, ProfileDecl } from "../../grammar/ast.js";
import { storedNames, storedType } from "../cost/stored.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import { exactText, sameUnit, unitless } from "../dim/quantity.js";
import { optimizers } from "../train/optimizer-names.js";
import { evaluateLimit } from "./limit.js";
import { type Circumstances, PROFILE_WORDS, type Setting, type Settings } from "./point.js";

/** The sizes of a profile over the defaults, none below its least; undefined where a problem was reported. */
export function profileSettings(
  leastOf: (name: string) => bigint,
  profile: ProfileDecl,
  defaults: Settings,
  sink: Diagnostics,
): Settings | undefined {
  const settings = new Map<string, Setting>(defaults);
  // A model without `past` in its sizes may still stand in a file whose profile names it.
  const known = [...new Set([...defaults.keys(), "past", ...PROFILE_WORDS])];
  let wrong = false;
  for (const { path, value } of profile.fields) {
    const name = path.map((p) => p.text).join(".");
    const at = path[0]?.span ?? profile.span;
    if ((PROFILE_WORDS as readonly string[]).includes(name)) {
      const word = wordOf(value) ?? "?";
      const known: readonly string[] | undefined = { dtype: storedNames, optimizer: optimizers }[name];
      if (known && !(name === "dtype" ? storedType(word) : known.includes(word))) {
        sink.report("budget/profile-word", { name, value: word, known }, { span: value.span });
        wrong = true;
      }
      continue;
    }
    if (!known.includes(name)) {
      sink.report("budget/profile-field", { name, profile: profile.name.text, known }, { span: at });
      wrong = true;
      continue;
    }
    const size = evaluateLimit(value, {
      meter: { names: [], read: () => ({ kind: "no-data", why: "" }), words: () => [] },
      settings: defaults,
      field: () => undefined,
      fieldNames: [],
      report: (code, data, place) => sink.report(code, data, place),
    });
    const least = leastOf(name);
    if (size === undefined) wrong = true;
    else if (!sameUnit(size.unit, unitless) || size.value[1] !== 1n || size.value[0] < least) {
      const want = `it is a whole number of at least ${least}`;
      sink.report("budget/profile-value", { name, value: exactText(size.value), want }, { span: value.span });
      wrong = true;
    } else if (defaults.has(name)) settings.set(name, { value: size.value[0], span: at });
  }
  return wrong ? undefined : settings;
}

export function circumstancesOf(profile: ProfileDecl): Circumstances {
  const said = (name: string) => {
    const field = profile.fields.findLast(({ path }) => path.length === 1 && path[0]?.text === name);
    return (field && wordOf(field.value)) ?? "";
  };
  const optimizer = said("optimizer");
  return { stored: storedType(said("dtype")), optimizer: optimizers.find((o) => o === optimizer) };
}

function wordOf(value: Expr): string | undefined {
  return value.kind === "name" ? value.name : value.kind === "text" ? value.value : undefined;
}
