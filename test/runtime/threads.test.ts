/**
 * Goal: threads take and give messages in order, and whatever happens to one, the process goes on.
 *
 * Method: the thread does what test/runtime/scripts/thread-main.ts says, on the runtime and in memory.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, onTestFinished, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import type { Runtime, Thread } from "../../src/runtime/runtime.ts";
import { type Command, threadMain } from "./scripts/thread-main.ts";
import { eventually } from "./support/eventually.ts";

const SCRIPTS = join(import.meta.dirname, "scripts");

const real = await createRuntime({
  threadModules: { probe: join(SCRIPTS, "thread.ts"), missing: join(SCRIPTS, "missing.ts") },
});
const memory = new MemoryRuntime();
memory.threads.mains.set("probe", threadMain);

interface Started {
  readonly thread: Thread;
  readonly messages: unknown[];
  readonly failures: Error[];
  post(command: Command, transfer?: readonly ArrayBuffer[]): void;
}

function start({ threads }: Runtime, name = "probe"): Started {
  const messages: unknown[] = [];
  const failures: Error[] = [];
  const thread = threads.start(name, {
    message: (message) => messages.push(message),
    fail: (error) => failures.push(error),
  });
  onTestFinished(() => thread.end());
  return { thread, messages, failures, post: (...message) => thread.post(...message) };
}

describe.each([real, memory])("threads on $name", (runtime) => {
  test("take and give messages in order, each when the one before is done", async () => {
    const { post, messages } = start(runtime);
    post({ name: "later", value: 1 });
    post({ name: "echo", value: { text: "two", list: [undefined, new Map([[1, 2]])] } });
    post({ name: "echo", value: 3 });
    await eventually("three messages", () => messages.length === 3);
    expect(messages).toEqual([1, { text: "two", list: [undefined, new Map([[1, 2]])] }, 3]);
  });

  test("move what is transferred, both ways, and copy the rest", async () => {
    const { post, messages } = start(runtime);
    const moved = Uint8Array.of(1, 2, 3);
    const copied = Uint8Array.of(7);
    post({ name: "take", bytes: moved }, [moved.buffer]);
    post({ name: "take", bytes: copied });
    expect(moved.byteLength).toBe(0);
    expect(copied.byteLength).toBe(1);
    await eventually("four messages", () => messages.length === 4);
    const first = { reply: Uint8Array.of(2, 3, 4) };
    expect(messages).toEqual([first, 0, { reply: Uint8Array.of(8) }, 0]);
  });

  test.each([
    ["throw", "thrown inside"],
    ["reject", "rejected inside"],
  ] as const)("end by what they %s, and nothing comes after it", async (name, message) => {
    const { thread, post, messages, failures } = start(runtime);
    post({ name });
    post({ name: "echo", value: "after" });
    await eventually("failure", () => failures.length > 0);
    expect(failures[0]).toBeInstanceOf(Error);
    expect(failures.map((error) => error.message)).toEqual([message]);
    thread.post({ name: "echo", value: "late" });
    await thread.end();
    expect(messages).toEqual([]);
    expect(failures).toHaveLength(1);
  });

  test("tell nothing once they have been ended", async () => {
    const { thread, post, messages, failures } = start(runtime);
    post({ name: "echo", value: 1 });
    await eventually("message", () => messages.length === 1);
    post({ name: "echo", value: 2 });
    post({ name: "throw" });
    await thread.end();
    await thread.end();
    post({ name: "echo", value: 3 });
    expect(messages).toEqual([1]);
    expect(failures).toEqual([]);
  });

  test("know nothing of one another", async () => {
    const [first, second] = [start(runtime), start(runtime)];
    first.post({ name: "throw" });
    await eventually("failure", () => first.failures.length === 1);
    second.post({ name: "echo", value: "here" });
    await eventually("message", () => second.messages.length === 1);
    expect(second.failures).toEqual([]);
  });

  test("have to be among the program's modules", () => {
    expect(() => start(runtime, "nothing")).toThrow(/has a thread module "nothing"/);
  });
});

describe(`threads on ${real.name}`, () => {
  test("end while they spin", async () => {
    const { thread, post, messages, failures } = start(real);
    post({ name: "spin" });
    await eventually("spinning", () => messages.length === 1);
    await thread.end();
    expect(failures).toEqual([]);
  });

  test("end by an error that they leave to nobody", async () => {
    const { post, failures } = start(real);
    post({ name: "stray" });
    await eventually("failure", () => failures.length > 0);
    expect(failures.map((error) => error.message)).toEqual([
      expect.stringMatching(/nobody catches this/),
    ]);
  });

  test("say that their module is not there", async () => {
    const { failures } = start(real, "missing");
    await eventually("failure", () => failures.length > 0);
    expect(failures[0]?.message).toMatch(/missing\.ts/);
  });

  test.runIf(real.name === "bun")("start from within one file with the runtime", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-threads-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const program = join(folder, "program");
    const scripts = ["thread-program.ts", "thread.ts"].map((name) => join(SCRIPTS, name));
    const make = ["build", "--compile", "--format=esm", ...scripts, "--outfile", program];
    const { environment } = real.host;
    const compiler = await real.processes.spawn(process.execPath, make, { environment });
    expect(await compiler.exited).toEqual({ code: 0, signal: undefined });
    let printed = "";
    const child = await real.processes.spawn(program, [], {
      environment,
      workingFolder: folder,
      output: (bytes) => {
        printed += new TextDecoder().decode(bytes);
      },
    });
    expect(await child.exited).toEqual({ code: 0, signal: undefined });
    expect(printed).toBe("first\nthrown inside\n");
  });
});
