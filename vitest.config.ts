import { availableParallelism } from "node:os";
import { defineConfig, type ViteUserConfig } from "vitest/config";

// No pool runs everywhere: Bun lacks `ChildProcess.channel.unref`, which forks need, and Deno
// lacks `parentPort.removeAllListeners`, which threads need (Vitest 5.1, Bun 1.4, Deno 2.9).
const pool = "Bun" in globalThis ? "threads" : "forks";

/** Tests by what they need: nothing, the runtime they run on, or a server and real peers. */
const config: ViteUserConfig = defineConfig({
  test: {
    pool,
    // Files share a process, in which they leave nothing that matters to others; to load the source
    // anew for each would take twice the time of the tests themselves.
    isolate: false,
    // Some tests wait for real time to pass, while others can use the core.
    maxWorkers: 2 * availableParallelism(),
    // For what hangs: how fast the machine is must not matter.
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/runtime/**", "test/integration/**"],
        },
      },
      { extends: true, test: { name: "runtime", include: ["test/runtime/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

export default config;
