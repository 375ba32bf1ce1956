/**
 * Goal: whoever publishes or plays is asked about, let in, told of and let go as by every other
 * protocol: each yes has one end, in whatever way it ends, and nothing is left behind.
 *
 * Method: the whole server in memory with a backend in memory beside it; clients that come, fail, are
 * kicked, vanish and return.
 */

import { afterEach, describe, expect, test, vi } from "vitest";
import { encodeRtcp } from "../../../src/codec/rtcp/rtcp-packet.ts";
import { PublishedMedia } from "../../../src/servers/rtc/published-media.ts";
import { PublishedSource } from "../../../src/servers/rtc/published-source.ts";
import { RtpBroadcasts } from "../../../src/servers/rtc/rtp-broadcasts.ts";
import { RtpViewer } from "../../../src/servers/rtc/rtp-viewer.ts";
import { HookBackend, NO, YES } from "../../support/hook-backend.ts";
import {
  type JoinOptions,
  MemoryRtcPeer,
  offerText,
  passRtc,
  postOffer,
  RTC_CONFIG,
  settleRtc,
} from "../../support/memory-rtc.ts";
import { type ConfigValue, defaultVhost, MemoryServer } from "../../support/memory-server.ts";

const PORT = 8085;
const URL = `http://127.0.0.1:${PORT}/hooks`;
const HOOKS: ConfigValue = {
  ...{ enabled: true, on_connect: [URL], on_close: [URL], on_publish: [URL] },
  ...{ on_unpublish: [URL], on_play: [URL], on_stop: [URL] },
};
const SHOW = "app=live&stream=show";

async function start(vhost: ConfigValue = {}, more: ConfigValue = {}) {
  const backend = new HookBackend();
  const server = await MemoryServer.start(
    {
      ...RTC_CONFIG,
      ...defaultVhost({ http_hooks: HOOKS, publish: { grace_ms: 0 }, ...vhost }),
      ...more,
    },
    { prepare: async ({ runtime }) => void (await backend.listen(runtime.tcp, PORT)) },
  );
  return { server, backend };
}

const join = (
  server: MemoryServer,
  role: "publish" | "play",
  options: JoinOptions = {},
  query = SHOW,
) => MemoryRtcPeer.join(server, role, query, { name: role, ...options });

const end = async (peer: MemoryRtcPeer) => {
  peer.close();
  await settleRtc();
};

async function clients(server: MemoryServer): Promise<Record<string, unknown>[]> {
  const { text } = await server.fetch("/api/v1/clients/", { port: 1985 });
  return (JSON.parse(text) as { clients: Record<string, unknown>[] }).clients;
}

const kick = (server: MemoryServer, id: unknown) =>
  server.fetch(`/api/v1/clients/${String(id)}`, { port: 1985, method: "DELETE" });

