import type { Io } from "./io.js";

/** What a command gets to say its exit code with, and to print. */
export interface Session {
  readonly io: Io;
  code: number;
}
