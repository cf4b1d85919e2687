import { fileURLToPath } from "node:url";
import { main } from "../../compiler/cli/app.js";
import { capturedIo } from "../../compiler/cli/io.js";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command line, in this process. */
export async function archc(...argv: readonly string[]): Promise<Ran> {
  const io = capturedIo();
  const code = await main(argv, io);
  return { code, stdout: io.stdout(), stderr: io.stderr() };
}

/** The path of a spec beside the tests. */
export function specFile(name: string): string {
  return fileURLToPath(new URL(`./specs/${name}.arch`, import.meta.url));
}