describe("hooks", () => {
  test("tell of who publishes and who plays, and of each end once", async () => {
    const { server, backend } = await start();
    const publisher = await join(server, "publish", {}, `${SHOW}&token=abc`);
    expect(backend.requests[0]?.fields).toMatchObject({
      action: "on_publish",
      ip: "127.0.0.1",
      vhost: "__defaultVhost__",
      app: "live",
      stream: "show",
      param: `${SHOW}&token=abc`,
      tcUrl: "",
      stream_url: "/live/show",
    });
    const player = await join(server, "play");
    expect(backend.news()).toEqual(["on_publish show", "on_play show"]);
    await publisher.run(5);
    await end(player);
    await end(publisher);
    expect(backend.news()).toEqual(["on_stop show", "on_unpublish show"]);
    await passRtc(server, 60_000);
    expect(backend.news()).toEqual([]);
  });

  test("who is refused has neither begun nor ended", async () => {
    const { server, backend } = await start();
    backend.answer = () => NO;
    for (const role of ["publish", "play"] as const) {
      await expect(join(server, role)).rejects.toThrow(/^Error: 403|^403/);
    }
    expect(backend.news()).toEqual(["on_publish show", "on_play show"]);
    expect(await clients(server)).toEqual([]);
    backend.answer = () => YES;
    await join(server, "publish");
  });

  test("what cannot be agreed on is asked about by nobody, or has its end", async () => {
    const { server, backend } = await start();
    await postOffer(server, `whip/?${SHOW}`, offerText("play"));
    expect(backend.news()).toEqual([]);
    await postOffer(server, `whep/?${SHOW}`, offerText("publish"));
    expect(backend.news()).toEqual(["on_play show", "on_stop show"]);
  });

  test("who finds the stream busy has not published, as by RTMP", async () => {
    const { server, backend } = await start();
    await server.publish(server.rtmpUrl("live/show"));
    backend.news();
    expect((await postOffer(server, `whip/?${SHOW}`, offerText("publish"))).status).toBe(409);
    expect(backend.news()).toEqual(["on_publish show"]);
  });

  test("who never connects has its end after the time for that", async () => {
    const { server, backend } = await start();
    await postOffer(server, `whip/?${SHOW}`, offerText("publish"));
    await postOffer(server, `whep/?${SHOW}`, offerText("play"));
    expect(backend.news()).toEqual(["on_publish show", "on_play show"]);
    await server.advance(14_000);
    expect(await clients(server)).toHaveLength(2);
    await server.advance(3_000);
    expect(backend.news().sort()).toEqual(["on_stop show", "on_unpublish show"]);
    expect(await clients(server)).toEqual([]);
    const ends = server.events().filter(({ reason }) => reason === "setup_timeout");
    expect(ends).toHaveLength(2);
  });

  test("who vanishes has its end after the silence that is set", async () => {
    const { server, backend } = await start({ rtc: { stun_timeout: 10 } });
    await join(server, "publish");
    backend.news();
    server.runtime.udp.isLost = () => true;
    await server.advance(9_000);
    expect(backend.news()).toEqual([]);
    await server.advance(3_000);
    expect(backend.news()).toEqual(["on_unpublish show"]);
  });

  test("two who ask for the same name of ICE at once: one gets it, and the other has its end", async () => {
    const { server, backend } = await start();
    const held: (() => void)[] = [];
    backend.answer = () => new Promise((resolve) => held.push(() => resolve(YES)));
    const asked = ["a", "b"].map((stream) =>
      postOffer(server, `whip/?app=live&stream=${stream}&ice-ufrag=mine`, offerText("publish")),
    );
    await settleRtc();
    backend.answer = () => YES;
    for (const answer of held) answer();
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400]);
    expect(await clients(server)).toHaveLength(1);
    await server.advance(20_000);
    expect(await clients(server)).toEqual([]);
    const news = backend.news();
    for (const stream of ["a", "b"]) {
      expect(news).toContain(`on_publish ${stream}`);
      expect(news).toContain(`on_unpublish ${stream}`);
    }
    expect(news).toHaveLength(4);
  });

  test("who is let in when the server has begun to stop is not", async () => {
    const { server, backend } = await start();
    const held: (() => void)[] = [];
    backend.answer = () => new Promise((resolve) => held.push(() => resolve(YES)));
    const asked = postOffer(server, `whip/?${SHOW}`, offerText("publish")).catch(() => undefined);
    await settleRtc();
    const stopping = server.sluice.stop();
    backend.answer = () => YES;
    for (const answer of held) answer();
    await server.finish(stopping);
    const answer = await asked;
    expect(answer?.status ?? 503).toBe(503);
    const news = backend.news();
    expect(news.filter((one) => one === "on_publish show")).toHaveLength(1);
    expect(news.filter((one) => one === "on_unpublish show")).toHaveLength(1);
  });
});

describe("rules", () => {
  test("refuse by address, before any hook", async () => {
    const { server } = await start({ security: { enabled: true, deny: ["publish all"] } });
    await expect(join(server, "publish")).rejects.toThrow(/403/);
  });

  test("count sessions as connections, from the offer to the end", async () => {
    const { server } = await start({}, { limits: { connections_per_address: 2 } });
    await passRtc(server, 10);
    // The request itself is a connection too, as long as it lasts.
    const publisher = await join(server, "publish");
    const { text } = await server.fetch("/api/v1/summaries", { port: 1985 });
    expect(text).toBeDefined();
    await end(publisher);
    for (let i = 0; i < 5; i++) await end(await join(server, "publish"));
    expect(await clients(server)).toEqual([]);
  });
});

