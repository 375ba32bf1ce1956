/**
 * Goal: each HTTP port answers what it is there for, in SRS's way where players, pages and scripts
 * depend on it: the API, streams, a vhost's files, the server's files, the pages of the program.
 *
 * Method: the whole server in memory, with files and pages that can be told apart, asked over HTTP.
 */

import { describe, expect, test } from "vitest";
import { RefusedError } from "../../src/base/errors.ts";
import { VERSION } from "../../src/base/version.ts";
import { MemoryParts } from "../support/memory-parts.ts";
import {
  API_PORT,
  type ConfigValue,
  HTTP_PORT,
  MemoryServer,
  memoryConfig,
} from "../support/memory-server.ts";

const FILES = { "/www/index.html": "own front", "/www/a.txt": "a", "/vhost/b.txt": "b" };
const ASSETS = { "/index.html": "built-in front", "/player.js": "built-in player" };

function start(config: ConfigValue = {}): Promise<MemoryServer> {
  const http = { enabled: true, dir: "/www", ...(config["http_server"] as object) };
  return MemoryServer.start({ ...config, http_server: http }, { files: FILES, assets: ASSETS });
}

const VERSIONS = "/api/v1/versions";
const ORIGIN = { fields: [["Origin", "http://page.example.com"]] } as const;
const NOT_FOUND = (path: string) => ({
  status: 404,
  text: `{"code":404,"message":"Cannot find \\"${path}\\""}`,
});

