/**
 * Goal: programs are started by argument list, heard to the end, fed and stopped, as the port says.
 *
 * Method: the system's own small programs, found on every Linux.
 */

import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SystemError } from "../../src/base/errors.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import type { SpawnOptions } from "../../src/runtime/runtime.ts";
import { eventually } from "./support/eventually.ts";
import { startProbe } from "./support/probe.ts";

const runtime = await createRuntime();
const { name: runtimeName, processes } = runtime;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Options that keep what is printed. */
function listen(options: Partial<SpawnOptions> = {}): {
  options: SpawnOptions;
  printed: Record<"stdout" | "stderr", string>;
} {
  const printed = { stdout: "", stderr: "" };
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const output: SpawnOptions["output"] = (bytes, from) => {
    expect(bytes.constructor).toBe(Uint8Array);
    printed[from] += decoders[from].decode(bytes, { stream: true });
  };
  return { options: { environment: {}, output, ...options }, printed };
}

/** Whether it runs: in a container without an init nobody buries the dead. */
function isAlive(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2, text.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false;
  }
}

describe(`processes on ${runtimeName}`, () => {
  test("delivers the output before it says that the child has ended", async () => {
    const { options, printed } = listen();
    const script = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo bad >&2";
    const child = await processes.spawn("/bin/sh", ["-c", script], options);
    expect(child.pid).toBeGreaterThan(1);
    expect(await child.exited).toEqual({ code: 0, signal: undefined });
    expect(printed.stdout.split("\n").length).toBe(20_001);
    expect(printed.stdout.endsWith("line 19999\n")).toBe(true);
    expect(printed.stderr).toBe("bad\n");
  });

  test("delivers what was still in the pipe when the child ended", async () => {
    const { options, printed } = listen({ environment: { PATH: "/usr/bin:/bin" } });
    const child = await processes.spawn("head", ["-c", "100000", "/dev/zero"], options);
    // Until the child has ended, nobody reads.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    expect(await child.exited).toEqual({ code: 0, signal: undefined });
    expect(printed.stdout.length).toBe(100_000);
  });

  test("waits a moment for what the child's own child still prints", async () => {
    const { options, printed } = listen({ environment: { PATH: "/usr/bin:/bin" } });
    const script = "(sleep 0.2; echo late) & exit 5";
    const child = await processes.spawn("/bin/sh", ["-c", script], options);
    expect(await child.exited).toEqual({ code: 5, signal: undefined });
    expect(printed.stdout).toBe("late\n");
  });

  test("lets the child print where this process prints", async () => {
    const { child, printed } = await startProbe(runtime, "again", "print", "10");
    expect(await child.exited).toEqual({ code: 0, signal: undefined });
    expect(printed).toEqual({ stdout: "xxxxxxxxxx\nexited 7\n", stderr: "complaint\n" });
  });

  test("reaches all of a group, also what outlives its leader", async () => {
    const { options, printed } = listen({ environment: { PATH: "/usr/bin:/bin" }, isGroup: true });
    const script = "sleep 60 >/dev/null 2>&1 & echo $!; exit 0";
    const child = await processes.spawn("/bin/sh", ["-c", script], options);
    expect(await child.exited).toEqual({ code: 0, signal: undefined });
    const pid = Number(printed.stdout);
    expect(isAlive(pid)).toBe(true);
    child.kill("SIGTERM");
    await eventually("the end of the group", () => !isAlive(pid));
    child.kill("SIGTERM"); // Nobody is in it any more.
  });

  test("passes arguments as they are: no shell sees them", async () => {
    const { options, printed } = listen();
    const args = ["-n", "a b", "$HOME", "*", "; echo x", "\"'", ""];
    const child = await processes.spawn("/bin/echo", args, options);
    await child.exited;
    expect(printed.stdout).toBe(args.slice(1).join(" "));
  });

  test("gives the child the environment and folder named, and no more", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-spawn-"));
    const { options, printed } = listen({ environment: { ONE: "1" }, workingFolder: folder });
    const child = await processes.spawn("/bin/sh", ["-c", "pwd; /usr/bin/env"], options);
    await child.exited;
    const [where, ...variables] = printed.stdout.trim().split("\n");
    expect(where).toBe(realpathSync(folder));
    expect(variables.filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line))).toEqual(["ONE=1"]);
    rmSync(folder, { recursive: true });
  });

  test("looks for the program along the child's PATH", async () => {
    const { options, printed } = listen({ environment: { PATH: "/usr/bin:/bin" } });
    const child = await processes.spawn("echo", ["found"], options);
    await child.exited;
    expect(printed.stdout).toBe("found\n");
  });

  test("tells the exit code", async () => {
    const child = await processes.spawn("/bin/sh", ["-c", "exit 42"], { environment: {} });
    expect(await child.exited).toEqual({ code: 42, signal: undefined });
  });

  test("tells the signal that ended it, and sends none to the dead", async () => {
    const child = await processes.spawn("/bin/sleep", ["60"], { environment: {} });
    child.kill("SIGTERM");
    expect(await child.exited).toEqual({ code: undefined, signal: "SIGTERM" });
    child.kill("SIGKILL");
    expect(await child.exited).toEqual({ code: undefined, signal: "SIGTERM" });
  });

  test("leaves it to the child what to make of a signal", async () => {
    const { options, printed } = listen();
    const script = `trap 'echo heard; exit 3' USR2; echo ready; while :; do sleep 0.01; done`;
    const environment = { PATH: "/usr/bin:/bin" };
    const child = await processes.spawn("/bin/sh", ["-c", script], { ...options, environment });
    await eventually("ready", () => printed.stdout.includes("ready"));
    child.kill("SIGUSR2");
    expect(await child.exited).toEqual({ code: 3, signal: undefined });
    expect(printed.stdout).toBe("ready\nheard\n");
  });

  test("feeds the child's input, and survives one that does not want it", async () => {
    const { options, printed } = listen();
    const child = await processes.spawn("/bin/cat", [], options);
    child.writeInput(encode("one "));
    child.writeInput(encode("two"));
    child.closeInput();
    child.closeInput();
    child.writeInput(encode("too late"));
    await child.exited;
    expect(printed.stdout).toBe("one two");

    const deaf = await processes.spawn("/bin/sh", ["-c", "exec 0<&-; exit 0"], {
      environment: {},
    });
    deaf.writeInput(encode("hello"));
    expect(await deaf.exited).toEqual({ code: 0, signal: undefined });
    deaf.writeInput(encode("hello"));
    deaf.closeInput();
  });

  test("gives a child all of its input at once, however large", async () => {
    let size = 0;
    const output = (bytes: Uint8Array): void => {
      size += bytes.length;
    };
    const input = new Uint8Array(8 << 20);
    const child = await processes.spawn("/bin/cat", [], { environment: {}, input, output });
    expect(await child.exited).toEqual({ code: 0, signal: undefined });
    expect(size).toBe(input.length);
    const empty = await processes.spawn("/bin/cat", [], {
      environment: {},
      input: new Uint8Array(0),
    });
    expect(await empty.exited).toEqual({ code: 0, signal: undefined });
    const deaf = await processes.spawn("/bin/true", [], { environment: {}, input });
    expect(await deaf.exited).toEqual({ code: 0, signal: undefined });
  });

  test("finds a program by the PATH that it is given", async () => {
    const { options, printed } = listen();
    const environment = { PATH: "/nowhere:/bin:/usr/bin" };
    const child = await processes.spawn("echo", ["found"], { ...options, environment });
    await child.exited;
    expect(printed.stdout).toBe("found\n");
  });

  test("holds up a child that floods its output, and has time for all else", async () => {
    let size = 0;
    const child = await processes.spawn("/bin/cat", ["/dev/zero"], {
      environment: {},
      output: (bytes) => {
        size += bytes.length;
      },
    });
    const startMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const seconds = (performance.now() - startMs) / 1_000;
    child.kill("SIGKILL");
    await child.exited;
    expect(size).toBeGreaterThan(1 << 20);
    // Unheld it is gigabytes.
    expect(size / seconds).toBeLessThan(64 << 20);
  });

  test("bounds what a child leaves unread", async () => {
    const child = await processes.spawn("/bin/sleep", ["60"], { environment: {} });
    const flood = (): void => {
      for (let i = 0; i < 64; i++) child.writeInput(new Uint8Array(64 << 10));
    };
    expect(flood).toThrow(expect.objectContaining({ name: "SystemError", code: "ENOBUFS" }));
    child.kill("SIGKILL");
    expect(await child.exited).toEqual({ code: undefined, signal: "SIGKILL" });
  });

  test("does not wait for a daemon that the child left behind", async () => {
    const { options, printed } = listen();
    const environment = { PATH: "/usr/bin:/bin" };
    const script = "sleep 8 & echo $!";
    const child = await processes.spawn("/bin/sh", ["-c", script], { ...options, environment });
    const startMs = performance.now();
    expect(await child.exited).toEqual({ code: 0, signal: undefined });
    expect(performance.now() - startMs).toBeLessThan(7000);
    process.kill(Number(printed.stdout), "SIGKILL");
  });

  test("knows which processes run", async () => {
    expect(processes.isRunning(process.pid)).toBe(true);
    expect(processes.isRunning(1)).toBe(true);
    const child = await processes.spawn("/bin/sleep", ["60"], { environment: {} });
    expect(processes.isRunning(child.pid)).toBe(true);
    child.kill("SIGKILL");
    await child.exited;
    expect(processes.isRunning(child.pid)).toBe(false);
  });

  test("tells a process from an earlier one of the same id, and the dead from the living", async () => {
    const scope = processes.idScope();
    expect(scope?.length).toBeGreaterThan(0);
    expect(processes.idScope()).toBe(scope);
    const child = await processes.spawn("/bin/sleep", ["60"], { environment: {} });
    const start = processes.startOf(child.pid);
    expect(start).toMatch(/^\d+$/);
    expect(processes.startOf(child.pid)).toBe(start);
    expect(Number(start)).toBeGreaterThanOrEqual(Number(processes.startOf(process.pid)));
    child.kill("SIGKILL");
    await child.exited;
    expect(processes.startOf(child.pid)).toBeUndefined();
  });

  test("takes for dead what nobody buries", async () => {
    // The shell becomes another program, which does not wait for the shell's child.
    const { options, printed } = listen();
    const child = await processes.spawn(
      "/bin/sh",
      ["-c", "/bin/sleep 60 & echo $!; exec /bin/sleep 60"],
      options,
    );
    await eventually("the child's id", () => printed.stdout.endsWith("\n"));
    const zombie = Number(printed.stdout);
    const isOther = (): boolean => readFileSync(`/proc/${child.pid}/comm`, "utf8") === "sleep\n";
    await eventually("the shell to be gone", isOther);
    expect(processes.startOf(zombie)).toMatch(/^\d+$/);
    process.kill(zombie, "SIGKILL");
    await eventually("its end", () => processes.startOf(zombie) === undefined);
    expect(processes.isRunning(zombie)).toBe(true);
    child.kill("SIGKILL");
    await child.exited;
  });

  test("throws ENOENT, EACCES or ENOENT for the folder if it cannot start", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-spawn-"));
    const notExecutable = join(folder, "script");
    writeFileSync(notExecutable, "#!/bin/sh\n", { mode: 0o644 });
    const missing = processes.spawn("/nowhere/sluice-none", [], { environment: {} });
    await expect(missing).rejects.toThrow(SystemError);
    await expect(missing).rejects.toMatchObject({ code: "ENOENT" });
    await expect(processes.spawn("sluice-none", [], { environment: {} })).rejects.toMatchObject({
      code: "ENOENT",
    });
    await expect(processes.spawn(notExecutable, [], { environment: {} })).rejects.toMatchObject({
      name: "SystemError",
      code: "EACCES",
    });
    const options = { environment: {}, workingFolder: join(folder, "none") };
    await expect(processes.spawn("/bin/true", [], options)).rejects.toMatchObject({
      name: "SystemError",
      code: "ENOENT",
    });
    rmSync(folder, { recursive: true });
  });

  test("tells which processes there are, other people's too", async () => {
    const child = await processes.spawn("/bin/cat", [], { environment: {} });
    expect(processes.isRunning(child.pid)).toBe(true);
    expect(processes.isRunning(1)).toBe(true);
    child.closeInput();
    await child.exited;
    expect(processes.isRunning(child.pid)).toBe(false);
  });
});