describe("an operator", () => {
  test("sees who publishes and who plays, and how their packets fare", async () => {
    const { server } = await start();
    const publisher = await join(server, "publish");
    const player = await join(server, "play");
    await publisher.run(50);
    const seen = await clients(server);
    seen.sort((a, b) => Number(b["publish"]) - Number(a["publish"]));
    expect(seen).toMatchObject([
      { type: "rtc-publish", publish: true, ip: "127.0.0.1", name: "show" },
      { type: "rtc-play", publish: false, ip: "127.0.0.1", name: "show" },
    ]);
    expect(JSON.stringify(seen)).toMatch(/"protocol":"udp"/);
    expect(JSON.stringify(seen)).toMatch(/h264/);
    expect(player.packets("video").length).toBeGreaterThan(45);
  });

  test.each(["publish", "play"] as const)("kicks who is to %s", async (role) => {
    const { server, backend } = await start();
    const peer = await join(server, role);
    const [client] = await clients(server);
    backend.news();
    expect((await kick(server, client?.["id"])).status).toBe(200);
    await settleRtc();
    expect(peer.ends).toEqual(["peer_closed"]);
    expect(backend.news()).toEqual([role === "publish" ? "on_unpublish show" : "on_stop show"]);
    expect(await clients(server)).toEqual([]);
  });

  test("stops the server, and everybody is told", async () => {
    const { server, backend } = await start();
    const publisher = await join(server, "publish");
    const player = await join(server, "play");
    backend.news();
    await server.stop();
    await settleRtc();
    expect([publisher.ends, player.ends]).toEqual([["peer_closed"], ["peer_closed"]]);
    expect(backend.news().sort()).toEqual(["on_stop show", "on_unpublish show"]);
    expect(server.timerCount).toBe(0);
  });
});

describe("sessions", () => {
  test.each(["udp", "tcp"] as const)("by %s leave nothing", async (transport) => {
    const { server } = await start();
    const before = server.timerCount;
    const sockets = server.openSockets.length;
    for (let i = 0; i < 3; i++) {
      const publisher = await join(server, "publish", { transport });
      const player = await join(server, "play", { transport });
      await publisher.run(10);
      expect(player.rtp.length).toBeGreaterThan(10);
      await end(player);
      await end(publisher);
    }
    await server.advance(60_000);
    expect(server.timerCount).toBeLessThanOrEqual(before);
    expect(server.openSockets.length).toBeLessThanOrEqual(sockets + 1);
  });

  test("without encryption", async () => {
    const { server } = await start();
    const options = { isPlain: true };
    const publisher = await join(server, "publish", options, `${SHOW}&encrypt=false`);
    const player = await join(server, "play", options, `${SHOW}&encrypt=false`);
    await publisher.run(10);
    expect(player.packets("video").length).toBeGreaterThan(8);
    expect(player.packets("audio").length).toBeGreaterThan(10);
  });

  test("of publishers that send nothing, or nothing any more, end as those of RTMP do", async () => {
    const publish = { firstpkt_timeout: 5_000, normal_timeout: 3_000 };
    const { server, backend } = await start({ publish: { grace_ms: 0, ...publish } });
    await join(server, "publish");
    await server.advance(4_000);
    expect(backend.news()).toEqual(["on_publish show"]);
    await server.advance(3_000);
    expect(backend.news()).toEqual(["on_unpublish show"]);
    const next = await join(server, "publish");
    await next.run(5);
    await server.advance(5_000);
    expect(backend.news()).toEqual(["on_publish show", "on_unpublish show"]);
    const reasons = server.events("session ended").map(({ reason }) => reason);
    expect(reasons).toEqual(["first_frame_timeout", "frame_timeout"]);
  });

  test.each([true, false])("of publishers that send go on, rtc_to_rtmp being %s", async (isOn) => {
    const publish = { firstpkt_timeout: 3_000, normal_timeout: 2_000, grace_ms: 0 };
    const { server, backend } = await start({ publish, rtc: { rtc_to_rtmp: isOn } });
    const publisher = await join(server, "publish");
    await publisher.run(100);
    expect(backend.news()).toEqual(["on_publish show"]);
  });

  test("of publishers that send go on however short the timeout is", async () => {
    const publish = { normal_timeout: 1_000, grace_ms: 0 };
    const { server } = await start({ publish, rtc: { rtc_to_rtmp: false } });
    const publisher = await join(server, "publish");
    await publisher.run(150);
    expect(server.events("session ended")).toEqual([]);
  });

  test("fifty times the same name, one after the other", async () => {
    const { server, backend } = await start();
    for (let i = 0; i < 50; i++) await end(await join(server, "publish"));
    expect(backend.news()).toHaveLength(100);
    expect(await clients(server)).toEqual([]);
  });
});

