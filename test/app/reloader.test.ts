/**
 * Goal: a reload is one at a time, tells how it went, and a configuration that cannot be taken on
 * leaves the one before; the watch reloads when a file of the configuration changes, included ones too.
 *
 * Method: configurations, and what is done with them, by the test; a clock and files in memory.
 */

import { describe, expect, test } from "vitest";
import { ConfigWatch, isWatchWanted } from "../../src/app/reload/config-watch.ts";
import { Reloader, type ReloaderPorts, ReloadState } from "../../src/app/reload/reloader.ts";
import { SystemError } from "../../src/base/errors.ts";
import type { Config } from "../../src/config/config.ts";
import type { ServerEvent } from "../../src/live/server-event.ts";
import { MemoryNetwork, settle } from "../support/memory-network.ts";
import { memoryConfig } from "../support/memory-server.ts";

function start(ports: Partial<ReloaderPorts> = {}) {
  const network = new MemoryNetwork();
  const applied: Config[] = [];
  const events: ServerEvent[] = [];
  let count = 0;
  const reloader = new Reloader(memoryConfig({ listen: 1 }), {
    load: () => ({ config: memoryConfig({ listen: 2 + count }), warnings: [] }),
    apply: async (config) => void applied.push(config),
    logger: network.logging.logger,
    createId: () => `id${++count}`,
    tell: (event) => events.push(event),
    ...ports,
  });
  return { network, reloader, applied, events };
}

describe("a reload", () => {
  test("tells what has changed", async () => {
    const { reloader, applied } = start();
    expect(await reloader.latest()).toMatchObject({ id: "", state: ReloadState.Init });
    const report = await reloader.reload("test");
    expect(report).toEqual({
      id: "id1",
      state: ReloadState.Finished,
      problem: undefined,
      changes: [{ path: "listen", takesEffect: "now" }],
    });
    expect(await reloader.latest()).toBe(report);
    expect(applied.map(({ listen }) => listen[0]?.port)).toEqual([3]);
  });

  test("is an event, well or not, with what waits for a restart", async () => {
    const { reloader, events } = start({
      load: () => ({ config: memoryConfig({ listen: 2, workers: 3 }), warnings: [] }),
    });
    await reloader.reload("test");
    const { reloader: broken, events: brokenEvents } = start({
      apply: () => Promise.reject(new SystemError("EADDRINUSE", "in use")),
    });
    await broken.reload("api");
    expect([...events, ...brokenEvents]).toEqual([
      {
        type: "configuration.reloaded",
        cause: "test",
        changed: ["listen"],
        needsRestart: ["workers"],
      },
      { type: "configuration.refused", cause: "api", problem: "in use" },
    ]);
  });

  test("that comes during another is one more, for all who ask", async () => {
    const gate = Promise.withResolvers<void>();
    const { reloader, applied } = start({
      apply: async (config) => {
        applied.push(config);
        await gate.promise;
      },
    });
    const [first, second, third] = ["a", "b", "c"].map((cause) => reloader.reload(cause));
    await settle();
    expect(applied).toHaveLength(1);
    gate.resolve();
    expect((await first)?.id).toBe("id1");
    expect(await second).toBe(await third);
    expect(applied).toHaveLength(2);
  });

  test.each<[string, Partial<ReloaderPorts>, ReloadState]>([
    ["read", { load: () => fail("Cannot read") }, ReloadState.Parsing],
    ["applied", { apply: async () => fail("Cannot listen") }, ReloadState.Applying],
  ])(
    "that cannot be %s says why, and the next one compares with what runs",
    async (_, ports, state) => {
      let isBroken = true;
      const good = start();
      const { reloader, network } = start({
        load: () => (isBroken && ports.load !== undefined ? ports.load() : loaded()),
        apply: async (config) => (isBroken ? ports.apply?.(config) : undefined),
      });
      expect(await reloader.reload("test")).toMatchObject({
        state,
        problem: expect.stringMatching(/^Cannot (read|listen)$/),
        changes: [],
      });
      expect(network.events("configuration not reloaded")).toHaveLength(1);
      isBroken = false;
      const { changes } = await reloader.reload("test");
      expect(changes).toEqual([{ path: "listen", takesEffect: "now" }]);
      expect(good.applied).toEqual([]);
    },
  );
});

function loaded() {
  return { config: memoryConfig({ listen: 9 }), warnings: [] };
}

function fail(message: string): never {
  throw new SystemError("ETEST", message);
}

describe("the watch", () => {
  test("reloads once what has changed is quiet, and looks at the files of the new configuration", async () => {
    const network = new MemoryNetwork();
    const { clock } = network.runtime;
    const watched = new Map<string, () => void>();
    let paths = ["/a.conf", "/b.conf"];
    let count = 0;
    const watch = new ConfigWatch({
      clock,
      files: {
        watch: (path, changed) => {
          watched.set(path, changed);
          return { close: () => void watched.delete(path) };
        },
      },
      paths: () => paths,
      reload: async () => {
        count += 1;
        paths = ["/b.conf", "/c.conf"];
      },
    });
    watched.get("/a.conf")?.();
    clock.advance(2_000);
    watched.get("/b.conf")?.();
    clock.advance(2_900);
    expect(count).toBe(0);
    clock.advance(200);
    await settle();
    expect(count).toBe(1);
    expect([...watched.keys()].sort()).toEqual(["/b.conf", "/c.conf"]);
    watched.get("/c.conf")?.();
    watch.close();
    clock.advance(10_000);
    expect(count).toBe(1);
    expect(watched.size).toBe(0);
  });

  test.each([
    [{ inotify_auto_reload: true, auto_reload_for_docker: false }, {}, true],
    [{ inotify_auto_reload: false }, {}, false],
    [{ in_docker: true }, {}, true],
    [{ in_docker: true, auto_reload_for_docker: false }, {}, false],
    [{}, { "/.dockerenv": "" }, true],
    [{}, { "/run/.containerenv": "" }, true],
    [{}, { "/proc/1/cgroup": "12:pids:/docker/0123\n" }, true],
    [{}, { "/proc/1/cgroup": "0::/init.scope\n" }, false],
    [{ auto_reload_for_docker: false }, { "/.dockerenv": "" }, false],
  ])("is wanted with %j and %j: %s", async (config, contents, isWanted) => {
    const { files } = new MemoryNetwork().runtime;
    for (const [path, text] of Object.entries(contents)) {
      await files.makeFolder(path.slice(0, Math.max(1, path.lastIndexOf("/"))));
      await files.write(path, text);
    }
    expect(await isWatchWanted(memoryConfig(config), files)).toBe(isWanted);
  });
});
