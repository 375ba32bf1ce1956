/**
 * Goal: whoever comes by whatever protocol is asked about and told of as SRS does it, in an order that
 * a backend can rely on, and each that has begun has one end.
 *
 * Method: the whole server in memory with a backend in memory beside it.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseRtmpUrl } from "../../src/protocols/rtmp/client-target.ts";
import { answer, type BackendRequest, HookBackend, NO, YES } from "../support/hook-backend.ts";
import { KEY_FRAME, type MemoryRtmpPeer, settle } from "../support/memory-network.ts";
import { type ConfigValue, defaultVhost, MemoryServer } from "../support/memory-server.ts";
import { MemoryWorkers } from "../support/memory-workers.ts";

const PORT = 8085;
const URL = `http://127.0.0.1:${PORT}/hooks`;
const PEM = { cert: "/tls/a.crt", key: "/tls/a.key" };

/** All but on_dvr, for which nothing can be raised yet. */
const HOOKS: ConfigValue = {
  enabled: true,
  on_connect: [URL],
  on_close: [URL],
  on_publish: [URL],
  on_unpublish: [URL],
  on_play: [URL],
  on_stop: [URL],
};

async function start(
  vhost: ConfigValue = {},
  more: ConfigValue = {},
): Promise<{ server: MemoryServer; backend: HookBackend }> {
  const backend = new HookBackend();
  const server = await MemoryServer.start(
    { ...defaultVhost({ http_hooks: HOOKS, publish: { grace_ms: 0 }, ...vhost }), ...more },
    {
      files: { [PEM.cert]: "certificate", [PEM.key]: "key" },
      prepare: async ({ runtime }) => void (await backend.listen(runtime.tcp, PORT)),
    },
  );
  return { server, backend };
}

const RTMP = "rtmp://127.0.0.1:1935/live/show?token=abc";

/** Publishes so long that packagers have something. */
async function publish(server: MemoryServer, url = RTMP): Promise<MemoryRtmpPeer> {
  const publisher = await server.publish(url);
  await publisher.start();
  await sendMore(server, publisher);
  return publisher;
}

/** Six seconds with a key frame in each. */
async function sendMore(server: MemoryServer, publisher: MemoryRtmpPeer): Promise<void> {
  for (let second = 0; second < 6; second++) {
    await publisher.send(KEY_FRAME, 1_000);
    await server.advance(1_000);
  }
}

