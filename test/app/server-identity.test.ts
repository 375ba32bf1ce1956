/**
 * Goal: a server keeps its id over restarts, as backends tell their servers by it, and gets a new one
 * for each run.
 *
 * Method: files in memory, and the random numbers of the memory runtime.
 */

import { expect, test } from "vitest";
import { createServerIdentity } from "../../src/app/server-identity.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import { type ConfigValue, memoryConfig } from "../support/memory-server.ts";

const identify = (runtime: MemoryRuntime, config: ConfigValue) =>
  createServerIdentity(memoryConfig(config), runtime);

test("takes the configured name", async () => {
  const identity = await identify(new MemoryRuntime(), { server_id: "vid-mine", pid: "a.pid" });
  expect(identity).toEqual({
    serverId: "vid-mine",
    serviceId: expect.stringMatching(/^[0-9a-z]{8}$/),
    pid: "4242",
    programKey: expect.stringMatching(/^[0-9a-z]{32}$/),
  });
});

test("makes a name in SRS's form, and another one if there is nowhere to keep it", async () => {
  const runtime = new MemoryRuntime();
  const first = await identify(runtime, {});
  const second = await identify(runtime, {});
  expect(first.serverId).toMatch(/^vid-[0-9a-z]{7}$/);
  expect(second.serverId).not.toBe(first.serverId);
});

test("keeps it beside the pid file; the run's own id is new", async () => {
  const runtime = new MemoryRuntime();
  const first = await identify(runtime, { pid: "sluice.pid" });
  expect(await runtime.files.readText("sluice.id")).toBe(first.serverId);
  const second = await identify(runtime, { pid: "sluice.pid" });
  expect(second.serverId).toBe(first.serverId);
  expect(second.serviceId).not.toBe(first.serviceId);
});

test.each(["", "two words", "<script>", "x".repeat(65), "vid-a\nvid-b"])(
  "does not take what is no id from there: %j",
  async (content) => {
    const runtime = new MemoryRuntime();
    await runtime.files.write("sluice.id", content);
    const { serverId } = await identify(runtime, { pid: "sluice.pid" });
    expect(serverId).toMatch(/^vid-[0-9a-z]{7}$/);
    expect(await runtime.files.readText("sluice.id")).toBe(serverId);
  },
);

test("takes one that somebody wrote with a line end", async () => {
  const runtime = new MemoryRuntime();
  await runtime.files.write("sluice.id", "vid-abc\n");
  expect((await identify(runtime, { pid: "sluice.pid" })).serverId).toBe("vid-abc");
});
