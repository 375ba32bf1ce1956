/**
 * Goal: each viewer of packaged streams is one session, as in SRS: let in or refused, counted, kicked, and
 * taken to have left when it asks no more.
 *
 * Method: the dialogue that SRS has with its players, word for word, and what the API makes of it.
 */

import { describe, expect, test } from "vitest";
import { RefusedError } from "../../../src/base/errors.ts";
import type { Session } from "../../../src/live/session-registry.ts";
import { fromHex } from "../../support/hex.ts";
import { checkMultivariantPlaylist } from "../../support/hls-check.ts";
import { AUDIO_FRAME, AUDIO_HEADER, settle } from "../../support/memory-network.ts";
import type { ConfigValue } from "../../support/memory-server.ts";
import { MemoryServer } from "../../support/memory-server.ts";
import { checkMpd, findAll } from "../../support/mpd-check.ts";
import { type BenchPublisher, PackagingBench } from "../../support/packaging-bench.ts";
import { framesOf } from "../../support/packaging-frames.ts";
import { parseXml } from "../../support/xml-parse.ts";

const PLAYLIST = "/live/livestream.m3u8";

async function startTs(
  hls = "",
  server = "",
): Promise<{ bench: PackagingBench; publisher: BenchPublisher }> {
  const bench = new PackagingBench(`
    listen 1935; daemon off; srs_log_tank console; http_server { enabled on; dir /html; } ${server}
    vhost __defaultVhost__ {
      play { time_jitter off; }
      hls { enabled on; hls_path /html; hls_fragment 4; hls_window 20; ${hls} }
    }
  `);
  const publisher = await bench.publish("live/livestream");
  await publisher.send(framesOf({ toMs: 9_000, gop: 100 }));
  return { bench, publisher };
}

/** The session that an answer leads to. */
function idIn(text: string): string {
  return /hls_ctx=([\w-]+)/.exec(text)?.[1] ?? "";
}