describe("RTMP", () => {
  test.each([
    ["RTMP", RTMP, "rtmp://127.0.0.1/live"],
    ["RTMPS", "rtmps://127.0.0.1:2443/live/show?token=abc", "rtmps://127.0.0.1:2443/live"],
  ])("a publisher by %s", async (_, url, tcUrl) => {
    const { server, backend } = await start(
      {},
      { rtmps: { enabled: true, listen: 2_443, ...PEM } },
    );
    const publisher = await publish(server, url);
    const [connect, published] = backend.requests;
    expect(connect?.fields).toEqual({
      server_id: expect.stringMatching(/^vid-/),
      service_id: expect.stringMatching(/^[0-9a-z]{8}$/),
      action: "on_connect",
      client_id: expect.stringMatching(/^[0-9a-z]{8}$/),
      ip: "127.0.0.1",
      vhost: "__defaultVhost__",
      app: "live",
      stream: "show",
      param: "?token=abc",
      tcUrl,
      pageUrl: "",
    });
    expect(published?.fields).toMatchObject({ client_id: connect?.fields["client_id"], tcUrl });
    const { text } = await server.fetch("/api/v1/streams/", { port: 1985 });
    expect(JSON.parse(text).streams[0].id).toBe(published?.fields["stream_id"]);
    expect(backend.news()).toEqual(["on_connect show", "on_publish show"]);
    await publisher.leave();
    const [unpublished, closed] = backend.requests;
    expect(unpublished?.fields).toMatchObject({ action: "on_unpublish", param: "?token=abc" });
    const [client] = server.runtime.tcp.connections.find(([, end]) => end.localPort !== PORT) ?? [];
    expect(closed?.fields).toMatchObject({ action: "on_close", recv_bytes: client?.sentSize });
    expect(backend.news()).toEqual(["on_unpublish show", "on_close"]);
  });

  test("a publisher on a vhost that only its query names", async () => {
    const { server, backend } = await start({}, { vhosts: { "b.example": { http_hooks: HOOKS } } });
    await server.publish({
      ...parseRtmpUrl("rtmp://127.0.0.1:1935/live/show"),
      ...{ app: "live?vhost=b.example", tcUrl: "rtmp://127.0.0.1/live?vhost=b.example" },
    });
    expect(backend.requests[1]?.fields).toMatchObject({
      vhost: "b.example",
      app: "live",
      stream: "show",
      param: "?vhost=b.example",
      tcUrl: "rtmp://127.0.0.1/live?vhost=b.example",
      stream_url: "b.example/live/show",
    });
  });

  test("who asks to publish hears that it has begun when the backend has said so", async () => {
    const { server, backend } = await start();
    const held: (() => void)[] = [];
    backend.answer = () => new Promise((resolve) => held.push(() => resolve(YES)));
    const peer = await server.connect(RTMP);
    expect(backend.news()).toEqual([]); // As of SRS's: what it connects for is not known yet.
    let isPublished = false;
    const publishing = peer.publish().then(() => {
      isPublished = true;
    });
    await settle();
    expect(backend.news()).toEqual(["on_connect show"]);
    held.shift()?.();
    await settle();
    expect(backend.news()).toEqual(["on_publish show"]);
    expect(isPublished).toBe(false);
    held.shift()?.();
    await publishing;
  });

  test("who publishes a second stream on a connection has ended the first before", async () => {
    const { server, backend } = await start();
    const publisher = await publish(server);
    await publisher.client.publish("other");
    await publisher.leave();
    expect(backend.news()).toEqual([
      "on_connect show",
      "on_publish show",
      "on_unpublish show",
      "on_publish other",
      "on_unpublish other",
      "on_close",
    ]);
  });

  test.each([
    ["on_connect", ["on_connect show"]],
    ["on_publish", ["on_connect show", "on_publish show", "on_close"]],
  ])("a publisher that is refused by %s", async (event, calls) => {
    const { server, backend } = await start();
    backend.answer = ({ fields }) => (fields["action"] === event ? NO : YES);
    await expect(server.publish(RTMP)).rejects.toThrow("the backend says no");
    await settle();
    expect(backend.news()).toEqual(calls);
    expect(server.openSockets.filter((socket) => socket.localPort === 1935)).toEqual([]);
  });

  test("a publisher that finds the name taken has not published", async () => {
    const { server, backend } = await start();
    await publish(server);
    backend.news();
    await expect(server.publish(RTMP)).rejects.toThrow("busy");
    await settle();
    expect(backend.news()).toEqual(["on_connect show", "on_publish show", "on_close"]);
  });

  test.each([
    ["yes", YES, ["on_unpublish show", "on_close"]],
    ["no", NO, ["on_close"]],
  ])("a publisher that leaves before a %s", async (_, text, calls) => {
    const { server, backend } = await start();
    let say: (() => void) | undefined;
    backend.answer = ({ fields }) =>
      fields["action"] === "on_publish"
        ? new Promise((resolve) => {
            say = () => resolve(text);
          })
        : YES;
    const peer = await server.connect(RTMP);
    peer.publish().catch(() => undefined);
    await settle();
    await peer.vanish();
    expect(backend.news()).toEqual(["on_connect show", "on_publish show"]);
    say?.();
    await settle();
    expect(backend.news()).toEqual(calls);
  });

  test("a player", async () => {
    const { server, backend } = await start();
    const player = await server.play(RTMP);
    await player.leave();
    expect(backend.requests.map(({ fields }) => fields["tcUrl"])).toEqual([
      ...Array(3).fill("rtmp://127.0.0.1/live"),
      undefined,
    ]);
    expect(backend.news()).toEqual(["on_connect show", "on_play show", "on_stop show", "on_close"]);
  });

  test("a player that is refused", async () => {
    const { server, backend } = await start();
    backend.answer = ({ fields }) => (fields["action"] === "on_play" ? NO : YES);
    await expect(server.play(RTMP)).rejects.toThrow("the backend says no");
    await settle();
    expect(backend.news()).toEqual(["on_connect show", "on_play show", "on_close"]);
  });
});

