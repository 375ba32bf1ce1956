/**
 * Goal: what streams leave on disk is not for everybody where their viewers are asked who they are: by
 * no path, no vhost and no link, also when the stream has long ended; and what else lies there is
 * served as ever.
 *
 * Method: the whole server in memory over a folder with the files that a server before it has left; a
 * table of ways to ask. Links are those of a real folder.
 */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GuardedFiles } from "../../src/app/guarded-files.ts";
import type { Config } from "../../src/config/config.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import { StaticFiles } from "../../src/servers/http/static-files.ts";
import { createRequest, get } from "../support/http-text.ts";
import { KEY_FRAME } from "../support/memory-network.ts";
import { type ConfigValue, MemoryServer, memoryConfig } from "../support/memory-server.ts";

const TS = { hls_storage: "disk", hls_keys: true };
const PACKAGED: ConfigValue = {
  hls: { ...TS, hls_path: "/www" },
  cmaf: { storage: "both", path: "/www" },
  dash: { enabled: true, dash_storage: "both", dash_path: "/www" },
  hds: { enabled: true, hds_path: "/www" },
};
const LEFT = [
  "/live/show/ts.m3u8",
  "/live/show/1767225600000-7.ts",
  "/live/show/1767225600000-7.key",
  "/live/show.m3u8",
  "/live/show/video.m3u8",
  "/live/show/video-mi8k2j4x-init0.mp4",
  "/live/show/video-mi8k2j4x-158778720000000.m4s",
  "/live/show.mpd",
  "/live/show.f4m",
  "/live/show.abst",
  "/live/showSeg1-Frag12",
  "/a/longer/app/show/1767225600000-7.ts",
];
const UNFINISHED = [
  "/live/show/ts.m3u8.tmp",
  "/live/show/1767225600000-7.ts.tmp",
  "/live/show.abst.tmp",
  "/live/showSeg1-Frag13.tmp",
];
const OTHERS = [
  "/index.html",
  "/film.mp4",
  "/live/show.flv",
  "/live/show.mp4",
  "/live/show/poster.jpg",
  "/live/showSeg1-Frag",
  "/films/subtitles.vtt",
];

const TOKENS: ConfigValue = { token: { play: true, sign_secrets: "a secret of some length" } };
/** Who asks players in other ways, as SRS does. */
const RULES: [string, ConfigValue][] = [
  ["addresses", { security: { enabled: true, allow: ["play 10.0.0.0/8"] } }],
  ["pages", { refer: { enabled: true, http: true, all: [".good.com"] } }],
  ["a backend", { http_hooks: { enabled: true, on_play: ["http://127.0.0.1:1/"] } }],
];

function start(vhosts: ConfigValue, paths: readonly string[], dir = "/www"): Promise<MemoryServer> {
  const files = Object.fromEntries(paths.map((path) => [`${dir}${path}`, `file ${path}`]));
  return MemoryServer.start({ http_server: { enabled: true, dir: "/www" }, vhosts }, { files });
}

/** The files that can be had, by the vhost that is asked for. */
async function found(
  server: MemoryServer,
  paths: readonly string[],
  query = "?vhost=open.example",
): Promise<string[]> {
  const answers = await Promise.all(
    paths.map(async (path) => {
      const { status, text } = await server.fetch(`${path}${query}`);
      return status === 200 && text.startsWith("file ") ? path : undefined;
    }),
  );
  return answers.filter((path) => path !== undefined);
}

function reload(server: MemoryServer, config: Config): Promise<void> {
  return server.finish(server.sluice.reconfigure(config));
}

/** Nobody waits there for a stream of the name of a segment. */
const OPEN = { hls: { enabled: false }, cmaf: { enabled: false }, http_remux: { enabled: false } };

describe("where players are asked for tokens", () => {
  const vhosts = {
    __defaultVhost__: { ...PACKAGED, ...TOKENS, http_remux: { enabled: false } },
    "open.example": OPEN,
  };

  test.each([
    "?vhost=open.example",
    "?domain=open.example",
    "?%76host=open.example",
    "?vhost=unknown.example",
    "",
  ])("nobody gets what streams have left on disk by %j", async (query) => {
    const server = await start(vhosts, [...LEFT, ...UNFINISHED, ...OTHERS]);
    expect(await found(server, [...LEFT, ...UNFINISHED], query)).toEqual([]);
    expect(await found(server, OTHERS, query)).toEqual(OTHERS);
  });

  test("nor by the host, nor by another way to write the path", async () => {
    const server = await start(vhosts, LEFT);
    const fields: [string, string][] = [["Host", "open.example"]];
    for (const path of [
      "/live/show/ts.m3u8",
      "/live/./x/../show/t%73.m3u8",
      "//live/show/ts.m3u8",
    ]) {
      const { text } = await server.fetch(path, { fields });
      expect(text).not.toContain("file ");
    }
  });
});