describe("as SRS", () => {
  test("a new viewer is led to the same playlist with a session and its own parameters", async () => {
    const { bench } = await startTs();
    const answer = await bench.get(`${PLAYLIST}?token=t1&a=b`);
    expect(answer.status).toBe(200);
    expect(answer.fields.get("Content-Type")).toBe("application/vnd.apple.mpegurl");
    expect(answer.fields.get("Cache-Control")).toBe("no-store");
    expect(answer.text).toMatch(
      /^#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1\n\/live\/livestream\.m3u8\?hls_ctx=\w{8}&token=t1&a=b\n$/,
    );
    expect(checkMultivariantPlaylist(answer.text)).toEqual([]);
  });

  test("with its session it gets the playlist, whose segments carry it", async () => {
    const { bench } = await startTs();
    const id = idIn(await bench.text(PLAYLIST));
    expect(await bench.text(`${PLAYLIST}?hls_ctx=${id}`)).toBe(`#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-TARGETDURATION:4
#EXT-X-DISCONTINUITY
#EXTINF:4.000, no desc
livestream-0.ts?hls_ctx=${id}
#EXTINF:4.000, no desc
livestream-1.ts?hls_ctx=${id}
`);
  });

  test("its first segment is its first frame; playlists and later segments are not", async () => {
    const { bench } = await startTs();
    const id = idIn(await bench.text(PLAYLIST));
    bench.runtime.clock.advance(200);
    await bench.text(`${PLAYLIST}?hls_ctx=${id}`);
    expect(bench.sessions.protocols()["hls"]?.firstFrame).toBeNull();
    bench.runtime.clock.advance(300);
    for (const index of [0, 1]) await bench.bytes(`/live/livestream-${index}.ts?hls_ctx=${id}`);
    expect(bench.sessions.protocols()["hls"]?.firstFrame).toMatchObject({ sum: 0.5, count: 1 });
  });

  test("a session that nobody knows is taken on", async () => {
    const { bench } = await startTs();
    expect(await bench.text(`${PLAYLIST}?hls_ctx=myctx123`)).toBe(`#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1
/live/livestream.m3u8?hls_ctx=myctx123
`);
    expect(await bench.text(`${PLAYLIST}?hls_ctx=myctx123`)).toContain(
      "livestream-0.ts?hls_ctx=myctx123",
    );
    expect(bench.sessions.get("myctx123")).toBeDefined();
  });

  test.each(["", "a", "a b", "%0a%0aSet-Cookie", "x".repeat(65), "%22%3e", "$"])(
    "one whose name is %j gets another",
    async (name) => {
      const { bench } = await startTs();
      const id = idIn(await bench.text(`${PLAYLIST}?hls_ctx=${encodeURIComponent(name)}`));
      expect(id).toMatch(/^\w{8}$/);
      expect(id).not.toBe(name);
    },
  );

  test("who asks for the head opens one too", async () => {
    const { bench } = await startTs();
    const answer = await bench.get(PLAYLIST, "", "HEAD");
    expect(answer.status).toBe(200);
    expect(bench.sessions.size).toBe(1);
  });

  test.each([
    "/live/nostream.m3u8",
    "/live/nostream.m3u8?hls_ctx=abcd1234",
    "/live/livestream-9999.ts",
  ])("nobody answers for %s, and no session comes to be", async (path) => {
    const { bench } = await startTs();
    expect((await bench.get(path)).status).toBe(404);
    expect(bench.sessions.size).toBe(0);
    expect(bench.admission.calls).toEqual([]);
  });

  test("one that is kicked stays out", async () => {
    const { bench } = await startTs();
    await bench.text(`${PLAYLIST}?hls_ctx=myctx123`);
    await bench.text(`${PLAYLIST}?hls_ctx=myctx123`);
    bench.sessions.get("myctx123")?.kick("kicked");
    const answer = await bench.get(`${PLAYLIST}?hls_ctx=myctx123`);
    expect([answer.status, answer.text]).toEqual([404, "HLS stream myctx123 is EOF"]);
    expect(bench.admission.news()).toBe("play stopped");
    expect(bench.sessions.size).toBe(0);
  });

  test("with hls_ts_ctx off segments do not carry it", async () => {
    const { bench } = await startTs("hls_ts_ctx off;");
    const id = idIn(await bench.text(PLAYLIST));
    const text = await bench.text(`${PLAYLIST}?hls_ctx=${id}&k=v`);
    expect(text).toContain("\nlivestream-1.ts\n");
  });

  test("a vhost that is asked for is kept throughout", async () => {
    const bench = new PackagingBench(`
      listen 1935; daemon off; srs_log_tank console; http_server { enabled on; dir /html; }
      vhost __defaultVhost__ { }
      vhost tsctxoff.com {
        play { time_jitter off; }
        hls { enabled on; hls_path /html; hls_fragment 2; hls_ts_ctx off;
          hls_m3u8_file tsoff/[app]/[stream].m3u8; hls_ts_file tsoff/[app]/[stream]-[seq].ts; }
      }
    `);
    const publisher = await bench.publish("live/h2", "tsctxoff.com");
    await publisher.send(framesOf({ toMs: 5_000 }));
    expect((await bench.get("/tsoff/live/h2.m3u8")).status).toBe(404);
    const led = await bench.text("/tsoff/live/h2.m3u8?vhost=tsctxoff.com&k=v");
    const [, , uri = ""] = led.split("\n");
    expect(uri).toMatch(/^\/tsoff\/live\/h2\.m3u8\?hls_ctx=\w{8}&vhost=tsctxoff\.com&k=v$/);
    const text = await bench.text(uri);
    const segment = text.split("\n").find((line) => line.startsWith("h2-0.ts")) ?? "";
    expect(segment).not.toContain("hls_ctx");
    expect((await bench.get(`/tsoff/live/${segment}`)).status).toBe(200);
    expect((await bench.get("/tsoff/live/h2-0.ts", "Host: tsctxoff.com\r\n")).status).toBe(200);
  });

  test("with hls_ctx off there are none", async () => {
    const { bench } = await startTs("hls_ctx off;");
    const answer = await bench.get(`${PLAYLIST}?k=v`);
    expect(answer.text).toContain("\nlivestream-1.ts\n");
    expect(answer.fields.get("Cache-Control")).toBe("public, max-age=2");
    expect(bench.sessions.size).toBe(0);
    expect(bench.admission.calls).toEqual([]);
  });
});