describe("a bug", () => {
  const bug = new Error("a bug");
  const fails = () => {
    throw bug;
  };
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Two publishers and a player of each; the bug is to hit the first session that gets to it. */
  async function startTwo() {
    const { server, backend } = await start();
    const peers: MemoryRtcPeer[] = [];
    for (const stream of ["a", "b"]) {
      const query = `app=live&stream=${stream}`;
      peers.push(await join(server, "publish", { name: `publish${stream}` }, query));
      peers.push(await join(server, "play", { name: `play${stream}` }, query));
      await peers.at(-2)?.run(5);
    }
    backend.news();
    const [publisher, player, ...others] = peers;
    if (publisher === undefined || player === undefined) throw new Error("Nobody has come");
    return { server, backend, publisher, player, others };
  }

  const failures = (server: MemoryServer) =>
    server.events().filter(({ reason }) => reason === "failed");

  test("in what is done for a player now and then ends that one alone", async () => {
    const { server, backend, others } = await startTwo();
    vi.spyOn(RtpViewer.prototype, "report").mockImplementationOnce(fails);
    await passRtc(server, 300);
    expect(backend.news()).toEqual(["on_stop a"]);
    expect(failures(server)).toHaveLength(1);
    expect(others.flatMap(({ ends }) => ends)).toEqual([]);
  });

  test("in what a player says ends that one alone", async () => {
    const { server, backend, player } = await startTwo();
    vi.spyOn(RtpViewer.prototype, "rtcp").mockImplementationOnce(fails);
    await player.sendRtcp(encodeRtcp([{ type: "receiver-report", ssrc: 1, reports: [] }]));
    expect(backend.news()).toEqual(["on_stop a"]);
    expect(failures(server)).toHaveLength(1);
  });

  test("in what a publisher sends ends that one alone", async () => {
    const { server, backend, publisher } = await startTwo();
    vi.spyOn(PublishedMedia.prototype, "rtp").mockImplementationOnce(fails);
    await publisher.sendSound(1_000);
    expect(backend.news()).toEqual(["on_unpublish a"]);
    expect(failures(server)).toHaveLength(1);
  });

  test("in what is done for a publisher as time passes ends that one alone", async () => {
    const { server, backend } = await startTwo();
    vi.spyOn(PublishedSource.prototype, "tick").mockImplementationOnce(fails);
    await passRtc(server, 20);
    expect(backend.news()).toEqual(["on_unpublish a"]);
    expect(failures(server)).toHaveLength(1);
  });

  test.each(["before", "while"])(
    "as a player begins %s the stream is there ends it alone",
    async (when) => {
      const { server, backend } = await start();
      const spy = vi.spyOn(RtpBroadcasts.prototype, "enter").mockImplementationOnce(fails);
      const play = () => join(server, "play").catch(() => undefined);
      if (when === "before") await play();
      const publisher = await join(server, "publish");
      await publisher.run(5);
      if (when === "while") await play();
      await settleRtc();
      expect(spy).toHaveBeenCalledTimes(1);
      expect(backend.news().sort()).toEqual(["on_play show", "on_publish show", "on_stop show"]);
      expect(failures(server)).toHaveLength(1);
    },
  );

  test("at the end of a session leaves nothing of it", async () => {
    const { server, backend, player } = await startTwo();
    vi.spyOn(RtpViewer.prototype, "close").mockImplementationOnce(fails);
    await end(player);
    expect(backend.news()).toEqual(["on_stop a"]);
    expect(await clients(server)).toHaveLength(3);
  });
});
