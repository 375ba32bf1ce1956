/**
 * Goal: `sluice import` writes what it says, never over what is there, and nothing at all if the file
 * cannot be imported.
 *
 * Method: command lines on the machine in memory; exit codes, files and what is printed.
 */

import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/cli/arguments.ts";
import { parseImport, runImport } from "../../src/cli/import.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import { loadYaml } from "../config/load.ts";

const FILE = "/usr/local/srs/conf/srs.conf";
const GOOD = "listen 1940;\ndaemon off;\nvhost __defaultVhost__ { }\n";

async function createMachine(text: string): Promise<MemoryRuntime> {
  const runtime = new MemoryRuntime();
  await runtime.files.makeFolder("/usr/local/srs/conf");
  await runtime.files.write(FILE, text);
  return runtime;
}

async function runOn(
  text: string,
  options: string,
): Promise<{ code: number; runtime: MemoryRuntime; stdout: string; stderr: string }> {
  const runtime = await createMachine(text);
  await runtime.files.write("/there.yaml", "old");
  const code = await runImport([FILE, ...options.split(" ").filter(Boolean)], runtime);
  return { code, runtime, ...runtime.host.printed };
}

describe("sluice import", () => {
  test("prints the configuration, and the report beside it", async () => {
    const { code, stdout, stderr } = await runOn(GOOD, "");
    expect(code).toBe(0);
    expect(loadYaml(stdout).config.listen).toEqual([{ host: "0.0.0.0", port: 1940 }]);
    expect(stderr).toMatch(/^\/usr\/local\/srs\/conf\/srs\.conf: 3 directives, 3 as they were,/);
    expect(stderr).not.toContain("line 1, listen");
  });

  test("writes a file", async () => {
    const { code, runtime, stdout, stderr } = await runOn(GOOD, "--verbose -o /new.yaml");
    expect(code).toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toContain("  line 1, listen\n");
    expect(stderr).toMatch(/Written to \/new\.yaml\. Next: sluice \S+ -c \/new\.yaml\n$/);
    expect(loadYaml(await runtime.files.readText("/new.yaml")).warnings).toEqual([]);
  });

  test("never writes over a file, unless it is told to", async () => {
    const refused = await runOn(GOOD, "-o /there.yaml");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toBe('Cannot write "/there.yaml": it exists, use --force\n');
    expect(await refused.runtime.files.readText("/there.yaml")).toBe("old");
    const forced = await runOn(GOOD, "-o /there.yaml --force");
    expect(forced.code).toBe(0);
    expect(await forced.runtime.files.readText("/there.yaml")).toContain("listen: 1940");
  });

  test("writes nothing of what is malformed", async () => {
    const { code, runtime, stdout, stderr } = await runOn(
      "listen 1935;\nvhost a {\n",
      "-o /a.yaml",
    );
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toBe(`${FILE}:3:1: Unexpected end of file, expected "}"\n`);
    expect(await runtime.files.stat("/a.yaml")).toBeUndefined();
  });

  test.each([
    ["whatever on;", 1],
    ["srt_server { enabled on; }", 1],
    ["empty_ip_ok on;", 0],
  ])("with --strict, after %s", async (directive, expected) => {
    const { code, runtime } = await runOn(`${GOOD}${directive}`, "--strict -o /a.yaml");
    expect(code).toBe(expected);
    expect(await runtime.files.stat("/a.yaml")).toEqual(
      expected === 0 ? expect.anything() : undefined,
    );
  });

  test("finds included files where SRS would have found them", async () => {
    const runtime = await createMachine("include conf/vhost.conf;");
    await runtime.files.write("/usr/local/srs/conf/vhost.conf", GOOD);
    expect(await runImport([FILE], runtime)).toBe(0);
    expect(runtime.host.printed.stdout).toMatch(/^listen: 1940$/m);
  });

  test("refuses what is not there, and what is YAML", async () => {
    const runtime = await createMachine(GOOD);
    await runtime.files.write("/a.yaml", "listen: 1935\n");
    expect(await runImport(["/none.conf"], runtime)).toBe(1);
    expect(await runImport(["/a.yaml"], runtime)).toBe(1);
    expect(runtime.host.printed.stderr).toContain('Cannot import "/a.yaml": it is YAML already');
  });

  test("helps", async () => {
    const runtime = new MemoryRuntime();
    expect(await runImport(["-h"], runtime)).toBe(0);
    expect(runtime.host.printed.stdout).toContain("Usage: sluice import FILE");
  });

  test.each([
    ["", "Cannot import: expected one file, such as /usr/local/srs/conf/srs.conf"],
    ["a b", "Cannot import: expected one file, such as /usr/local/srs/conf/srs.conf"],
    ["a -o", "Cannot use option -o: it needs a file"],
    ["a --what", 'Cannot understand option "--what"'],
  ])("refuses %j", (typed, message) => {
    expect(() => parseImport(typed.split(" ").filter(Boolean))).toThrow(new UsageError(message));
  });
});
