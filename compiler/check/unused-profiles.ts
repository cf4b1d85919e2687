import type { ProfileDecl } from "../../grammar/ast.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { profileSettings } from "./profile.js";
import type { Program } from "./program.js";
import { sizesOf } from "./unbuilt.js";

/** What is wrong in the profiles of a file that none of its budgets names, and that a command may still ask for. */
export function unusedProfileProblems(program: Program): readonly Diagnostic[] {
  const used = new Set<ProfileDecl | undefined>(
    program.models.flatMap(({ decl }) =>
      decl.items.flatMap((i) =>
        (i.kind === "budget" || i.kind === "expect") && i.profile
          ? [program.profile(program.path, i.profile.text)]
          : [],
      ),
    ),
  );
  const sink = new Diagnostics();
  const sizes = new Set(["batch", "seq", "past"]);
  let isWhole = program.models.length > 0;
  for (const { decl } of program.models) {
    const { names, hasForward } = sizesOf(program, decl);
    for (const name of names) sizes.add(name);
    isWhole &&= hasForward;
  }
  const settings = new Map([...sizes].map((name) => [name, { value: 1n, span: undefined }]));
  for (const item of program.ast.items)
    if (item.kind === "profile" && !used.has(item))
      profileSettings((name) => (name === "past" ? 0n : 1n), item, settings, sink);
  // Without a model the names of its sizes are not known.
  return sink.list.filter((d) => isWhole || d.code !== "budget/profile-field");
}
