/**
 * Goal: `sluice doctor` takes the configuration that the server would take, tells in lines or in JSON,
 * and exits with 1 if there is a problem.
 *
 * Method: command lines on the machine in memory.
 */

import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/cli/arguments.ts";
import { readsFromCheckout } from "../../src/cli/built-in-configs.ts";
import { parseDoctor, runDoctor } from "../../src/cli/doctor.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";

const readConfig = readsFromCheckout((await createRuntime()).files);

async function runOn(
  text: string,
  options: string,
): Promise<{ code: number; stdout: string; runtime: MemoryRuntime }> {
  const runtime = new MemoryRuntime();
  runtime.processes.missing.add("timedatectl");
  await runtime.files.write("/a.yaml", text);
  const code = await runDoctor(
    ["-c", "/a.yaml", ...options.split(" ").filter(Boolean)],
    runtime,
    readConfig,
  );
  return { code, stdout: runtime.host.printed.stdout, runtime };
}

describe("sluice doctor", () => {
  test("tells in lines", async () => {
    const { code, stdout } = await runOn("listen: 1935\n", "");
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        "ok       configuration  /a.yaml can be used",
        "ok       runtime        memory 1.0.0 on linux x64",
        "ok       cores          1 of 2 cores will be used; `workers: auto` uses all of them",
        "ok       ports          1935/tcp (rtmp) is free",
        "ok       permissions    /a.yaml is safe from others",
        "ok       clock          The clock says 2026-01-01T00:00:00.000Z; whether NTP keeps it cannot be seen from here",
        "",
        "All is well.",
        "",
      ].join("\n"),
    );
  });

  test("exits with 1 at a problem, and tells it in JSON", async () => {
    const yaml = "rtmps: { enabled: true }\nsrt_server: { enabled: true }\n";
    const { code, stdout } = await runOn(yaml, "--json");
    expect(code).toBe(1);
    const { isOk, findings } = JSON.parse(stdout);
    expect(isOk).toBe(false);
    expect(findings).toContainEqual({
      level: "warning",
      area: "configuration",
      text: "/a.yaml:2: srt_server: SRT is not supported yet",
    });
    expect(findings).toContainEqual(
      expect.objectContaining({ level: "problem", area: "certificates" }),
    );
  });

  test("counts what is not well", async () => {
    const { stdout } = await runOn("rtmps: { enabled: true }\nsrt_server: { enabled: true }\n", "");
    expect(stdout).toMatch(/\n\n1 problem, 1 warning\n$/);
  });

  test("tells of a configuration that cannot be used, and looks no further", async () => {
    const { code, stdout } = await runOn("lisen: 1935\nhttp_api: 3\n", "");
    expect(code).toBe(1);
    expect(stdout).toBe(
      [
        'problem  configuration  /a.yaml:1: lisen: Unknown setting, did you mean "listen"?',
        'problem  configuration  /a.yaml:2: http_api: Expected a block of settings such as "enabled: true", found 3',
        "",
        "2 problems",
        "",
      ].join("\n"),
    );
    expect(await runDoctor(["-c", "/none.yaml"], new MemoryRuntime(), readConfig)).toBe(1);
  });

  test("looks at paths from work_dir on", async () => {
    const { runtime } = await runOn("work_dir: /srv\n", "");
    expect(runtime.host.workingFolder()).toBe("/srv");
  });

  test("does without a file, as the server does", async () => {
    const runtime = new MemoryRuntime({ environment: { SRS_LISTEN: "1940" } });
    runtime.processes.missing.add("timedatectl");
    await runDoctor(["-e"], runtime, readConfig);
    expect(runtime.host.printed.stdout).toContain(
      "ok       ports          1940/tcp (rtmp) is free\n",
    );
    expect(runtime.host.printed.stdout).toContain("The environment can be used");
  });

  test("looks at the configuration inside, as the server does", async () => {
    const runtime = new MemoryRuntime({ environment: { SRS_LISTEN: "1940" } });
    runtime.processes.missing.add("timedatectl");
    await runDoctor([], runtime, readConfig);
    const { stdout } = runtime.host.printed;
    expect(stdout).toContain("What is built in can be used");
    expect(stdout).toContain("1940/tcp (rtmp) is free");
    expect(stdout).toContain("8080/tcp (http) is free");
  });

  test("helps", async () => {
    const runtime = new MemoryRuntime();
    expect(await runDoctor(["--help"], runtime, readConfig)).toBe(0);
    expect(runtime.host.printed.stdout).toContain("Usage: sluice doctor");
  });
});

describe("parseDoctor()", () => {
  test.each([
    ["", {}, { file: undefined, builtIn: "default", isJson: false }],
    ["-e -c a.yaml", {}, { file: undefined, isJson: false }],
    ["-c a.yaml --json", {}, { file: "a.yaml", isJson: true }],
    ["-c a.yaml", { SRS_CONFIG_FILE: "b.conf" }, { file: "b.conf", isJson: false }],
    ["-c a.yaml", { SLUICE_ENV_ONLY: "on" }, { file: undefined, isJson: false }],
  ] as const)("%s, %j", (typed, environment, expected) => {
    expect(parseDoctor(typed.split(" ").filter(Boolean), environment)).toEqual(expected);
  });

  test.each([
    ["-c", "Cannot use option -c: it needs a file"],
    ["a.yaml", 'Cannot understand option "a.yaml"'],
  ])("refuses %s", (typed, message) => {
    expect(() => parseDoctor(typed.split(" "), {})).toThrow(new UsageError(message));
  });
});