describe("what guards nobody", () => {
  test.each<[string, ConfigValue]>([["no rule", {}], ...RULES])(
    "leaves files to all, as SRS does: %s",
    async (_, rules) => {
      const server = await start(
        { __defaultVhost__: { ...PACKAGED, ...rules }, "open.example": OPEN },
        LEFT,
      );
      expect(await found(server, LEFT)).toEqual(LEFT);
    },
  );

  test("is not that HLS has no sessions of its own", async () => {
    const hls = { ...TS, hls_path: "/www", hls_ctx: false };
    const server = await start({ __defaultVhost__: { ...TOKENS, hls } }, LEFT);
    expect(await found(server, LEFT.slice(0, 3))).toEqual([]);
  });

  test("is storage in memory", async () => {
    const server = await start({ __defaultVhost__: { ...TOKENS } }, LEFT);
    expect(await found(server, LEFT)).toEqual(LEFT);
  });
});

describe("folders", () => {
  const hls = (folder: string, more: ConfigValue = {}): ConfigValue => ({
    hls: { ...TS, hls_path: folder, ...more },
  });
  const POSTER = "/live/show/poster.jpg";

  test("of the streams' own are closed as a whole", async () => {
    const server = await start({ __defaultVhost__: { ...TOKENS, ...hls("/www/own") } }, [
      ...["/own/live/show/ts.m3u8", `/own${POSTER}`, "/ownership.txt", "/live/show/ts.m3u8"],
    ]);
    const all = ["/own/live/show/ts.m3u8", `/own${POSTER}`, "/ownership.txt", "/live/show/ts.m3u8"];
    expect(await found(server, all)).toEqual(all.slice(2));
  });

  test("may be the beginning of names", async () => {
    const names = {
      hls_m3u8_file: "own/[app]/[stream].m3u8",
      hls_ts_file: "own/[app]/[stream]-[seq].ts",
    };
    const server = await start({ __defaultVhost__: { ...TOKENS, ...hls("/www", names) } }, [
      ...["/own/live/show.m3u8", "/own/poster.jpg", "/live/show.m3u8"],
    ]);
    const all = ["/own/live/show.m3u8", "/own/poster.jpg", "/live/show.m3u8"];
    expect(await found(server, all)).toEqual(all.slice(2));
  });

  test("that another vhost has too are told apart by its name, if that is in theirs", async () => {
    const names = {
      hls_m3u8_file: "[vhost]/[app]/[stream].m3u8",
      hls_ts_file: "[vhost]/[app]/[stream]-[seq].ts",
    };
    const vhosts = {
      __defaultVhost__: { ...TOKENS, ...hls("/www/own", names) },
      "open.example": hls("/www/own", names),
    };
    const all = ["/own/__defaultVhost__/live/show-1.ts", "/own/open.example/live/show-1.ts"];
    const server = await start(vhosts, all);
    expect(await found(server, all)).toEqual(all.slice(1));
  });

  test("are closed too where another vhost serves them as its own files", async () => {
    const mount = { enabled: true, mount: "[vhost]/files", dir: "/elsewhere/hls" };
    const vhosts = {
      __defaultVhost__: { ...TOKENS, ...hls("/elsewhere/hls") },
      "open.example": { http_static: mount },
    };
    const server = await start(vhosts, ["/live/show/ts.m3u8", POSTER], "/elsewhere/hls");
    const all = ["/files/live/show/ts.m3u8", `/files${POSTER}`];
    expect(await found(server, all)).toEqual(all.slice(1));
  });
});

