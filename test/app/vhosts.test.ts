/**
 * Goal: who asks for a vhost is served by that vhost's settings, by whatever way it is named, and who
 * asks for one that nobody configured is served by the default one.
 *
 * Method: the table of vhosts by itself; then the whole server in memory, where what comes over the
 * wire shows which settings were used.
 */

import { describe, expect, test, vi } from "vitest";
import { Vhosts } from "../../src/app/vhosts.ts";
import { RawPeer } from "../protocols/rtmp/raw-peer.ts";
import { settle } from "../support/memory-network.ts";
import { type ConfigValue, MemoryServer, memoryConfig } from "../support/memory-server.ts";

describe("Vhosts", () => {
  const vhosts = new Vhosts(
    memoryConfig({
      chunk_size: 4_096,
      vhosts: {
        __defaultVhost__: { chunk_size: 1_000 },
        "live.example.com": { in_ack_size: 7, out_ack_size: 8, tcp_nodelay: false },
        "off.example.com": { enabled: false },
        "mute.example.com": { http_remux: { enabled: false } },
        "ts.example.com": { http_remux: { mount: "[vhost]/[app]/[stream].ts", formats: [] } },
        "two.example.com": { http_remux: { mount: "[vhost]/[app]/[stream].ts", formats: ["mp3"] } },
      },
    }),
  );

  test("finds the vhost of that name, with its settings", () => {
    expect(vhosts.rtmp("live.example.com")).toEqual({
      name: "live.example.com",
      isEnabled: true,
      isNoDelay: false,
      chunkSize: 4_096,
      inAckSize: 7,
      outAckSize: 8,
    });
    expect(vhosts.live("live.example.com")).toMatchObject({
      name: "live.example.com",
      player: { isNoDelay: false, waitMs: 30_000 },
    });
  });

  test.each(["", "127.0.0.1", "unknown.example.com", "LIVE.example.com"])(
    "else the default: %j",
    (name) => {
      expect(vhosts.rtmp(name)).toMatchObject({ name: "__defaultVhost__", chunkSize: 1_000 });
      expect(vhosts.live(name)).toMatchObject({ name: "__defaultVhost__" });
    },
  );

  test("does not let the default one serve what another refuses", () => {
    expect(vhosts.rtmp("off.example.com")).toMatchObject({ isEnabled: false });
    for (const name of ["off", "mute"]) {
      expect(vhosts.live(`${name}.example.com`)).toBeUndefined();
    }
  });

  test.each([
    ["live", "show.flv show.ts show.aac show.mp3"],
    ["ts", "show.ts"],
    ["two", "show.ts show.mp3"],
  ])("serves the formats of %s.example.com", (name, served) => {
    const mount = vhosts.live(`${name}.example.com`)?.mount;
    const paths = ["show.flv", "show.ts", "show.aac", "show.mp3", "show.m3u8"];
    expect(paths.filter((path) => mount?.match(`/live/${path}`)).join(" ")).toBe(served);
  });

  test("serves that of the mount alone under a configuration in SRS's format", () => {
    const srs = new Vhosts(
      memoryConfig("vhost a.com { http_remux { enabled on; mount [vhost]/[app]/[stream].aac; } }"),
    );
    const mount = srs.live("a.com")?.mount;
    expect(mount?.match("/live/show.aac")).toMatchObject({ stream: "show", extension: "aac" });
    expect(mount?.match("/live/show.flv")).toBeUndefined();
  });

  test.each([
    [{ hls: { enabled: false }, cmaf: { enabled: false } }, true],
    [{ hls: { enabled: true }, cmaf: { enabled: false } }, false],
    [{ hls: { enabled: false }, cmaf: { enabled: true } }, false],
  ])("%j: players wait for a .ts: %s", (vhost, expected) => {
    const one = new Vhosts(memoryConfig({ vhosts: { __defaultVhost__: vhost } }));
    expect(one.live("")?.isTsWaiting).toBe(expected);
  });

  test("finds none if there is no default, as under a configuration in SRS's format", () => {
    const srs = new Vhosts(memoryConfig("listen 1935; vhost a.com { http_remux { enabled on; } }"));
    expect(srs.rtmp("b.com")).toBeUndefined();
    expect(srs.live("b.com")).toBeUndefined();
    expect(srs.live("a.com")).toMatchObject({ name: "a.com" });
  });
});