describe("players over HTTP", () => {
  const WITHOUT_SEGMENTS = { hls: { enabled: false }, cmaf: { enabled: false } };

  test.each([
    ["HTTP-FLV", "/live/show.flv"],
    ["HTTP-TS", "/live/show.ts"],
    ["HTTP-AAC", "/live/show.aac"],
    ["WebSocket-FLV", "/live/show.flv"],
    ["WebSocket-TS", "/live/show.ts"],
  ])("by %s", async (name, path) => {
    const { server, backend } = await start(WITHOUT_SEGMENTS);
    await publish(server);
    backend.requests.splice(0);
    const url = `${server.httpUrl(path)}?token=flv`;
    const isWebSocket = name.startsWith("WebSocket");
    const viewer = isWebSocket ? await server.watchByWebSocket(url) : await server.watch(url);
    expect(backend.requests[0]?.fields).toMatchObject({
      tcUrl: "rtmp://__defaultVhost__/live",
      param: "?token=flv",
      stream_url: "/live/show",
    });
    expect(backend.news()).toEqual(["on_play show"]);
    await viewer.vanish();
    expect(backend.news()).toEqual(["on_stop show"]);
  });

  test("one that is refused is told so", async () => {
    const { server, backend } = await start();
    backend.answer = () => NO;
    expect(await server.fetch("/live/show.flv")).toMatchObject({
      status: 403,
      text: '{"code":403,"message":"Cannot play \\"/live/show\\": the backend says no"}',
    });
    await expect(server.watchByWebSocket(server.httpUrl("/live/show.flv"))).rejects.toThrow("403");
    await settle();
    expect(backend.news()).toEqual(["on_play show", "on_play show"]);
  });

  test.each([
    ["HLS with fMP4", "/live/show.m3u8", "show.m3u8", {}],
    ["HLS with MPEG-TS", "/live/show.m3u8", "show.m3u8", "srs"],
    ["DASH", "/live/show.mpd", "show.mpd", { dash: { enabled: true } }],
  ])("by %s are asked about once, and told of when they have been silent", async (...row) => {
    const [, path, stream, settings] = row;
    const vhost =
      settings === "srs"
        ? {
            hls: { hls_m3u8_file: "[app]/[stream].m3u8", hls_fragment: 2 },
            cmaf: { enabled: false },
          }
        : settings;
    const { server, backend } = await start(vhost as ConfigValue);
    const publisher = await publish(server);
    backend.news();
    const asked = server.fetch(`${path}?token=t1&a=b`); // What is on demand begins, and is waited for.
    await sendMore(server, publisher);
    const first = await asked;
    expect(first.status).toBe(200);
    const id = /hls_ctx=([0-9a-z]+)/.exec(first.text + (first.head.fields.get("location") ?? ""));
    expect(backend.requests[0]?.fields).toMatchObject({
      action: "on_play",
      stream,
      tcUrl: "http://127.0.0.1/live",
      param: "?token=t1&a=b",
      stream_url: "/live/show",
    });
    if (id !== null) await server.fetch(`${path}?hls_ctx=${id[1]}`);
    expect(backend.news()).toEqual([`on_play ${stream}`]);
    await publisher.leave();
    await server.advance(200_000);
    const calls = backend.news();
    expect(calls.filter((call) => call === `on_stop ${stream}`)).toHaveLength(1);
    expect(calls.filter((call) => call.startsWith("on_play"))).toEqual([]);
  });

  test("by HLS that are refused are told so", async () => {
    const { server, backend } = await start();
    const publisher = await publish(server);
    backend.news();
    backend.answer = () => NO;
    const asked = server.fetch("/live/show.m3u8");
    await sendMore(server, publisher);
    expect((await asked).status).toBe(403);
    await server.advance(60_000);
    const calls = backend.news();
    expect(calls[0]).toBe("on_play show.m3u8");
    expect(calls.filter((call) => call.startsWith("on_stop"))).toEqual([]);
  });
});