describe("a reload", () => {
  const { hls } = PACKAGED as { readonly hls: ConfigValue };

  test.each<[string, ConfigValue]>([
    ["disables the vhost", { "guarded.example": { ...TOKENS, hls, enabled: false } }],
    ["packages no more", { "guarded.example": { ...TOKENS, hls: { enabled: false } } }],
    ["packages elsewhere", { "guarded.example": { ...TOKENS, hls: { ...hls, hls_path: "/x" } } }],
    [
      "names files in another way",
      { "guarded.example": { ...TOKENS, hls: { ...hls, hls_ts_file: "[stream]/[seq].ts" } } },
    ],
    ["has the vhost no more", { "open.example": OPEN }],
  ])("that %s opens nothing", async (_, vhosts) => {
    const left = LEFT.slice(0, 3);
    const before = { "guarded.example": { ...TOKENS, hls }, "open.example": OPEN };
    const server = await start(before, left);
    await reload(
      server,
      memoryConfig({
        http_server: { enabled: true, dir: "/www" },
        vhosts: { "open.example": OPEN, ...vhosts },
      }),
    );
    expect(await found(server, left)).toEqual([]);
  });

  test("that lets everybody play opens all", async () => {
    const left = LEFT.slice(0, 3);
    const server = await start(
      { "guarded.example": { ...TOKENS, hls }, "open.example": OPEN },
      left,
    );
    expect(await found(server, left)).toEqual([]);
    await reload(
      server,
      memoryConfig({
        http_server: { enabled: true, dir: "/www" },
        vhosts: { "guarded.example": { hls }, "open.example": OPEN },
      }),
    );
    expect(await found(server, left)).toEqual(left);
  });
});

describe("links", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "guarded-files-"));
    const file = (path: string): void => {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), "file");
    };
    for (const path of ["www/own/live/a.m3u8", "www/disk/live/a.m3u8", "www/live/a.txt"])
      file(path);
    symlinkSync(join(folder, "www/own"), join(folder, "www/alias"));
    symlinkSync(join(folder, "www/own/live/a.m3u8"), join(folder, "www/harmless.txt"));
    symlinkSync(join(folder, "www/disk"), join(folder, "www/linked"));
    symlinkSync(join(folder, "www"), join(folder, "root"));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  async function statuses(hlsPath: string, dir: string, paths: readonly string[]) {
    const { files, clock } = await createRuntime();
    const guard = new GuardedFiles({ files, clock });
    const http_server = { enabled: true, dir: join(folder, dir) };
    const hls = {
      ...TS,
      hls_path: join(folder, hlsPath),
      hls_m3u8_file: "live/[app]/[stream].m3u8",
    };
    guard.configure(
      memoryConfig({ http_server, vhosts: { __defaultVhost__: { ...TOKENS, hls } } }),
    );
    const served = new StaticFiles(files, join(folder, dir), clock, guard);
    const answers = await Promise.all(
      paths.map((path) => served.serve(createRequest(get(path)), path)),
    );
    return answers.map((answer) => answer?.status);
  }

  test.each(["www", "root"])("to a closed folder or file lead nowhere, in %s", async (dir) => {
    const paths = ["/own/live/a.m3u8", "/alias/live/a.m3u8", "/harmless.txt", "/live/a.txt"];
    expect(await statuses("www/own", dir, paths)).toEqual([undefined, undefined, undefined, 200]);
  });

  test("that the folder is leave no way around it", async () => {
    const paths = ["/linked/live/a.m3u8", "/disk/live/a.m3u8", "/live/a.txt"];
    expect(await statuses("www/linked", "www", paths)).toEqual([undefined, undefined, 200]);
  });
});

test("recordings of a vhost with tokens are none either, complete or not", async () => {
  const dvr = { enabled: true, dvr_path: "/www/[vhost]/[stream].[timestamp].mp4" };
  const vhost = {
    publish: { grace_ms: 0 },
    hls: { enabled: false },
    cmaf: { enabled: false },
    dvr,
  };
  const server = await MemoryServer.start({
    http_server: { enabled: true, dir: "/www" },
    vhosts: {
      "closed.example": { ...vhost, ...TOKENS },
      "open.example": vhost,
    },
  });
  for (const name of ["closed.example", "open.example"]) {
    const publisher = await server.publish(`rtmp://127.0.0.1/live/show?vhost=${name}`);
    await publisher.start();
    for (let second = 0; second < 3; second++) {
      await publisher.send(KEY_FRAME, 1_000);
      await server.advance(1_000);
    }
    const status = name === "open.example" ? 200 : 404;
    const statusOf = async (path: string): Promise<number> =>
      (await server.finish(server.fetch(`${path}?vhost=open.example`))).status;
    const [unfinished = ""] = await server.runtime.files.list(`/www/${name}`);
    expect(unfinished).toMatch(/\.mp4\.tmp$/);
    expect(await statusOf(`/${name}/${unfinished}`)).toBe(status);
    await publisher.leave();
    await server.advance(1_000);
    const [complete = ""] = await server.runtime.files.list(`/www/${name}`);
    expect(complete).toMatch(/\d\.mp4$/);
    expect(await statusOf(`/${name}/${complete}`)).toBe(status);
    expect(await statusOf("/.dvr/recordings.jsonl")).toBe(404);
  }
});
