/**
 * Goal: the pid file keeps two servers from one configuration apart, and nothing but a running server
 * does: neither one that was killed, nor another program that has its number now.
 *
 * Method: files and processes in memory.
 */

import { describe, expect, test } from "vitest";
import { writePidFile } from "../../src/app/pid-file.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";

const PATH = "/run/sluice/sluice.pid";
const OTHER_PID = 77;

/** A machine on which a process 77 runs, with that command line if there is a /proc. */
async function machine(commandLine?: string, content = `${OTHER_PID}\n`): Promise<Runtime> {
  const runtime = new MemoryRuntime();
  const { files } = runtime;
  await files.makeFolder("/run/sluice");
  await files.write(PATH, content);
  if (commandLine !== undefined) {
    await files.makeFolder(`/proc/${OTHER_PID}`);
    await files.write(`/proc/${OTHER_PID}/cmdline`, commandLine);
  }
  runtime.processes.isRunning = (pid) => pid === OTHER_PID;
  return runtime;
}

test("holds the id, in a folder that is made, and goes with the server", async () => {
  const runtime = new MemoryRuntime();
  const remove = await writePidFile(PATH, runtime);
  expect(await runtime.files.readText(PATH)).toBe("4242");
  await remove();
  expect(await runtime.files.stat(PATH)).toBeUndefined();
});

test("works beside the server, without a folder", async () => {
  const runtime = new MemoryRuntime();
  await writePidFile("sluice.pid", runtime);
  expect(await runtime.files.readText("sluice.pid")).toBe("4242");
});

describe("of another server that runs keeps this one out", () => {
  test.each([
    ["the binary", "/usr/bin/sluice\0-c\0/etc/sluice.yaml"],
    ["the binary of a release", "./sluice-0.1.0-linux-x64\0"],
    ["the file for Node", "node\0/usr/lib/sluice/sluice.js\0-c\0a.yaml\0"],
    ["what npm installs", "node\0/usr/local/bin/sluice\0"],
    ["a checkout", "node\0src/cli/main.ts\0-c\0a.yaml"],
    ["where there is no telling", undefined],
  ])("%s", async (_, commandLine) => {
    const runtime = await machine(commandLine);
    await expect(writePidFile(PATH, runtime)).rejects.toMatchObject({
      code: "EEXIST",
      message: expect.stringContaining("server 77 is running"),
    });
    expect(await runtime.files.readText(PATH)).toBe("77\n");
  });
});

describe("is taken over", () => {
  test.each([
    ["from a server that is gone", undefined, "78"],
    ["from a number that another program has now", "nginx: master process", "77"],
    ["from one that has its configuration open", "vim\0/etc/sluice/sluice.yaml\0", "77"],
    ["from one that reads its log", "tail\0-f\0/var/log/sluice/sluice.log\0", "77"],
    ["from a start of one's own, as in a container", undefined, "4242"],
    ["from what is no number", undefined, "77; rm -rf /"],
    ["when it is empty, as after a power cut", undefined, ""],
  ])("%s", async (_, commandLine, content) => {
    const runtime = await machine(commandLine, content);
    await writePidFile(PATH, runtime);
    expect(await runtime.files.readText(PATH)).toBe("4242");
  });
});

describe("at the end", () => {
  test("is left to another server that has written its own", async () => {
    const runtime = new MemoryRuntime();
    const remove = await writePidFile(PATH, runtime);
    await runtime.files.write(PATH, "99");
    await remove();
    expect(await runtime.files.readText(PATH)).toBe("99");
  });

  test("may have been removed", async () => {
    const runtime = new MemoryRuntime();
    const remove = await writePidFile(PATH, runtime);
    await runtime.files.remove(PATH);
    await expect(remove()).resolves.toBeUndefined();
  });
});

test("says what the disk says if it cannot be written", async () => {
  const runtime = new MemoryRuntime();
  runtime.files.fault = () => "ENOSPC";
  await expect(writePidFile(PATH, runtime)).rejects.toMatchObject({ code: "ENOSPC" });
});
