import { Command } from "commander";
import { columns } from "../columns.js";
import { choice, formatOption } from "./options.js";
import { printJson } from "./print.js";
import type { Session } from "./session.js";

/** `archc backends`: what is there, what is chosen, and how to get the rest. */
export function backendsCommand(session: Session): Command {
  return new Command("backends")
    .description("list the backends: which are installed, which are used by default, how to get the others")
    .addOption(formatOption(["text", "json"]))
    .action(async (options: { format: string }) => {
      const format = choice("--format", options.format, ["text", "json"]);
      const { backends } = await import("../../runtime/backends.js");
      const found = await backends();
      if (format === "json") {
        printJson(session.io, { backends: found }, [], { source: () => undefined });
        return;
      }
      const rows = found.map((b) => [
        b.chosen ? "*" : "",
        b.name,
        b.target,
        b.available ? "installed" : "missing",
        b.why,
      ]);
      session.io.out(columns([["", "backend", "runs", "", ""], ...rows]));
      for (const b of found.filter((f) => !f.available)) session.io.out(`\nto get ${b.name}: ${b.get}`);
      session.io.out(
        `${found.some((f) => !f.available) ? "\n" : ""}\n* used when \`--backend\` is not given\n`,
      );
    });
}
