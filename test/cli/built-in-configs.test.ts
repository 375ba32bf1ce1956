/**
 * Goal: what the program carries can be used, and its subcommand gives it away as it is.
 *
 * Method: read it as the program does from a checkout; a table of command lines.
 */

import { expect, test } from "vitest";
import { UsageError } from "../../src/cli/arguments.ts";
import { CONFIG_FILES, isConfigName, readsFromCheckout } from "../../src/cli/built-in-configs.ts";
import { ConfigFile } from "../../src/cli/config-file.ts";
import { describeVersion } from "../../src/cli/describe-version.ts";
import { parsePrintConfig, runPrintConfig } from "../../src/cli/print-config.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";

const { files } = await createRuntime();
const readConfig = readsFromCheckout(files);

test.each(Object.keys(CONFIG_FILES))("the configuration %s is one", (name) => {
  if (!isConfigName(name)) throw new Error(name);
  const runtime = new MemoryRuntime();
  runtime.host.environment["SLUICE_LISTEN"] = "1936";
  const file = new ConfigFile(undefined, runtime, readConfig(name));
  const { config, warnings } = file.load();
  expect(warnings).toEqual([]);
  expect(config.testStream.enabled).toBe(name === "demo");
  expect(config.httpServer.enabled).toBe(name !== "full");
  expect(config.listen.map(({ port }) => port)).toEqual([1936]); // The environment wins.
  expect(file.paths).toEqual([]);
});

test("it is printed, or written where there is no file yet", async () => {
  const runtime = new MemoryRuntime();
  await runPrintConfig(["demo"], runtime, readConfig);
  expect(runtime.host.printed.stdout).toBe(readConfig("demo"));
  await runPrintConfig(["-o", "/new.yaml"], runtime, readConfig);
  expect(await runtime.files.readText("/new.yaml")).toBe(readConfig("default"));
  await expect(runPrintConfig(["-o", "/new.yaml"], runtime, readConfig)).rejects.toThrow(
    'Cannot write "/new.yaml": it exists',
  );
});

test.each([[["other"]], [["demo", "full"]], [["-o"]], [["constructor"]]])("refuses %j", (typed) => {
  expect(() => parsePrintConfig(typed)).toThrow(UsageError);
});

test("a build names its commit, a checkout does not", () => {
  const bun = { name: "bun", version: "1.2.3" } as const;
  expect(describeVersion(bun, "0123456789ab")).toMatch(
    /^sluice \d+\.\d+\.\d+ \(commit 0123456789ab, bun 1\.2\.3\)$/,
  );
  expect(describeVersion(bun, undefined)).toMatch(/^sluice \d+\.\d+\.\d+ \(from sources, bun 1/);
});