describe("ports", () => {
  test("of their own: the API has no pages, the streams' port says which server this is", async () => {
    const server = await start();
    for (const port of [HTTP_PORT, API_PORT]) {
      const { status, text } = await server.fetch(VERSIONS, { port });
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({ code: 0, pid: "4242", data: { version: VERSION } });
    }
    // As in SRS, what is not there is answered by what is.
    for (const unknown of ["/", "/index.html", "/live/a.flv", "/console"]) {
      const { status, text } = await server.fetch(unknown, { port: API_PORT });
      if (unknown === "/console") expect(status).toBe(302);
      else expect(JSON.parse(text)).toMatchObject({ code: 0, urls: { api: expect.any(String) } });
    }
    const path = "/api/v1/nothing";
    expect(await server.fetch(path)).toMatchObject(NOT_FOUND(path));
  });

  test("that are the same: one listener for API, streams, files and pages", async () => {
    const server = await start({ http_api: { enabled: true, listen: HTTP_PORT } });
    expect(server.events("listening").map(({ port, serves }) => [port, serves])).toEqual([
      [1935, undefined],
      [HTTP_PORT, ["streams", "api"]],
    ]);
    expect((await server.fetch(VERSIONS)).status).toBe(200);
    const nothing = await server.fetch("/api/v1/nothing");
    expect(JSON.parse(nothing.text)).toMatchObject({
      code: 0,
      urls: { streams: expect.any(String) },
    });
    expect((await server.fetch("/api")).head.fields.get("location")).toBe("/api/");
    expect(await server.fetch("/")).toMatchObject({ status: 200, text: "own front" });
    await (await server.publish(server.rtmpUrl("live/show"))).start();
    const viewer = await server.watch(server.httpUrl("/live/show.flv"));
    expect(viewer.count(9)).toBeGreaterThan(0);
    expect(server.sluice.urls).toEqual({
      watch: "http://localhost:8080/",
      publish: "rtmp://localhost/live/livestream",
      api: "http://localhost:8080/api/v1/versions",
    });
  });

  test("of the API have the console's page, where the server's folder has one, and no other file", async () => {
    const server = await start();
    await server.putFile("/www/console/index.html", "console");
    for (const port of [API_PORT, HTTP_PORT]) {
      expect(await server.fetch("/console/", { port })).toMatchObject({ text: "console" });
    }
    const moved = await server.fetch("/console", { port: API_PORT });
    expect([moved.status, moved.head.fields.get("location")]).toEqual([302, "/console/"]);
    const { status } = await server.fetch("/console/none.js", { port: API_PORT });
    expect(status).toBe(404);
    expect((await server.fetch("/a.txt", { port: API_PORT })).text).not.toBe("a");
  });

  test("of the API have the program's console, where the folder has none; others have it not", async () => {
    const assets = {
      "/console/index.html": "built-in console",
      "/console/console.js": "built-in script",
    };
    const http = { enabled: true, dir: "/www", listen: [HTTP_PORT, 8081] };
    const config = { http_server: http, http_api: { enabled: true, listen: [API_PORT, 8081] } };
    const server = await MemoryServer.start(config, { files: FILES, assets });
    for (const port of [API_PORT, 8081]) {
      const page = await server.fetch("/console/", { port });
      expect(page).toMatchObject({ status: 200, text: "built-in console" });
      expect(page.head.fields.get("content-security-policy")).toBe("frame-ancestors 'none'");
      const moved = await server.fetch("/console", { port });
      expect([moved.status, moved.head.fields.get("location")]).toEqual([302, "/console/"]);
    }
    expect((await server.fetch("/console/")).status).toBe(404);

    await server.putFile("/www/console/index.html", "own console");
    await server.advance(2_000); // For so long it may be taken for missing.
    expect((await server.fetch("/console/", { port: API_PORT })).text).toBe("own console");
    const script = await server.fetch("/console/console.js", { port: API_PORT });
    expect(script.text).toBe("built-in script");
  });

  test("of the API have no console of the program's without its pages", async () => {
    const assets = { "/console/index.html": "built-in console" };
    const http = { enabled: true, dir: "/www", page: false };
    const server = await MemoryServer.start({ http_server: http }, { assets });
    expect((await server.fetch("/console/", { port: API_PORT })).status).toBe(404);
    const { text } = await server.fetch("/api/v1/summaries", { port: API_PORT });
    expect(JSON.parse(text).data.sluice).toEqual({ pages: { http: [], https: [] } });
  });

  test("of the exporter have the metrics alone", async () => {
    const server = await start({ exporter: { listen: 9972 } });
    const { status, text } = await server.fetch("/metrics", { port: 9972 });
    expect(status).toBe(200);
    expect(text).toContain("\nsrs_streams 0\n");
    expect((await server.fetch("/", { port: 9972 })).status).toBe(200);
    for (const path of ["/a.txt", "/api/v1/streams/", "/live/a.flv", "/index.html"]) {
      expect((await server.fetch(path, { port: 9972 })).status, path).toBe(404);
    }
    expect(server.events("listening").at(-1)).toMatchObject({
      serves: ["exporter"],
      apiFor: "this_machine",
    });
  });

  test("of streams may have the metrics too", async () => {
    const server = await start({ exporter: { listen: HTTP_PORT } });
    expect((await server.fetch("/metrics")).text).toContain("\nsrs_streams 0\n");
    expect(await server.fetch("/")).toMatchObject({ text: "own front" });
    expect((await server.fetch("/api/v1/streams/")).status).toBe(404);
  });

  test("that are off do not listen", async () => {
    const server = await MemoryServer.start({
      http_server: { enabled: false },
      http_api: { enabled: false },
    });
    expect(server.events("listening").map(({ port }) => port)).toEqual([1935]);
    await expect(server.open(HTTP_PORT)).rejects.toThrow("ECONNREFUSED");
    await expect(server.open(API_PORT)).rejects.toThrow("ECONNREFUSED");
    expect(server.sluice.urls).toMatchObject({ watch: undefined, api: undefined });
  });

  test("may be several", async () => {
    const server = await start({
      listen: [1935, "127.0.0.1:1936"],
      http_server: { listen: ["127.0.0.1:80", "[::]:8081"] },
    });
    for (const port of [80, 8081]) expect((await server.fetch("/", { port })).status).toBe(200);
    await expect(server.publish("rtmp://a:1936/live/show")).resolves.toBeDefined();
    expect(server.sluice.urls.watch).toBe("http://127.0.0.1/");
  });
});

