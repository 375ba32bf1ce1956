/**
 * Goal: a stream that another server has as HLS is a stream here, played out as evenly as it was made,
 * whatever a playlist can say; and a server that falters costs no more than what it has not sent.
 *
 * Method: the whole server in memory beside another one's playlist and segments.
 */

import { describe, expect, test } from "vitest";
import { MemoryCrypto } from "../../src/runtime/memory/memory-crypto.ts";
import { createPackedAudio, createSegment, HlsOrigin } from "../support/hls-origin.ts";
import type { MemoryRtmpPeer } from "../support/memory-network.ts";
import { defaultVhost, MemoryServer } from "../support/memory-server.ts";

const PORT = 9_000;
const URL = `http://127.0.0.1:${PORT}/live/show.m3u8?token=s3cr3t`;
const LIVE = { min_latency: true, publish: { grace_ms: 0 } };

interface Running {
  readonly server: MemoryServer;
  readonly origin: HlsOrigin;
  readonly player: MemoryRtmpPeer;
}

async function start(prepare: (origin: HlsOrigin) => void = () => undefined): Promise<Running> {
  let origin: HlsOrigin | undefined;
  const pull = { one: { url: URL, stream: "live/copy" } };
  const server = await MemoryServer.start(defaultVhost({ ...LIVE, pull }), {
    prepare: async (given) => {
      origin = new HlsOrigin(given);
      prepare(origin);
      await origin.listen(PORT);
    },
  });
  const player = await server.play(server.rtmpUrl("live/copy"));
  return { server, origin: origin as HlsOrigin, player };
}

async function report(server: MemoryServer): Promise<Record<string, unknown>> {
  const { text } = await server.fetch("/api/v1/pulls", { port: 1985 });
  const { pulls } = JSON.parse(text) as { pulls: Record<string, unknown>[] };
  return pulls[0] ?? {};
}

/** How many pictures came in each of so many seconds. */
async function perSecond({ server, player }: Running, seconds: number): Promise<number[]> {
  const counts: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const before = player.count("video");
    await server.advance(1_000, 50);
    counts.push(player.count("video") - before);
  }
  return counts;
}

