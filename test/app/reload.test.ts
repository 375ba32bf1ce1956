/**
 * Goal: a server takes on another configuration while it runs: live streams and those who are connected
 * at once, or from the next session on, as each setting says; nobody is disconnected who can be served,
 * and a configuration that cannot be had changes nothing.
 *
 * Method: the whole server in memory, reconfigured with publishers and players on it; and the whole
 * program, whose file is changed, by a signal and by its watch.
 */

import { describe, expect, onTestFinished, test, vi } from "vitest";
import { run } from "../../src/cli/run.ts";
import { MemoryNetwork, settle } from "../support/memory-network.ts";
import {
  API_PORT,
  type ConfigValue,
  defaultVhost,
  MemoryServer,
  memoryConfig,
} from "../support/memory-server.ts";

async function reload(server: MemoryServer, config: ConfigValue): Promise<void> {
  await server.finish(server.sluice.reconfigure(memoryConfig(config)));
}

/** Whether somebody listens there. */
async function isOpen(server: MemoryNetwork, port: number): Promise<boolean> {
  try {
    const wire = await server.open(port);
    wire.close();
    return true;
  } catch {
    return false;
  }
}

describe("ports", () => {
  test("new ones open, old ones close, and who came by them stays", async () => {
    const server = await MemoryServer.start({ listen: 1935 });
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const player = await server.play(server.rtmpUrl("live/show"));
    await reload(server, { listen: [1936, 1937], http_server: { enabled: true, listen: 8081 } });
    expect(await Promise.all([1935, 1936, 1937].map((port) => isOpen(server, port)))).toEqual([
      ...[false, true, true],
    ]);
    expect(await Promise.all([8080, 8081].map((port) => isOpen(server, port)))).toEqual([
      false,
      true,
    ]);
    await publisher.start();
    await server.advance(1_000);
    expect(player.isClosed).toBe(false);
    expect((await server.fetch("/live/show.flv", { port: 8081, method: "HEAD" })).status).toBe(200);
  });

  test("one that cannot be had changes nothing", async () => {
    const server = await MemoryServer.start({ max_connections: 5 });
    const { tcp } = server.runtime;
    await tcp.listen({ host: "0.0.0.0", port: 2000 }, () => undefined);
    await expect(
      reload(server, { listen: [1936, 2000], max_connections: 6, http_server: { enabled: false } }),
    ).rejects.toThrow("address already in use");
    expect(await Promise.all([1935, 1936, 8080].map((port) => isOpen(server, port)))).toEqual([
      ...[true, false, true],
    ]);
  });

  test("none are opened by a server that is stopping", async () => {
    const server = await MemoryServer.start({ listen: 1935 });
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const drained = server.sluice.drain();
    await settle();
    await expect(reload(server, { listen: 1936 })).rejects.toThrow("the server is stopping");
    expect(await isOpen(server, 1936)).toBe(false);
    await publisher.leave();
    await server.finish(drained);
  });

  test("one cannot be for another protocol while it is open", async () => {
    const server = await MemoryServer.start();
    await expect(reload(server, { listen: 8080, http_server: { enabled: false } })).rejects.toThrow(
      "Cannot change 0.0.0.0:8080 from http to rtmp",
    );
    expect(await isOpen(server, 1935)).toBe(true);
  });

  test("a port of HTTP serves something else from then on", async () => {
    const server = await MemoryServer.start({
      http_server: { enabled: true, listen: 8080 },
      http_api: { enabled: true, listen: 1985 },
    });
    const versions = async (port: number): Promise<number> =>
      (await server.fetch("/api/v1/summaries", { port })).status;
    expect(await versions(8080)).toBe(404);
    await reload(server, {
      http_server: { enabled: true, listen: 8080 },
      http_api: { enabled: true, listen: 8080 },
    });
    expect(await versions(8080)).toBe(200);
    expect(await isOpen(server, 1985)).toBe(false);
  });
});

describe("streams that run", () => {
  test("hold other queues and caches", async () => {
    const server = await MemoryServer.start();
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const report = async () => {
      const { text } = await server.fetch("/api/v1/streams/", { port: API_PORT });
      const { streams } = JSON.parse(text) as {
        streams: { sluice: { gop_cache: object; queue: object } }[];
      };
      return streams[0]?.sluice;
    };
    expect(await report()).toMatchObject({
      gop_cache: { enabled: true },
      queue: { ms_max: 30_000 },
    });
    await reload(server, defaultVhost({ play: { gop_cache: false, queue_length: 7 } }));
    expect(await report()).toMatchObject({
      gop_cache: { enabled: false, frames: 0 },
      queue: { ms_max: 7_000 },
    });
    await server.play(server.rtmpUrl("live/show"));
  });

  test("close their publishers after another time", async () => {
    const server = await MemoryServer.start();
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    await reload(server, defaultVhost({ publish: { normal_timeout: 60_000 } }));
    await server.advance(30_000);
    expect(publisher.isClosed).toBe(false);
  });

  test("are packaged in another way, or not any more", async () => {
    const packaging = (cmaf: ConfigValue): ConfigValue =>
      defaultVhost({
        cmaf: { on_demand: false, sessions: false, ...cmaf },
        hls: { enabled: false },
        publish: { normal_timeout: 600_000 },
      });
    const server = await MemoryServer.start(packaging({}));
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const status = async (path: string): Promise<number> => {
      const answer = server.fetch(path);
      for (let i = 0; i < 20; i++) {
        await publisher.send();
        await server.advance(1_000); // As long as it waits for a first segment.
      }
      return (await server.finish(answer)).status;
    };
    expect(await status("/live/show/video.m3u8")).toBe(503);
    await reload(server, packaging({ enabled: false }));
    expect(await status("/live/show/video.m3u8")).toBe(404);
    await reload(server, packaging({}));
    expect(await status("/live/show/video.m3u8")).toBe(503);
  });
});

