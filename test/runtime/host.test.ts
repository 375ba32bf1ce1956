/**
 * Goal: the program hears signals and uncaught errors, loses no word when it ends, and knows itself
 * and its machine.
 *
 * Method: what ends or interrupts a process is done to a child, test/runtime/scripts/probe.ts.
 */

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";
import type { SignalName } from "../../src/runtime/runtime.ts";
import { eventually } from "./support/eventually.ts";
import { startProbe, startProbeFromShell } from "./support/probe.ts";

const runtime = await createRuntime();
const { clock, files, host, name: runtimeName, processes } = runtime;

describe(`host on ${runtimeName}`, () => {
  test("is the runtime that it runs on", () => {
    const isBun = "Bun" in globalThis;
    const isDeno = "Deno" in globalThis;
    expect(runtimeName).toBe(isBun ? "bun" : isDeno ? "deno" : "node");
    expect(runtime.version).toMatch(/^\d+\.\d+\.\d+/);
    const own = isBun ? process.versions["bun"] : process.versions["deno"];
    expect(runtime.version).toBe(own ?? process.versions.node);
  });

  test("hears each signal instead of ending, until it ends itself", async () => {
    const { child, printed, whenPrinted } = await startProbe(runtime, "signals");
    await whenPrinted("ready");
    const names: SignalName[] = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGHUP"];
    for (const [index, name] of names.entries()) {
      child.kill(name);
      await whenPrinted(`${names.slice(0, index + 1).join("\n")}\n`);
    }
    child.kill("SIGTERM");
    expect(await child.exited).toEqual({ code: 0, signal: undefined });
    expect(printed.stdout).toBe(`ready\n${names.join("\n")}\nSIGTERM\n`);
  });

  test("goes on after errors and rejections that nobody catches", async () => {
    const { child, printed } = await startProbe(runtime, "uncaught");
    expect(await child.exited).toEqual({ code: 0, signal: undefined });
    expect(printed.stdout).toBe("uncaught from a timer\nuncaught from a promise\nstill here\n");
  });

  test("prints all before it exits, more than a pipe holds too", async () => {
    const size = 1 << 20;
    const { child, printed } = await startProbe(runtime, "print", String(size));
    expect(await child.exited).toEqual({ code: 7, signal: undefined });
    expect(printed.stdout.length).toBe(size + 1);
    expect(printed.stderr).toBe("complaint\n");
  });

  test("prints all into a pipe that does not block and is read late", async () => {
    // Without a file to write to, dd sets the flag on its standard output, which the probe inherits.
    const script = `(dd if=/dev/null oflag=nonblock status=none; exec "$@") | (sleep 0.5; wc -c)`;
    const { child, printed } = await startProbeFromShell(runtime, script, "print", "1000000");
    await child.exited;
    expect(printed.stdout.trim()).toBe("1000001");
  });

  test("shows what the user typed behind the program's name, and the environment", async () => {
    const args = ["-c", "a file.yaml", "--flag=x", "-t"];
    const { child, printed } = await startProbe(
      { ...runtime, host: { ...runtime.host, environment: { ...host.environment, PROBE: "ä" } } },
      "arguments",
      ...args,
    );
    await child.exited;
    expect(JSON.parse(printed.stdout)).toEqual({
      args,
      seen: ["arguments", ...args],
      environment: "ä",
    });
  });

  test("knows how to start itself again, flags and all", async () => {
    const { child, printed } = await startProbe(runtime, "again", "arguments", "-c", "a b");
    await child.exited;
    const [said = "", ended] = printed.stdout.split("\n");
    expect(JSON.parse(said)).toMatchObject({
      args: ["-c", "a b"],
      seen: ["arguments", "-c", "a b"],
    });
    expect(ended).toBe("exited 0");
    // The runtime starts without a word of its own, such as a warning of a missing flag.
    expect(printed.stderr).toBe("");
  });

  test.runIf(runtimeName === "bun")("knows how to, in one file with the runtime", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-host-"));
    const program = join(folder, "probe");
    const script = join(import.meta.dirname, "scripts/probe.ts");
    const make = ["build", "--compile", "--format=esm", script, "--outfile", program];
    const { environment } = host;
    const compiler = await processes.spawn(process.execPath, make, { environment });
    expect(await compiler.exited).toEqual({ code: 0, signal: undefined });
    let printed = "";
    const child = await processes.spawn(program, ["again", "again", "arguments", "-x"], {
      environment,
      output: (bytes) => {
        printed += new TextDecoder().decode(bytes);
      },
    });
    await child.exited;
    rmSync(folder, { recursive: true });
    expect(printed).toBe('{"args":["-x"],"seen":["arguments","-x"]}\nexited 0\nexited 0\n');
  });

  test("tells who started it, and what it has used", async () => {
    expect(host.parentPid).toBeGreaterThan(0);
    expect(host.parentPid).not.toBe(host.pid);
    const use = host.resourceUse();
    if (use === undefined) throw new Error("The runtime does not tell");
    for (const [name, value] of Object.entries(use)) {
      expect(Number.isFinite(value) && value >= 0, name).toBe(true);
    }
    const { user } = host.cpuMs();
    expect(Math.abs(use.userMs - user)).toBeLessThan(1_000);
    expect(use.residentSizeMax).toBeGreaterThan(10 << 20);
    expect(use.residentSizeMax).toBeLessThan(100 * 1024 ** 3);
    expect(use.minorFaults).toBeGreaterThan(100);
  });

  test("counts its open files", async () => {
    const before = host.openFiles() ?? Number.NaN;
    expect(before).toBeGreaterThan(2);
    const folder = mkdtempSync(join(tmpdir(), "sluice-host-"));
    const opened = await Promise.all(
      Array.from({ length: 20 }, (_, i) => files.open(join(folder, String(i)), "write")),
    );
    // Others may open and close some meanwhile.
    expect(host.openFiles()).toBeGreaterThan(before + 10);
    for (const file of opened) await file.close();
    await eventually("closed", () => (host.openFiles() ?? 0) < before + 10);
    rmSync(folder, { recursive: true });
  });

  test("counts the timers that are set", async () => {
    const before = host.pendingTimers();
    const long = clock.setTimer(90 * 86_400_000, () => undefined);
    const interval = clock.setInterval(1, () => undefined);
    const short = clock.setTimer(1, () => undefined);
    expect(host.pendingTimers()).toBe(before + 3);
    await eventually("one fired", () => host.pendingTimers() === before + 2);
    short.cancel();
    expect(host.pendingTimers()).toBe(before + 2);
    for (let i = 0; i < 2; i++) {
      long.cancel();
      interval.cancel();
    }
    expect(host.pendingTimers()).toBe(before);
    let seen = -1;
    clock.setTimer(0, () => {
      seen = host.pendingTimers();
    });
    await eventually("fired", () => seen >= 0);
    expect(seen).toBe(before);
  });

  test("changes its folder, or says why not", async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "sluice-host-")));
    const inside = await startProbe(runtime, "folder", folder);
    await inside.child.exited;
    expect(inside.printed.stdout).toBe(`${folder}\n`);
    rmSync(folder, { recursive: true });
    const outside = await startProbe(runtime, "folder", folder);
    await outside.child.exited;
    expect(outside.printed.stdout).toBe(
      `SystemError: Cannot enter "${folder}": no such file or folder\n`,
    );
  });

  test("knows its process", () => {
    expect(host.pid).toBe(process.pid);
    expect(host.platform).toBe(process.platform);
    expect(host.architecture).toMatch(/^(x64|arm64|arm)$/);
    expect(host.workingFolder()).toBe(process.cwd());
    expect(host.environment["PATH"]).toBe(process.env["PATH"]);
    expect(typeof host.isTerminal()).toBe("boolean");
  });

  test("measures memory and processor time", async () => {
    const { residentSize, heapSize } = host.memory();
    expect(residentSize).toBeGreaterThan(10 << 20);
    expect(heapSize).toBeGreaterThan(100_000);
    expect(heapSize).toBeLessThan(residentSize * 4);
    const before = host.cpuMs();
    await eventually("50 ms of work", () => {
      for (const startMs = performance.now(); performance.now() - startMs < 10; );
      const now = host.cpuMs();
      return now.user + now.system - before.user - before.system > 50;
    });
    expect(host.cpuMs().user).toBeGreaterThan(before.user);
  });

  test("lists addresses that are not loopback", () => {
    for (const { interfaceName, address, family } of host.addresses()) {
      expect(interfaceName).not.toBe("");
      expect(address.includes(":")).toBe(family === "ipv6");
      expect(address).not.toBe("127.0.0.1");
      expect(address).not.toBe("::1");
    }
  });

  test("refuses to handle what cannot be handled", () => {
    expect(() => host.onSignal("SIGKILL", () => undefined)).toThrow(
      expect.objectContaining({ name: "SystemError" }),
    );
  });
});
