import type { Io } from "./io.js";

/** How long something must take before a person is told that it goes on. */
const PATIENCE_MS = 1000;
const REDRAW_MS = 100;

export interface Progress {
  /** `done` of `total`, in whatever unit; drawn at most ten times a second. */
  step(done: number, total: number): void;
  /** Clears the line. */
  end(): void;
}

/** A line on standard error for work of over a second; silent where that is no terminal. */
export function progress(io: Io, what: string): Progress {
  const start = Date.now();
  let drawn = 0;
  let shown = false;
  return {
    step(done, total) {
      const now = Date.now();
      if (!io.interactive || now - start < PATIENCE_MS || now - drawn < REDRAW_MS) return;
      drawn = now;
      shown = true;
      const share = total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 0;
      const left = done > 0 ? Math.ceil(((now - start) * (total - done)) / done / 1000) : undefined;
      const rest = left === undefined ? "" : `, ${left} s left`;
      io.err(`\r\u001b[2K${what}: ${share} %${rest}`);
    },
    end() {
      if (shown) io.err("\r\u001b[2K");
      shown = false;
    },
  };
}