describe("sessions", () => {
  test("of a vhost that is gone or disabled end, those of others stay", async () => {
    const vhosts = { __defaultVhost__: {}, "a.com": {}, "b.com": {} };
    const server = await MemoryServer.start({ vhosts });
    const names = ["__defaultVhost__", "a.com", "b.com"];
    const publishers = await Promise.all(
      names.map((name) => server.publish(server.rtmpUrl(`live/show?vhost=${name}`))),
    );
    await reload(server, { vhosts: { __defaultVhost__: {}, "a.com": { enabled: false } } });
    await settle();
    expect(publishers.map(({ isClosed }) => isClosed)).toEqual([false, true, true]);
    await expect(server.publish(server.rtmpUrl("live/x?vhost=a.com"))).rejects.toThrow("disabled");
    await expect(server.publish(server.rtmpUrl("live/x?vhost=b.com"))).resolves.toBeDefined();
  });

  test("are as many as may be from then on", async () => {
    const server = await MemoryServer.start({ max_connections: 100 });
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await reload(server, { max_connections: 1 });
    await expect(server.publish(server.rtmpUrl("live/other"))).rejects.toThrow();
    expect(publisher.isClosed).toBe(false);
    await reload(server, { max_connections: 10 });
    await expect(server.publish(server.rtmpUrl("live/other"))).resolves.toBeDefined();
  });

  test("by page of another origin, and of the API, are answered as is set", async () => {
    const server = await MemoryServer.start();
    const fields: [string, string][] = [["Origin", "http://other.example"]];
    const allowed = async (): Promise<boolean> =>
      (await server.fetch("/none", { fields })).head.fields.has("access-control-allow-origin");
    expect(await allowed()).toBe(true);
    const auth = { enabled: true, username: "a", password: "b" };
    await reload(server, {
      http_server: { enabled: true, crossdomain: false },
      http_api: { enabled: true, auth },
    });
    expect(await allowed()).toBe(false);
    expect((await server.fetch("/api/v1/summaries", { port: 1985 })).status).toBe(401);
  });
});

describe("the program", () => {
  const PATH = "/etc/sluice.yaml";

  async function start(text: string): Promise<MemoryNetwork> {
    const network = new MemoryNetwork({ arguments: ["-c", PATH] });
    const { host, files } = network.runtime;
    await files.makeFolder("/etc");
    await files.write(PATH, text);
    const exits: number[] = [];
    vi.spyOn(host, "exit").mockImplementation((code) => {
      exits.push(code);
      return undefined as never;
    });
    await run(network.runtime, { get: () => undefined });
    onTestFinished(async () => {
      host.raise("SIGINT");
      while (exits.length === 0) await network.advance(100);
    });
    return network;
  }

  function printed(network: MemoryNetwork): string {
    return network.runtime.host.printed.stdout;
  }

  test("reads its file anew by SIGHUP, from where it was started", async () => {
    const network = await start("listen: 1935\nwork_dir: /srv\n");
    await network.runtime.files.write(
      PATH,
      "listen: 1936\nwork_dir: /srv\nserver_id: vid-abcdefg\n",
    );
    network.runtime.host.raise("SIGHUP");
    await settle();
    expect(await isOpen(network, 1936)).toBe(true);
    expect(await isOpen(network, 1935)).toBe(false);
    expect(printed(network)).toContain('"changed":["listen"]');
    // What takes a restart is said to.
    expect(printed(network)).toMatch(/"changed":\["server_id"\].*restart to apply all changes/);
  });

  test("has what it is told while it starts when it has started", async () => {
    const network = new MemoryNetwork({ arguments: ["-c", PATH] });
    const { host, files, tcp } = network.runtime;
    await files.makeFolder("/etc");
    await files.write(PATH, "listen: 1935\ninotify_auto_reload: true\n");
    const ended = Promise.withResolvers<void>();
    vi.spyOn(host, "exit").mockImplementation(() => ended.resolve() as never);
    const gate = Promise.withResolvers<void>();
    const listen = tcp.listen.bind(tcp);
    vi.spyOn(tcp, "listen").mockImplementation(async (...given) => {
      await gate.promise;
      return listen(...given);
    });
    const starting = run(network.runtime, { get: () => undefined });
    await settle();
    await files.write(PATH, "listen: 1936\ninotify_auto_reload: true\n");
    host.raise("SIGHUP");
    await settle();
    await files.write(PATH, "listen: 1937\ninotify_auto_reload: true\n"); // Seen by the watch.
    gate.resolve();
    await starting;
    await settle();
    expect(await isOpen(network, 1936)).toBe(true);
    await network.advance(4_000);
    expect(await isOpen(network, 1937)).toBe(true);
    expect(printed(network)).not.toContain("not reloaded");
    host.raise("SIGINT");
    await network.finish(ended.promise);
  });

  test("goes on as before where the file is broken, and says why", async () => {
    const network = await start("listen: 1935\n");
    for (const text of ["listen: [", "lisen: 1936\n", "listen: 1936\nlisten: 1937\n"]) {
      await network.runtime.files.write(PATH, text);
      network.runtime.host.raise("SIGHUP");
      await settle();
      expect(await isOpen(network, 1935)).toBe(true);
    }
    expect(printed(network)).toContain("configuration not reloaded");
    expect(printed(network)).toContain("did you mean");
    await network.runtime.files.write(PATH, "listen: 1936\n");
    network.runtime.host.raise("SIGHUP");
    await settle();
    expect(await isOpen(network, 1936)).toBe(true);
  });
});