const VHOSTS: ConfigValue = {
  vhosts: { __defaultVhost__: {}, "a.com": {}, "off.com": { enabled: false } },
};

describe("a stream's vhost", () => {
  test.each([
    ["rtmp://127.0.0.1/live/show", "/live/show"],
    ["rtmp://unknown.com/live/show", "/live/show"],
    ["rtmp://a.com/live/show", "a.com/live/show"],
    ["rtmp://127.0.0.1/live/show?vhost=a.com", "a.com/live/show"],
    ["rtmp://127.0.0.1/live/show?token=x&domain=a.com", "a.com/live/show"],
    ["rtmp://a.com/live/show?vhost=unknown.com", "/live/show"],
  ])("by RTMP: %s", async (address, url) => {
    const server = await MemoryServer.start(VHOSTS);
    await (await server.publish(address)).start();
    expect(server.events("stream published")).toMatchObject([{ url }]);
  });

  test.each([
    ["rtmp://127.0.0.1/live?vhost=a.com", "live?vhost=a.com"],
    ["rtmp://127.0.0.1/live?domain=a.com", "live?domain=a.com"],
    ["rtmp://127.0.0.1/live...vhost...a.com", "live...vhost...a.com"],
  ])("by RTMP, in tcUrl: %s", async (tcUrl, app) => {
    const server = await MemoryServer.start(VHOSTS);
    await server.publish({ host: "127.0.0.1", port: 1935, tcUrl, app, stream: "show" });
    expect(server.events("stream published")).toMatchObject([{ url: "a.com/live/show" }]);
  });

  test.each([
    ["http://127.0.0.1:8080/live/show.flv?vhost=a.com"],
    ["http://127.0.0.1:8080/live/show.flv?domain=a.com"],
    ["http://a.com:8080/live/show.flv"],
    ["ws://a.com:8080/live/show.flv"],
  ])("by HTTP: %s", async (address) => {
    const server = await MemoryServer.start(VHOSTS);
    await (await server.publish("rtmp://a.com/live/show")).start();
    const isWebSocket = address.startsWith("ws");
    const viewer = await (isWebSocket ? server.watchByWebSocket(address) : server.watch(address));
    expect(viewer.count(9)).toBeGreaterThan(0);
    expect(server.events("play started")).toMatchObject([{ url: "a.com/live/show" }]);
  });

  test("that is disabled is refused by RTMP and not found by HTTP", async () => {
    const server = await MemoryServer.start(VHOSTS);
    await expect(server.publish("rtmp://off.com/live/show")).rejects.toMatchObject({
      code: "NetStream.Publish.Rejected",
      message: expect.stringContaining("disabled"),
    });
    await expect(server.play("rtmp://127.0.0.1/live/show?vhost=off.com")).rejects.toMatchObject({
      code: "NetStream.Play.Failed",
    });
    expect((await server.fetch("/live/show.flv", { host: "off.com" })).status).toBe(404);
    expect((await server.fetch("/live/show.flv?vhost=off.com")).status).toBe(404);
  });

  test("that there is none of is refused under a configuration without a default", async () => {
    const server = await MemoryServer.start("listen 1935; vhost a.com { }");
    await expect(server.publish("rtmp://b.com/live/show")).rejects.toThrow('vhost "b.com"');
    await expect(server.publish("rtmp://a.com/live/show")).resolves.toBeDefined();
  });
});