describe("files", () => {
  test("of the document root beat the program's own pages", async () => {
    const server = await start();
    expect(await server.fetch("/")).toMatchObject({ status: 200, text: "own front" });
    expect(await server.fetch("/a.txt")).toMatchObject({ status: 200, text: "a" });
    expect(await server.fetch("/player.js")).toMatchObject({ text: "built-in player" });
  });

  test("page: off leaves the document root alone", async () => {
    const server = await start({ http_server: { page: false } });
    expect(await server.fetch("/")).toMatchObject({ status: 200, text: "own front" });
    expect(await server.fetch("/player.js")).toMatchObject(NOT_FOUND("/player.js"));
  });

  test("that are not there are so for a second, in proxies too", async () => {
    const server = await start();
    for (const path of ["/none.html", "/live/none.m3u8", "/live/none/1-2.ts"]) {
      const { status, head } = await server.fetch(path);
      expect([status, head.fields.get("cache-control")], path).toEqual([404, "public, max-age=1"]);
    }
  });

  test("of a vhost appear below its mount, for that vhost alone", async () => {
    const server = await start({
      vhosts: {
        __defaultVhost__: {},
        "a.com": { http_static: { enabled: true, mount: "[vhost]/files", dir: "/vhost" } },
      },
    });
    expect(await server.fetch("/files/b.txt", { host: "a.com" })).toMatchObject({ text: "b" });
    expect(await server.fetch("/files/b.txt?vhost=a.com")).toMatchObject({ text: "b" });
    expect(await server.fetch("/files/b.txt")).toMatchObject(NOT_FOUND("/files/b.txt"));
    // What it does not have may still be the server's.
    expect(await server.fetch("/a.txt", { host: "a.com" })).toMatchObject({ text: "a" });
  });

  test("of the default vhost are for all, and beat the document root", async () => {
    const server = await start({
      vhosts: { __defaultVhost__: { http_static: { enabled: true, dir: "/vhost" } } },
    });
    await server.putFile("/vhost/a.txt", "the vhost's a");
    expect(await server.fetch("/a.txt", { host: "b.com" })).toMatchObject({
      text: "the vhost's a",
    });
    expect(await server.fetch("/b.txt")).toMatchObject({ text: "b" });
  });

  test("of a vhost that is disabled are not served", async () => {
    const server = await start({
      vhosts: {
        __defaultVhost__: {},
        "a.com": { enabled: false, http_static: { enabled: true, dir: "/vhost" } },
      },
    });
    expect((await server.fetch("/b.txt", { host: "a.com" })).status).toBe(404);
  });

  test("are not sent to those who ask by POST", async () => {
    const server = await start();
    expect((await server.fetch("/a.txt", { method: "POST" })).status).not.toBe(200);
  });
});

describe("the ports that pages tell", () => {
  const ports = async (server: MemoryServer) => {
    const { head, text } = await server.fetch("/ports.json");
    expect(head.fields.get("cache-control")).toBe("no-cache");
    return JSON.parse(text) as unknown;
  };

  test("are those of the configuration, also after a reload", async () => {
    const server = await start({ listen: ["127.0.0.1:1936", 1937] });
    expect(await ports(server)).toEqual({ rtmp: 1937 });
    const http_server = { enabled: true, dir: "/www" };
    await server.finish(server.sluice.reconfigure(memoryConfig({ listen: 1938, http_server })));
    expect(await ports(server)).toEqual({ rtmp: 1938 });
  });

  test("are told where there are pages alone, and not in place of a file", async () => {
    const off = await start({ http_server: { page: false } });
    expect(await off.fetch("/ports.json")).toMatchObject(NOT_FOUND("/ports.json"));
    const own = await MemoryServer.start(
      { http_server: { enabled: true, dir: "/www" } },
      { files: { "/www/ports.json": "own" } },
    );
    expect((await own.fetch("/ports.json")).text).toBe("own");
  });
});

describe("HEAD", () => {
  test("gives a file's head without the file", async () => {
    const { status, head, text } = await (await start()).fetch("/a.txt", { method: "HEAD" });
    expect([status, head.fields.get("content-length"), text]).toEqual([200, "1", ""]);
  });

  test("of a stream tells players its kind at once, published or not", async () => {
    const server = await start();
    const { status, head } = await server.fetch("/live/show.flv", { method: "HEAD" });
    expect([status, head.fields.get("content-type")]).toEqual([200, "video/x-flv"]);
    expect(server.events("play started")).toEqual([]);
  });
});