describe("a playlist of MPEG-TS", () => {
  test("is played out evenly", async () => {
    const running = await start();
    const [first = 0, ...counts] = await perSecond(running, 20);
    expect(first).toBeGreaterThan(5);
    for (const count of counts) expect(count).toBeGreaterThanOrEqual(9);
    for (const count of counts) expect(count).toBeLessThanOrEqual(12);
    expect(running.player.count("audio")).toBeGreaterThan(380);
    expect(await report(running.server)).toMatchObject({ state: "pulling", failures: 0 });
    expect(running.server.logText).not.toContain("s3cr3t");
    // Each segment once, and the playlist once or twice in each second.
    const { requests } = running.origin;
    const segments = requests.filter((path) => path.endsWith(".ts"));
    expect(new Set(segments).size).toBe(segments.length);
    expect(requests.length - segments.length).toBeLessThan(45);
  });

  test("is joined three target durations before its end", async () => {
    const { server, origin } = await start();
    await server.advance(100);
    expect(origin.requests[1]).toBe(`/live/${origin.nextIndex - 3}.ts`);
  });

  test("may be encrypted, with keys that change and vectors that are said or not", async () => {
    const crypto = new MemoryCrypto();
    const keyOf = (index: number): Uint8Array => new Uint8Array(16).fill(index >> 1);
    const running = await start((origin) => {
      origin.linesOf = (index) => {
        const iv = index % 2 === 0 ? "" : `,IV=0x${"ab".repeat(16)}`;
        return `#EXT-X-KEY:METHOD=AES-128,URI="../keys/${index >> 1}"${iv}\n`;
      };
      origin.segment = (index) => {
        const iv = new Uint8Array(16).fill(index % 2 === 0 ? 0 : 0xab);
        if (index % 2 === 0) iv[15] = index;
        return crypto.encryptAes("cbc", keyOf(index), iv, createSegment(index));
      };
      origin.answer = ({ path }) => {
        const index = /^\/keys\/(\d+)$/.exec(path)?.[1];
        return index === undefined ? undefined : { status: 200, body: keyOf(2 * Number(index)) };
      };
    });
    await running.server.advance(10_000, 50);
    expect(running.player.count("video")).toBeGreaterThan(80);
  });

  test("may be one of several variants, with the sound apart, and behind a redirect", async () => {
    const running = await start((origin) => {
      const multivariant = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="sound/list.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=100
low/list.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900,AUDIO="a"
high/list.m3u8
`;
      origin.segment = () => new Uint8Array();
      origin.answer = ({ path }) => {
        if (path === "/live/show.m3u8") {
          return { status: 302, body: "", fields: [["Location", "/other/place.m3u8"]] };
        }
        if (path === "/other/place.m3u8") return { status: 200, body: multivariant };
        const index = Number(/(\d+)\.ts$/.exec(path)?.[1]);
        if (/^\/other\/high\/\d/.test(path)) {
          // Its own sound is not taken.
          return { status: 200, body: createSegment(index) };
        }
        if (/^\/other\/sound\/\d/.test(path)) {
          return { status: 200, body: createSegment(index, { hasVideo: false }) };
        }
        return undefined;
      };
    });
    await running.server.advance(10_000, 50);
    const { player, origin } = running;
    expect(player.count("video")).toBeGreaterThan(80);
    const sounds = player.count("audio");
    expect(sounds).toBeGreaterThan(160);
    expect(sounds).toBeLessThan(260);
    expect(origin.requests.some((path) => path.includes("/low/"))).toBe(false);
  });

  test("may have its sound apart as packed audio, whose count of time goes on with the picture's", async () => {
    const running = await start((origin) => {
      const multivariant = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="sound/list.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=900,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="a"
high/list.m3u8
`;
      origin.answer = ({ path }) => {
        if (path === "/live/show.m3u8") return { status: 200, body: multivariant };
        const index = Number(/(\d+)\.ts$/.exec(path)?.[1]);
        if (!/\/sound\/\d/.test(path)) return undefined;
        return { status: 200, body: createPackedAudio(index) };
      };
    });
    await running.server.advance(10_000, 50);
    const { player } = running;
    expect(player.count("video")).toBeGreaterThan(80);
    expect(player.count("audio")).toBeGreaterThan(350);
  });

  test("is taken without its sound, if that is of a codec which is not known here", async () => {
    const running = await start((origin) => {
      const multivariant = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="sound/list.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=900,CODECS="avc1.4d401e,ec-3",AUDIO="a"
high/list.m3u8
`;
      origin.segment = (index) => createSegment(index, { hasAudio: false });
      origin.answer = ({ path }) =>
        path === "/live/show.m3u8" ? { status: 200, body: multivariant } : undefined;
    });
    await running.server.advance(10_000, 50);
    const { player, origin } = running;
    expect(player.count("video")).toBeGreaterThan(80);
    expect(origin.requests.some((path) => path.includes("/sound/"))).toBe(false);
  });

  test("of another codec is passed over where there is one that is known", async () => {
    const running = await start((origin) => {
      const multivariant = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=9000,CODECS="dvh1.05.06,ec-3"
best/list.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900,CODECS="avc1.4d401e,mp4a.40.2"
high/list.m3u8
`;
      origin.answer = ({ path }) =>
        path === "/live/show.m3u8" ? { status: 200, body: multivariant } : undefined;
    });
    await running.server.advance(5_000, 50);
    expect(running.origin.requests.some((path) => path.includes("/high/"))).toBe(true);
    expect(running.origin.requests.some((path) => path.includes("/best/"))).toBe(false);
  });

  test("with nothing that is known says so, and does not wait for ever", async () => {
    const { server } = await start((origin) => {
      origin.segment = () => new Uint8Array(188).fill(0xff).fill(0x47, 0, 1);
    });
    await server.advance(10_000, 50);
    expect(await report(server)).toMatchObject({
      problem: "Segments have no video or audio that is known here",
    });
  });

  test("may have its segments in one resource", async () => {
    const size = createSegment(0).length;
    const running = await start((origin) => {
      origin.playlist = () => {
        const first = origin.nextIndex - 6;
        const lines = Array.from({ length: 6 }, (_, place) => {
          return `#EXT-X-BYTERANGE:${size}@${(first + place) * size}\n#EXTINF:1,\nall.ts\n`;
        });
        const head = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:${first}\n`;
        return head + lines.join("");
      };
      origin.answer = ({ path, headers }) => {
        if (!path.endsWith("all.ts")) return undefined;
        const [, from, to] = /bytes=(\d+)-(\d+)/.exec(headers.get("range") ?? "") ?? [];
        expect(Number(to) - Number(from) + 1).toBe(size);
        return { status: 206, body: createSegment(Number(from) / size) };
      };
    });
    await running.server.advance(10_000, 50);
    expect(running.player.count("video")).toBeGreaterThan(80);
  });

  test("goes on where timestamps begin anew", async () => {
    const running = await start((origin) => {
      const isNew = (index: number): boolean => index >= 25;
      origin.linesOf = (index) => (index === 25 ? "#EXT-X-DISCONTINUITY\n" : "");
      origin.segment = (index) => createSegment(index, { offsetMs: isNew(index) ? -20_000 : 0 });
    });
    const [, ...counts] = await perSecond(running, 15);
    for (const count of counts) expect(count).toBeGreaterThanOrEqual(8);
  });

  test("is played to its end if it has one, and then again", async () => {
    const { server, player, origin } = await start((given) => {
      given.isEnded = true;
      given.windowLength = 5;
    });
    await server.advance(4_500, 50);
    expect(player.count("video")).toBeLessThan(48);
    await server.advance(1_500, 50);
    expect(origin.requests.filter((path) => path.endsWith("/0.ts"))).toHaveLength(2);
    expect(await report(server)).toMatchObject({ state: "pulling", connects: 2, failures: 1 });
  });
});

describe("a live playlist that ends", () => {
  test("is not played over and over, but what comes after it is", async () => {
    const { server, player, origin } = await start();
    await server.advance(8_000, 50);
    origin.endAt = origin.nextIndex;
    await server.advance(10_000, 50);
    expect(await report(server)).toMatchObject({ problem: "The stream has ended" });
    const count = player.count("video");
    await server.advance(90_000, 50);
    expect(player.count("video")).toBe(count);
    expect(await report(server)).toMatchObject({ connects: 1 });
    origin.endAt = undefined;
    await server.advance(40_000, 50);
    expect(await report(server)).toMatchObject({ state: "pulling", connects: 2 });
  });
});

describe("a server that falters", () => {
  test("loses the segments that it has not, and no more", async () => {
    const running = await start((origin) => {
      origin.answer = ({ path }) =>
        /(23|24)\.ts$/.test(path) ? { status: 404, body: "" } : undefined;
    });
    await running.server.advance(15_000, 50);
    expect(running.player.count("video")).toBeGreaterThan(110);
    expect(await report(running.server)).toMatchObject({ state: "pulling", failures: 0 });
  });

  test("is tried again when it has had no playlist for long, and not too often", async () => {
    let isGone = false;
    const running = await start((origin) => {
      origin.answer = () => (isGone ? { status: 503, body: "" } : undefined);
    });
    const { server, player, origin } = running;
    await server.advance(5_000, 50);
    isGone = true;
    origin.requests.splice(0);
    await server.advance(120_000, 100);
    expect((await report(server))["state"]).toBe("pausing");
    expect(origin.requests.length).toBeLessThan(80);
    isGone = false;
    const before = player.count("video");
    await server.advance(60_000, 100);
    expect((await report(server))["state"]).toBe("pulling");
    expect(player.count("video")).toBeGreaterThan(before);
  });

  test("that has begun anew is followed from its new numbers on", async () => {
    let back = 0;
    const running = await start((origin) => {
      const { playlist } = origin;
      origin.playlist = () =>
        playlist
          .call(origin)
          .replace(/(?<=SEQUENCE:)\d+/, (text) => `${Number(text) - back}`)
          .replace(/\d+(?=\.ts)/g, (text) => `${Number(text) - back}`);
    });
    await running.server.advance(5_000, 50);
    back = 15;
    const before = running.player.count("video");
    await running.server.advance(5_000, 50);
    expect(running.player.count("video") - before).toBeGreaterThan(30);
  });

  test.each([
    ["that is a page", "<html></html>"],
    ["that leads to what is no address of HTTP", playlistOf("file:///etc/passwd")],
    ["whose segments are no media", playlistOf("/live/page.html")],
    ["whose encryption is another one", playlistOf("/live/1.ts", "SAMPLE-AES")],
    ["that leads to itself", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nshow.m3u8\n"],
    ["without anything", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"],
  ])("a playlist %s is an error, and tried again", async (_, text) => {
    const { server, origin } = await start((given) => {
      given.playlist = () => text;
      given.answer = ({ path }) =>
        path === "/live/page.html" ? { status: 200, body: "<html>" } : undefined;
    });
    await server.advance(60_000, 100);
    const { problem, failures } = await report(server);
    expect(problem).not.toBeNull();
    expect(failures).toBeGreaterThan(1);
    expect(origin.requests.length).toBeLessThan(150);
  });
});

test("a stop leaves nothing behind, whatever it is waiting for", async () => {
  const { server } = await start();
  await server.advance(5_000, 50);
  await server.stop();
  await server.advance(60_000);
  expect(server.timerCount).toBe(0);
  expect(server.openSockets).toEqual([]);
});

function playlistOf(uri: string, method = "NONE"): string {
  const key = `#EXT-X-KEY:METHOD=${method},URI="k"\n`;
  return `#EXTM3U\n#EXT-X-TARGETDURATION:1\n${key}#EXTINF:1,\n${uri}\n`;
}