describe("what a vhost says of the wire", () => {
  async function dialogue(vhost: ConfigValue, host = "a.com") {
    const server = await MemoryServer.start({ vhosts: { __defaultVhost__: {}, "a.com": vhost } });
    const wire = await server.open(1935);
    const [client] = server.runtime.tcp.connections.at(-1) ?? [];
    if (client === undefined || wire.isClosed) throw new Error("There is no connection");
    const peer = new RawPeer(client);
    await peer.shakeHands();
    const news = await peer.connect({ tcUrl: `rtmp://${host}/live` });
    return { peer, controls: news.filter((line) => line.includes(" type=")) };
  }
  const hex = (size: number) => size.toString(16).padStart(8, "0");

  test("is said at connect: window, bandwidth, chunk size", async () => {
    const { controls } = await dialogue({ chunk_size: 4_000, out_ack_size: 123_456 });
    expect(controls).toEqual([
      `csid=2 sid=0 type=5 ${hex(123_456)}`,
      `csid=2 sid=0 type=6 ${hex(2_500_000)}02`,
      `csid=2 sid=0 type=1 ${hex(4_000)}`,
    ]);
  });

  test("is the default vhost's for others", async () => {
    const { controls } = await dialogue({ chunk_size: 4_000, out_ack_size: 123_456 }, "b.com");
    expect(controls).toContain(`csid=2 sid=0 type=5 ${hex(2_500_000)}`);
    expect(controls).toContain(`csid=2 sid=0 type=1 ${hex(60_000)}`);
  });

  test("out_ack_size 0 announces no window", async () => {
    const { controls } = await dialogue({ out_ack_size: 0 });
    expect(controls.some((line) => line.includes("type=5"))).toBe(false);
  });

  test("in_ack_size acknowledges although the peer announced no window", async () => {
    const { peer } = await dialogue({ in_ack_size: 10_000 });
    peer.send({ typeId: 9, payload: new Uint8Array(6_000) });
    await settle();
    expect(peer.news()).toEqual([expect.stringContaining("csid=2 sid=0 type=3 ")]);
    const silent = await dialogue({ in_ack_size: 0 });
    silent.peer.send({ typeId: 9, payload: new Uint8Array(6_000) });
    await settle();
    expect(silent.peer.news()).toEqual([]);
  });

  test("chunk_size is what players get the stream in", async () => {
    const server = await MemoryServer.start({ vhosts: { __defaultVhost__: { chunk_size: 200 } } });
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const player = await server.play(server.rtmpUrl("live/show"));
    const picture = new Uint8Array(1_000).fill(0x11);
    picture.set([0x27, 1, 0, 0, 0]);
    const before = server.runtime.tcp.connections[1]?.[1].sentSize ?? 0;
    publisher.client.sendVideo(40, picture);
    await server.advance(1_000, 100);
    expect(player.count("video")).toBe(3);
    // Five chunks: a header of 8 or 12 bytes and four of one byte.
    const sent = (server.runtime.tcp.connections[1]?.[1].sentSize ?? 0) - before;
    expect([1_012, 1_016]).toContain(sent);
  });

  test.each([true, false])("tcp_nodelay %s is set on sockets of all kinds", async (isOn) => {
    const server = await MemoryServer.start({
      vhosts: { __defaultVhost__: { tcp_nodelay: !isOn }, "a.com": { tcp_nodelay: isOn } },
    });
    const wire = await server.open(8080);
    const [, httpEnd] = server.runtime.tcp.connections.at(-1) ?? [];
    if (httpEnd === undefined) throw new Error("There is no connection");
    const setNoDelay = vi.spyOn(httpEnd, "setNoDelay");
    await wire.send("GET /live/show.flv HTTP/1.1\r\nHost: a.com\r\n\r\n");
    expect(setNoDelay.mock.calls).toEqual([[isOn]]);

    const peer = await server.connect("rtmp://a.com/live/show");
    const [, rtmpEnd] = server.runtime.tcp.connections.at(-1) ?? [];
    if (rtmpEnd === undefined) throw new Error("There is no connection");
    const setRtmpNoDelay = vi.spyOn(rtmpEnd, "setNoDelay");
    await peer.publish();
    expect(setRtmpNoDelay.mock.calls).toEqual([[isOn]]);
  });
});
