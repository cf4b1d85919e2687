import { defineConfig } from "vitest/config";

// vitest wants its configuration as a default export; nothing else in the project has one.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Backends hold native state for the whole process, so that each file gets one of its own.
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