describe("segments", () => {
  const SEGMENT_HOOKS = {
    enabled: true,
    on_publish: [URL],
    on_unpublish: [URL],
    on_hls: [URL],
    on_hls_notify: [`${URL}/[app]/[stream]/[ts_url][param]`],
  };

  test.each([
    ["on disk", "disk"],
    ["on disk and in memory", "both"],
    ["in memory", "memory"],
  ])("%s", async (_, storage) => {
    const hls = { hls_storage: storage, hls_on_demand: false, hls_fragment: 2, hls_path: "./html" };
    const { server, backend } = await start({ http_hooks: SEGMENT_HOOKS, hls });
    const there: boolean[] = [];
    backend.answer = async ({ fields }) => {
      if (fields["action"] === "on_hls") {
        const file = String(fields["file"]);
        there.push((await server.runtime.files.stat(file))?.isFile === true);
      }
      return YES;
    };
    const publisher = await publish(server);
    await publisher.leave();
    await server.advance(1_000);
    const told = backend.requests.filter(({ fields }) => fields["action"] === "on_hls");
    expect(told.length).toBeGreaterThanOrEqual(3);
    const isOnDisk = storage !== "memory";
    expect(there).toEqual(told.map(() => isOnDisk));
    const published = backend.requests.find(({ fields }) => fields["action"] === "on_publish");
    const { fields = {}, body = "" }: Partial<BackendRequest> = told[0] ?? {};
    expect(fields).toMatchObject({
      client_id: published?.fields["client_id"],
      stream_id: published?.fields["stream_id"],
      tcUrl: "rtmp://127.0.0.1/live",
      stream: "show",
      param: "?token=abc",
      seq_no: 0,
      cwd: server.runtime.host.workingFolder(),
    });
    const names = body.match(/"duration":\d\.\d\d,"cwd":.*"seq_no":/)?.[0] ?? "";
    const [url, playlist, file, m3u8] = ["url", "m3u8_url", "file", "m3u8"].map((n) => fields[n]);
    expect(names).toContain(`"url":"${url}","m3u8":"${m3u8}","m3u8_url":"${playlist}"`);
    expect([file, m3u8]).toEqual(isOnDisk ? [`./html/${url}`, `./html/${playlist}`] : ["", ""]);
    expect((await server.fetch(`/${url}`)).status).toBe(200);
    const actions = backend.requests.map((request) => request.fields["action"] ?? "GET");
    expect(actions.at(-1)).toBe("on_unpublish"); // And not before the last segment.
    const notified = backend.requests.filter(({ method }) => method === "GET");
    expect(notified).toHaveLength(told.length);
    expect(notified[0]?.path).toBe(`/hooks/live/show/${String(url).split("/").at(-1)}?token=abc`);
  });

  test("of the test stream are told of to nobody, nor is the stream", async () => {
    const file = new Uint8Array(readFileSync("web/test-stream.flv"));
    const backend = new HookBackend();
    const hls = { hls_on_demand: false };
    const http_hooks = { ...HOOKS, ...SEGMENT_HOOKS };
    const server = await MemoryServer.start(
      { ...defaultVhost({ http_hooks, hls }), test_stream: { enabled: true } },
      {
        assets: { "/test-stream.flv": file },
        prepare: async ({ runtime }) => void (await backend.listen(runtime.tcp, PORT)),
      },
    );
    await server.advance(20_000, 100);
    expect((await server.fetch("/api/v1/streams/", { port: 1985 })).text).toContain("test");
    expect(backend.requests).toEqual([]);
  });
});

