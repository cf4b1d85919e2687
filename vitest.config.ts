import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// vitest wants its configuration as a default export; nothing else in the project has one.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Backends hold native state for the whole process, so that each file gets one of its own.
    pool: "forks",
    // Two at a time, on small machines too, where vitest would run one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
