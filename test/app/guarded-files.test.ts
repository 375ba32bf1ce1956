/**
 * Goal: what a vhost with tokens has put on disk is not to be had as files, by whichever vhost, path or
 * link, while its stream is there and afterwards; other files in the same folder are.
 *
 * Method: the whole server in memory, which writes below the folder of all files; a signed URL lets the
 * viewer in who shows what there is.
 */

import { describe, expect, test } from "vitest";
import { signedParameters } from "../../src/services/access/signed-url.ts";
import { KEY_FRAME } from "../support/memory-network.ts";
import { type ConfigValue, MemoryServer } from "../support/memory-server.ts";

const SECRET = "0123456789abcdef-secret";
const DISK: ConfigValue = {
  publish: { grace_ms: 0 },
  hls: {
    hls_path: "/www",
    hls_storage: "both",
    hls_fragment: 2,
    hls_on_demand: false,
    hls_keys: true,
  },
  cmaf: { path: "/www", storage: "both", on_demand: false, segment_duration: 2 },
  dash: { dash_path: "/www", dash_storage: "both", enabled: true },
};
const FILES = {
  "/www/index.html": "front",
  "/www/vod/film.mp4": "film",
  "/www/vod/show/part.m4s": "part",
  "/www/pictures/a.png": "png",
};

async function start(): Promise<MemoryServer> {
  return MemoryServer.start(
    {
      http_server: { enabled: true, dir: "/www" },
      vhosts: {
        "closed.example": { ...DISK, token: { play: true, sign_secrets: SECRET } },
        "open.example": DISK,
      },
    },
    { files: FILES },
  );
}

/** Publishes for long enough that there are files of each kind, and tells their paths. */
async function publish(server: MemoryServer, vhost: string): Promise<string[]> {
  const publisher = await server.publish(`rtmp://127.0.0.1/live/show?vhost=${vhost}`);
  await publisher.start();
  for (let second = 0; second < 10; second++) {
    await publisher.send(KEY_FRAME, 1_000);
    await server.advance(1_000);
  }
  const names = await listAll(server, "/www");
  return names.filter((name) => !Object.keys(FILES).includes(`/www${name}`));
}

async function listAll(server: MemoryServer, folder: string, prefix = ""): Promise<string[]> {
  const { files } = server.runtime;
  const names = await files.list(`${folder}${prefix}`);
  const all = names.map(async (name) => {
    const path = `${prefix}/${name}`;
    const stat = await files.stat(`${folder}${path}`);
    return stat?.isFolder === true ? listAll(server, folder, path) : [path];
  });
  return (await Promise.all(all)).flat();
}

async function statuses(
  server: MemoryServer,
  paths: readonly string[],
  vhost: string,
): Promise<Record<number, string[]>> {
  const found: Record<number, string[]> = {};
  for (const path of paths) {
    const { status } = await server.fetch(`${path}?vhost=${vhost}`);
    found[status] = [...(found[status] ?? []), path];
  }
  return found;
}

describe("files of a vhost with tokens", () => {
  test("are none for who names another vhost, or none", async () => {
    const server = await start();
    const paths = await publish(server, "closed.example");
    const kinds = new Set(paths.map((path) => path.replace(/^.*\./, "")));
    expect([...kinds].sort()).toEqual(["key", "m3u8", "m4s", "mp4", "mpd", "ts"]);
    for (const vhost of ["open.example", "unknown.example", "__defaultVhost__"]) {
      expect(await statuses(server, paths, vhost), vhost).toEqual({ 404: paths });
    }
    const own = await statuses(server, paths, "closed.example");
    expect(own[200]).toBeUndefined();
  });

  test("are none when the stream is over, and after a restart of the server", async () => {
    const server = await start();
    const paths = await publish(server, "closed.example");
    const contents = await Promise.all(
      paths.map(async (path) => [path, await server.runtime.files.read(`/www${path}`)] as const),
    );
    const later = await start();
    for (const [path, bytes] of contents) {
      await later.runtime.files.makeFolder(`/www${path.slice(0, path.lastIndexOf("/"))}`);
      await later.runtime.files.write(`/www${path}`, bytes);
    }
    for (const vhost of ["closed.example", "open.example"]) {
      expect((await statuses(later, paths, vhost))[200], vhost).toBeUndefined();
    }
  });

  test("are had by who is let in", async () => {
    const server = await start();
    await publish(server, "closed.example");
    const { crypto, clock } = server.runtime;
    const expires = Math.floor(clock.wallMs() / 1_000) + 60;
    const grant = { action: "play", streamUrl: "closed.example/live/show", expires } as const;
    const query = `vhost=closed.example&${signedParameters(grant, SECRET, crypto)}`;
    const entry = await server.fetch(`/live/show.m3u8?${query}`);
    expect(entry.status).toBe(200);
  });
});

test("other files in the folder are files", async () => {
  const server = await start();
  await publish(server, "closed.example");
  const paths = Object.keys(FILES).map((path) => path.slice("/www".length));
  expect(await statuses(server, paths, "open.example")).toEqual({ 200: paths });
});

test("files of a vhost without tokens are files, as in SRS", async () => {
  const server = await MemoryServer.start(
    { http_server: { enabled: true, dir: "/www" }, vhosts: { "open.example": DISK, other: {} } },
    { files: FILES },
  );
  const paths = await publish(server, "open.example");
  expect(await statuses(server, paths, "other")).toEqual({ 200: paths });
});