test("a vhost that has no hooks calls nobody", async () => {
  const { server, backend } = await start({ http_hooks: { ...HOOKS, enabled: false } });
  const publisher = await publish(server);
  await (await server.play(RTMP)).leave();
  await publisher.leave();
  expect(backend.requests).toEqual([]);
});

test("streams that run are not held up by a backend that does not answer", async () => {
  const { server, backend } = await start();
  const publisher = await publish(server);
  const viewer = await server.watch(server.httpUrl("/live/show.flv"));
  backend.answer = () => undefined;
  for (let n = 0; n < 50; n++) {
    const peer = await server.connect(`rtmp://127.0.0.1:1935/live/other${n}`);
    peer.publish().catch(() => undefined);
  }
  const before = viewer.count(9);
  await sendMore(server, publisher);
  expect(viewer.count(9) - before).toBe(6);
  await server.advance(40_000);
  const failed = server.events("hook failed").filter(({ hook }) => hook === "on_connect");
  expect(failed).toHaveLength(50);
});

test("a server that stops tells of all that has ended", async () => {
  const { server, backend } = await start();
  await publish(server);
  await server.play(RTMP);
  backend.news();
  await server.stop();
  expect(backend.news().sort()).toEqual([
    "on_close",
    "on_close",
    "on_stop show",
    "on_unpublish show",
  ]);
  expect(server.events().filter(({ level }) => level === "error")).toEqual([]);
});

test("of several processes each calls for its own clients, and for a stream once", async () => {
  const backend = new HookBackend();
  const network = MemoryWorkers.start(
    2,
    defaultVhost({
      http_hooks: { ...HOOKS, on_hls: [URL] },
      hls: { hls_on_demand: false, hls_fragment: 2 },
      publish: { grace_ms: 0 },
    }),
  );
  const server = await network;
  await backend.listen(server.runtime.tcp, PORT);
  const publisher = await server.publish(server.rtmpUrl(0));
  await publisher.start();
  const viewer = await server.watch(server.httpUrl(1));
  const asked = server.fetch("/live/show.m3u8", { port: 18_080 });
  for (let second = 0; second < 6; second++) {
    await publisher.send(KEY_FRAME, 1_000);
    await server.advance(1_000);
  }
  expect(viewer.count(9)).toBeGreaterThan(2);
  expect((await asked).status).toBe(200);
  await viewer.vanish();
  await publisher.leave();
  await server.advance(60_000);
  const calls = backend.requests.map(({ fields }) => fields);
  const once = ["on_connect", "on_publish", "on_unpublish", "on_close"];
  for (const action of once) {
    expect(calls.filter((call) => call["action"] === action)).toHaveLength(1);
  }
  for (const action of ["on_play", "on_stop"]) {
    const streams = calls.filter((call) => call["action"] === action).map(({ stream }) => stream);
    expect(streams.sort()).toEqual(["show", "show.m3u8"]);
  }
  const numbers = calls.filter((call) => call["action"] === "on_hls").map((call) => call["seq_no"]);
  expect(numbers.length).toBeGreaterThan(0);
  expect(new Set(numbers).size).toBe(numbers.length);
});

test("an answer in chunks, as of most frameworks, is an answer", async () => {
  const { server, backend } = await start();
  backend.answer = () =>
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n{"code":0}\r\n0\r\n\r\n';
  await server.publish(RTMP);
  backend.answer = () => answer("0", "201 Created");
  await server.publish(RTMP.replace("show", "other"));
  expect(backend.sockets).toHaveLength(1);
});