describe("a session", () => {
  test("counts what it is sent", async () => {
    const { bench } = await startTs();
    const first = await bench.text(PLAYLIST);
    const id = idIn(first);
    const playlist = await bench.bytes(`${PLAYLIST}?hls_ctx=${id}`);
    const segment = await bench.bytes(`/live/livestream-0.ts?hls_ctx=${id}`);
    await bench.bytes("/live/livestream-0.ts");
    await bench.bytes("/live/livestream-0.ts?hls_ctx=somebody");
    expect(bench.sessions.get(id)?.sentSize).toBe(playlist.length + segment.length);
  });

  test("ends when it has been silent for twice the window", async () => {
    const { bench, publisher } = await startTs();
    const id = idIn(await bench.text(PLAYLIST));
    await bench.text(`${PLAYLIST}?hls_ctx=${id}`);
    await publisher.send(framesOf({ fromMs: 9_000, toMs: 30_000, gop: 100 }));
    await bench.get(`/live/livestream-0.ts?hls_ctx=${id}`);
    await publisher.send(framesOf({ fromMs: 30_000, toMs: 48_000, gop: 100 }));
    expect(bench.sessions.get(id)).toBeDefined();
    await publisher.send(framesOf({ fromMs: 48_000, toMs: 80_000, gop: 100 }));
    expect(bench.sessions.get(id)).toBeUndefined();
    expect(bench.admission.news()).toBe("play stopped");
    expect(bench.events("session ended")).toMatchObject([
      { clientId: id, type: "hls-play", protocol: "hls", url: "/live/livestream", reason: "idle" },
    ]);
  });

  test("that nobody comes back with ends soon", async () => {
    const { bench } = await startTs();
    for (let i = 0; i < 20; i++) await bench.text(PLAYLIST);
    expect(bench.sessions.size).toBe(20);
    await bench.advance(12_000);
    expect(bench.sessions.size).toBe(0);
  });

  test("is not opened for who is refused", async () => {
    const { bench } = await startTs();
    bench.admission.refuse = () => new RefusedError("forbidden", "Cannot play: no");
    const answer = await bench.get(`${PLAYLIST}?hls_ctx=myctx123&token=x`);
    expect([answer.status, answer.text]).toEqual([403, "Cannot play: no"]);
    expect(bench.sessions.size).toBe(0);
    expect(bench.admission.news()).toBe("play");
    expect(bench.admission.requests[0]).toMatchObject({
      clientType: "hls-play",
      app: "live",
      stream: "livestream",
      param: "?hls_ctx=myctx123&token=x",
      tcUrl: "http://127.0.0.1/live",
    });
  });

  test("is refused when there are too many who play; who only looked makes room", async () => {
    const { bench } = await startTs("", "max_connections 3;");
    for (const id of ["aaaa", "bbbb", "cccc"]) await bench.text(`${PLAYLIST}?hls_ctx=${id}`);
    for (const id of ["aaaa", "bbbb"]) await bench.text(`${PLAYLIST}?hls_ctx=${id}`);
    expect((await bench.get(`${PLAYLIST}?hls_ctx=dddd`)).status).toBe(200);
    expect(bench.sessions.get("cccc")).toBeUndefined();
    await bench.text(`${PLAYLIST}?hls_ctx=dddd`);
    expect((await bench.get(`${PLAYLIST}?hls_ctx=eeee`)).status).toBe(403);
    expect(bench.sessions.size).toBe(3);
  });

  test("counts from when it is asked whether it may play", async () => {
    const { bench } = await startTs("", "max_connections 1;");
    bench.admission.held = "play";
    const first = bench.get(`${PLAYLIST}?hls_ctx=aaaa`);
    await settle();
    expect((await bench.get(`${PLAYLIST}?hls_ctx=bbbb`)).status).toBe(403);
    bench.admission.answer();
    expect((await first).status).toBe(200);
  });

  test("of one stream opens no other", async () => {
    const { bench } = await startTs();
    const other = await bench.publish("live/other");
    await other.send(framesOf({ fromMs: 9_000, toMs: 18_000, gop: 100 }));
    await bench.text(`${PLAYLIST}?hls_ctx=aaaa`);
    const answer = await bench.text("/live/other.m3u8?hls_ctx=aaaa");
    expect(answer).toContain("STREAM-INF");
    expect(idIn(answer)).not.toBe("aaaa");
    expect(bench.admission.requests.map(({ stream }) => stream)).toEqual(["livestream", "other"]);
  });

  test("does not take the place of one by another protocol", async () => {
    const { bench } = await startTs();
    const publisher: Session = {
      clientId: "publisher",
      clientType: "fmle-publish",
      protocol: "rtmp",
      remoteAddress: "127.0.0.1",
      receivedSize: 0,
      sentSize: 0,
      streamUrl: "/live/livestream",
      startedMs: 0,
      endReason: "peer_closed",
      subscriber: undefined,
      skipCount: 0,
      skippedSize: 0,
      request: undefined,
      setNoDelay: () => undefined,
      kick: () => undefined,
    };
    bench.sessions.add(publisher);
    expect(idIn(await bench.text(`${PLAYLIST}?hls_ctx=publisher`))).not.toBe("publisher");
    expect(bench.sessions.get("publisher")).toBe(publisher);
  });

  test("ends with the server", async () => {
    const { bench } = await startTs();
    await bench.text(PLAYLIST);
    bench.packaging.endSessions();
    expect(bench.events("session ended")).toMatchObject([{ reason: "server_stopped" }]);
    expect(bench.admission.news()).toBe("play stopped");
  });

  test("whose name is taken while it is being let in takes the other's place", async () => {
    const { bench } = await startTs();
    bench.admission.held = "play";
    const [first, second] = [
      await bench.ask(`${PLAYLIST}?hls_ctx=aaaa`),
      await bench.ask(`${PLAYLIST}?hls_ctx=aaaa`),
    ];
    bench.admission.answer();
    expect(idIn((await first.done).text)).toBe("aaaa");
    expect(idIn((await second.done).text)).toBe("aaaa");
    expect(bench.sessions.size).toBe(1);
    expect(bench.admission.news()).toBe("play play stopped");
  });
});

