/**
 * Vitest's settings. They live here because the top folder is kept to what a newcomer has to know;
 * `npm test` names this file, `npm test -- test/resp` runs a part.
 */
import { defineConfig } from "vitest/config"

export default defineConfig({
  // The examples import the library by its name; here that means its sources, as for the compiler
  ssr: { resolve: { conditions: ["go-redis-source", "module", "node"] } },
  test: {
    include: ["test/**/*.test.ts", "docs/examples/**/*.test.ts"],
    exclude: ["test/bench/**", "**/node_modules/**"],
    // Processes, not threads: tests change the working directory, listen for signals and measure resident memory.
    pool: "forks",
    // A server under test and its client already keep two cores busy.
    maxWorkers: 2,
    // Long, because CI's machine is noisy. They catch what hangs; nothing asserts on time.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 20_000
  }
})
