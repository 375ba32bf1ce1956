/**
 * Goal: HDS is had from the server's folder as it is from SRS's, by everybody who may have it and by
 * nobody else; and a reload switches it on, moves it and takes it away without touching the stream.
 *
 * Method: the whole server in memory; a publisher sends a key frame a second.
 */

import { expect, test } from "vitest";
import { readBootstrap, readHdsFragment } from "../support/hds.ts";
import { KEY_FRAME, type MemoryRtmpPeer } from "../support/memory-network.ts";
import { type ConfigValue, MemoryServer, memoryConfig } from "../support/memory-server.ts";

const MANIFEST = "/live/show.f4m";
const BOOTSTRAP = "/live/show.abst";

/** What the server writes where it is asked for nothing else. */
const NOTHING_ELSE = {
  hls: { enabled: false },
  cmaf: { enabled: false },
  dash: { enabled: false },
};

function configOf(hds: ConfigValue, more: ConfigValue = {}): ConfigValue {
  const settings = { enabled: true, hds_fragment: 2, hds_window: 20, hds_path: "/www", ...hds };
  return {
    http_server: { enabled: true, dir: "/www" },
    vhosts: { __defaultVhost__: { ...NOTHING_ELSE, hds: settings, ...more } },
  };
}

async function publish(server: MemoryServer): Promise<MemoryRtmpPeer> {
  const publisher = await server.publish(server.rtmpUrl("live/show"));
  await publisher.start();
  return publisher;
}

async function send(
  server: MemoryServer,
  publisher: MemoryRtmpPeer,
  seconds: number,
): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    await publisher.send(KEY_FRAME, 1_000);
    await server.advance(1_000);
  }
}

async function list(server: MemoryServer, folder: string): Promise<string[]> {
  const { files } = server.runtime;
  return (await files.stat(folder)) === undefined ? [] : (await files.list(folder)).toSorted();
}

function numbersIn(server: MemoryServer, path: string): number[] {
  const { runs } = readBootstrap(server.runtime.files.contentOf(path));
  return runs.filter(({ durationMs }) => durationMs > 0).map(({ first }) => first);
}

test("files are served with the types that players expect", async () => {
  const server = await MemoryServer.start(configOf({}));
  const publisher = await publish(server);
  await send(server, publisher, 8);
  for (const [path, mediaType, cacheControl] of [
    [MANIFEST, "application/f4m+xml", "no-cache"],
    [BOOTSTRAP, "video/abst", "no-cache"],
    ["/live/showSeg1-Frag2", "video/f4f", "max-age=10"],
  ] as const) {
    const { status, head } = await server.finish(server.fetch(path));
    expect(status, path).toBe(200);
    expect(head.fields.get("content-type")).toBe(mediaType);
    expect(head.fields.get("cache-control")).toBe(cacheControl);
  }
  const tags = readHdsFragment(server.runtime.files.contentOf("/www/live/showSeg1-Frag2"));
  expect(tags.slice(0, 3).map(({ body }) => [body[0], body[1]])).toEqual([
    [0x17, 0],
    [0xaf, 0],
    [0x17, 1],
  ]);
});

test("where playing takes a token nobody gets them as files", async () => {
  const token = { play: true, sign_secrets: "a secret of some length" };
  const server = await MemoryServer.start(configOf({}, { token }));
  const publisher = await publish(server);
  await send(server, publisher, 8);
  const names = await list(server, "/www/live");
  expect(names.length).toBeGreaterThan(4);
  for (const name of names) {
    const { status } = await server.finish(server.fetch(`/live/${name}?vhost=other.example`));
    expect(status, name).toBe(404);
  }
});

test("a reload switches it on, moves it, and takes it away, and the stream goes on", async () => {
  const server = await MemoryServer.start(configOf({ enabled: false }));
  const reload = (hds: ConfigValue): Promise<void> =>
    server.finish(server.sluice.reconfigure(memoryConfig(configOf(hds))));
  const publisher = await publish(server);
  const player = await server.play(server.rtmpUrl("live/show"));
  await send(server, publisher, 5);
  expect(await list(server, "/www/live")).toEqual([]);

  await reload({});
  await send(server, publisher, 7);
  expect(numbersIn(server, "/www/live/show.abst")).toEqual([1, 2, 3]);

  await reload({ hds_fragment: 4, hds_path: "/www/old" });
  await send(server, publisher, 9);
  expect(await list(server, "/www/live")).toEqual([]);
  // The numbers do not go back, so that no player takes a new fragment for one that it has had.
  const numbers = numbersIn(server, "/www/old/live/show.abst");
  expect(numbers.length).toBe(2);
  expect(numbers[0]).toBeGreaterThan(3);
  const { runs } = readBootstrap(server.runtime.files.contentOf("/www/old/live/show.abst"));
  expect(runs.at(-1)?.durationMs).toBe(4_000);

  await reload({ enabled: false });
  await send(server, publisher, 5);
  expect(await list(server, "/www/old/live")).toEqual([]);
  const before = player.count("video");
  await send(server, publisher, 1);
  expect(player.count("video")).toBe(before + 1);
  expect([publisher.isClosed, player.isClosed]).toEqual([false, false]);
});