describe("with CMAF", () => {
  async function start(cmaf: ConfigValue = {}): Promise<PackagingBench> {
    const __defaultVhost__ = {
      hls: { enabled: false },
      cmaf: { on_demand: false, ...cmaf },
      play: { time_jitter: "off" },
    };
    const bench = new PackagingBench({ vhosts: { __defaultVhost__ } });
    const publisher = await bench.publish("live/show");
    await publisher.send(framesOf({ toMs: 9_000 }));
    return bench;
  }

  test("the multivariant playlist opens it, and playlists carry it", async () => {
    const bench = await start();
    const entry = await bench.text("/live/show.m3u8?token=1");
    const id = idIn(entry);
    expect(checkMultivariantPlaylist(entry)).toEqual([]);
    const uris = [...entry.matchAll(/show\/[a-z]+\.m3u8[^"\n]*/g)].map(([uri]) => uri);
    expect(new Set(uris)).toEqual(
      new Set([`show/video.m3u8?hls_ctx=${id}&token=1`, `show/audio.m3u8?hls_ctx=${id}&token=1`]),
    );
    for (const uri of uris) {
      const text = await bench.text(`/live/${uri}`);
      expect(text).not.toContain("$");
      expect(text).not.toMatch(/m4s\?/);
      const report = /RENDITION-REPORT:URI="([^"]+)"/.exec(text)?.[1];
      expect(report).toContain(`hls_ctx=${id}`);
    }
    expect(bench.sessions.size).toBe(1);
    expect(bench.admission.news()).toBe("play");
  });

  test("segment_sessions carries it to the segments, which are counted", async () => {
    const bench = await start({ segment_sessions: true });
    const id = idIn(await bench.text("/live/show.m3u8"));
    const text = await bench.text(`/live/show/video.m3u8?hls_ctx=${id}`);
    const uri = /video-\S+\.m4s\?\S+/.exec(text)?.[0] ?? "";
    expect(uri).toContain(`hls_ctx=${id}`);
    const before = bench.sessions.get(id)?.sentSize ?? 0;
    const bytes = await bench.bytes(`/live/show/${uri.replace(/".*/, "")}`);
    expect(bench.sessions.get(id)?.sentSize).toBe(before + bytes.length);
    // Whoever asks next is answered from what was found then, and counted too.
    await bench.bytes(`/live/show/${uri.replace(/".*/, "")}`);
    expect(bench.sessions.get(id)?.sentSize).toBe(before + 2 * bytes.length);
  });

  test("segment_sessions carries it to the media of DASH too", async () => {
    const mediaOf = (text: string): string[] =>
      findAll(parseXml(text), "SegmentTemplate").flatMap(({ attributes }) => [
        attributes.get("initialization") ?? "",
        attributes.get("media") ?? "",
      ]);
    const plain = await start();
    const without = mediaOf(await plain.text("/live/show.mpd"));
    expect(without).toHaveLength(4);
    for (const uri of without) expect(uri).not.toContain("?");
    const bench = await start({ segment_sessions: true });
    const text = await bench.text("/live/show.mpd?vhost=__defaultVhost__");
    expect(checkMpd(text)).toEqual([]);
    const id = idIn(text);
    const uris = mediaOf(text);
    expect(uris).toHaveLength(4);
    for (const uri of uris) expect(uri).toContain(`?hls_ctx=${id}&vhost=__defaultVhost__`);
    const before = bench.sessions.get(id)?.sentSize ?? 0;
    const bytes = await bench.bytes(`/live/show/${uris[0]}`);
    expect(bench.sessions.get(id)?.sentSize).toBe(before + bytes.length);
  });

  test("a player goes on whose session is forgotten; one without any is led to one", async () => {
    const bench = await start();
    const text = await bench.text("/live/show/video.m3u8?hls_ctx=abcd1234");
    expect(text).toContain("#EXT-X-TARGETDURATION");
    expect(bench.sessions.get("abcd1234")).toBeDefined();
    const led = await bench.text("/live/show/video.m3u8?_HLS_msn=2&_HLS_part=0&k=v");
    expect(led).toMatch(/\n\/live\/show\/video\.m3u8\?hls_ctx=\w{8}&k=v\n$/);
  });

  test("one that is kicked stays out of all playlists", async () => {
    const bench = await start();
    const id = idIn(await bench.text("/live/show.m3u8"));
    await bench.text(`/live/show/video.m3u8?hls_ctx=${id}`);
    bench.sessions.get(id)?.kick("kicked");
    for (const path of ["show.m3u8", "show/video.m3u8", "show/audio.m3u8"]) {
      expect((await bench.get(`/live/${path}?hls_ctx=${id}`)).status).toBe(404);
    }
  });
});

describe("of a ladder", () => {
  test.each([
    ["CMAF", "/live/show.m3u8", "/live/show_720/video.m3u8"],
    ["MPEG-TS", "/live/show/ts.m3u8", "/live/show_720/ts.m3u8"],
  ])("in %s is one, for all of its streams", async (_, entryPath, variantPath) => {
    const __defaultVhost__ = {
      hls: { hls_variants: ["_720", "_360", "_180"], hls_on_demand: false, hls_fragment: 2 },
      cmaf: { on_demand: false },
      play: { time_jitter: "off" },
    };
    const bench = new PackagingBench({ vhosts: { __defaultVhost__ } });
    for (const name of ["show", "show_720", "show_360"]) {
      const publisher = await bench.publish(`live/${name}`);
      for (const frame of framesOf({ toMs: 6_000 })) publisher.sendNow(frame);
    }
    await bench.advance(1_000);
    const entry = await bench.text(entryPath);
    expect(checkMultivariantPlaylist(entry)).toEqual([]);
    expect(entry.match(/#EXT-X-STREAM-INF/g)).toHaveLength(3);
    const id = idIn(entry);
    const variant = await bench.text(`${variantPath}?hls_ctx=${id}`);
    expect(variant).toContain("#EXTINF");
    expect(bench.sessions.size).toBe(1);
    expect(bench.admission.news()).toBe("play");
    for (const name of ["show", "show_360"]) {
      const path = variantPath.replace("show_720", name);
      expect(await bench.text(`${path}?hls_ctx=${id}`)).toContain("#EXTINF");
    }
    expect(bench.sessions.size).toBe(1);
  });
});

test("the API knows viewers by SRS's names, and kicks them", async () => {
  const server = await MemoryServer.start(`
    listen 1935; daemon off; srs_log_tank console;
    http_server { enabled on; listen 8080; } http_api { enabled on; listen 1985; }
    vhost __defaultVhost__ { hls { enabled on; hls_fragment 1; hls_window 10; } }
  `);
  const publisher = await server.publish(server.rtmpUrl("live/livestream"));
  const header = fromHex("17 00 000000 0164001fffe10004 67640000 01 0004 68ee0000");
  publisher.client.sendVideo(0, header);
  publisher.client.sendAudio(0, AUDIO_HEADER);
  for (let ms = 0; ms < 4_000; ms += 40) {
    const isKeyFrame = ms % 1_000 === 0;
    const body = isKeyFrame ? "17 01 000000 00000004 65880000" : "27 01 000000 00000004 41880000";
    publisher.client.sendVideo(ms, fromHex(body));
    publisher.client.sendAudio(ms, AUDIO_FRAME);
  }
  await server.advance(2_000);
  const led = await server.fetch("/live/livestream.m3u8?hls_ctx=myctx123");
  expect(led.text).toContain("hls_ctx=myctx123");
  const { text } = await server.fetch("/live/livestream.m3u8?hls_ctx=myctx123");
  expect(text).toContain("livestream-0.ts?hls_ctx=myctx123");
  const list = await server.fetch("/api/v1/clients/", { port: 1985 });
  const clients = (JSON.parse(list.text) as { clients: Record<string, unknown>[] }).clients;
  expect(clients.find(({ id }) => id === "myctx123")).toMatchObject({
    id: "myctx123",
    ip: "127.0.0.1",
    tcUrl: "http://127.0.0.1/live",
    url: "/live/livestream",
    name: "livestream.m3u8",
    type: "hls-play",
    publish: false,
    send_bytes: text.length,
  });
  const kicked = await server.fetch("/api/v1/clients/myctx123", { port: 1985, method: "DELETE" });
  expect(kicked.status).toBe(200);
  const after = await server.fetch("/live/livestream.m3u8?hls_ctx=myctx123");
  expect(after.status).toBe(404);
  expect(after.text).toContain("HLS stream myctx123 is EOF");
});