describe("a stream", () => {
  test("is sent endless, not kept by caches, and readable for pages of others", async () => {
    const server = await start();
    await (await server.publish(server.rtmpUrl("live/show"))).start();
    const viewer = await server.watch(server.httpUrl("/live/show.flv"), [...ORIGIN.fields]);
    const fields = viewer.answerHead?.fields;
    expect(viewer.status).toBe(200);
    expect(fields?.get("content-type")).toBe("video/x-flv");
    expect(fields?.get("cache-control")).toBe("no-store");
    expect(fields?.get("connection")).toBe("close");
    expect(fields?.get("content-length")).toBeUndefined();
    expect(fields?.get("access-control-allow-origin")).toBe("*");
    expect(viewer.capture.bytes.subarray(0, 3).toString()).toBe("FLV");
  });

  test("is not taken by POST", async () => {
    const { status, head } = await (await start()).fetch("/live/a.flv", { method: "POST" });
    expect([status, head.fields.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("that does not come is answered by 404, readable for pages of others", async () => {
    const server = await start();
    const viewer = await server.watch(server.httpUrl("/live/no.flv"), [...ORIGIN.fields]);
    await server.advance(31_000);
    expect(viewer.status).toBe(404);
    expect(viewer.answerHead?.fields.get("access-control-allow-origin")).toBe("*");
    expect(viewer.answerHead?.fields.get("content-type")).toBe("application/json");
  });
});

describe("crossdomain", () => {
  const paths = [
    [HTTP_PORT, "/a.txt"],
    [HTTP_PORT, "/player.js"],
    [HTTP_PORT, "/nothing"],
    [HTTP_PORT, VERSIONS],
    [API_PORT, VERSIONS],
    [API_PORT, "/nothing"],
  ] as const;

  test.each(paths)("on: port %i answers %s to pages of others", async (port, path) => {
    const server = await start();
    const { head } = await server.fetch(path, { port, ...ORIGIN });
    expect(head.fields.get("access-control-allow-origin")).toBe("*");
    const own = await server.fetch(path, { port });
    expect(own.head.fields.has("access-control-allow-origin")).toBe(false);
    const preflight = await server.fetch(path, { port, method: "OPTIONS", ...ORIGIN });
    expect(preflight.status).toBe(200);
    expect(preflight.head.fields.get("access-control-allow-methods")).toBe("*");
  });

  test.each(paths)("off: port %i does not, for %s", async (port, path) => {
    const server = await start({ http_server: { crossdomain: false } });
    const { head } = await server.fetch(path, { port, ...ORIGIN });
    expect(head.fields.has("access-control-allow-origin")).toBe(false);
    expect((await server.fetch(path, { port, method: "OPTIONS" })).status).toBe(405);
  });

  test("on: lets a page see why its player was refused", async () => {
    const parts = await MemoryParts.start();
    parts.admission.refuse = () => new RefusedError("forbidden", "Cannot play: no token");
    const { status, head, text } = await parts.fetch("/live/show.flv", ORIGIN);
    expect([status, text]).toEqual([403, '{"code":403,"message":"Cannot play: no token"}']);
    expect(head.fields.get("access-control-allow-origin")).toBe("*");
  });

  test("off holds for streams too", async () => {
    const server = await start({ http_server: { crossdomain: false } });
    await (await server.publish(server.rtmpUrl("live/show"))).start();
    const viewer = await server.watch(server.httpUrl("/live/show.flv"), [...ORIGIN.fields]);
    expect(viewer.status).toBe(200);
    expect(viewer.answerHead?.fields.has("access-control-allow-origin")).toBe(false);
  });
});

describe("http_remux", () => {
  test("enabled: off serves no stream of that vhost", async () => {
    const server = await start({
      vhosts: { __defaultVhost__: {}, "a.com": { http_remux: { enabled: false } } },
    });
    expect((await server.fetch("/live/a.flv", { host: "a.com" })).status).toBe(404);
    expect((await server.fetch("/live/a.flv", { method: "HEAD" })).status).toBe(200);
  });

  test("mount says under which paths", async () => {
    const mount = "[vhost]/hdl/[stream].flv";
    const server = await start({ vhosts: { __defaultVhost__: { http_remux: { mount } } } });
    await (await server.publish(server.rtmpUrl("hdl/show"))).start();
    expect((await server.watch(server.httpUrl("/hdl/show.flv"))).count(9)).toBeGreaterThan(0);
    expect((await server.fetch("/live/show.flv")).status).toBe(404);
  });

  /** The flags of the FLV header, and how many tags of audio and of video come. */
  async function play(remux: ConfigValue, hasAudio: boolean) {
    const server = await start({ vhosts: { __defaultVhost__: { http_remux: remux } } });
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    if (hasAudio) await publisher.start();
    else await publisher.startVideo();
    await server.advance(2_000);
    const viewer = await server.watch(server.httpUrl("/live/show.flv"));
    await publisher.send();
    await server.advance(2_000);
    return [viewer.capture.bytes[4], viewer.count(8) > 0, viewer.count(9) > 0];
  }

  // The flags: 4 audio, 1 video (Adobe FLV 10.1, annex E.2).
  test.each([
    [{}, true, [5, true, true]],
    [{ has_audio: false }, true, [1, false, true]],
    [{ has_video: false }, true, [4, true, false]],
    // Sound comes later than the viewer: by default it was not announced, and is dropped.
    [{}, false, [1, false, true]],
    [{ drop_if_not_match: false }, false, [1, true, true]],
    [{ guess_has_av: false }, false, [5, true, true]],
  ])(
    "%j, sound from the start %s: flags, sound, pictures are %j",
    async (remux, hasAudio, seen) => {
      expect(await play(remux, hasAudio)).toEqual(seen);
    },
  );
});
