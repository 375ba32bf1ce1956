/**
 * Goal: with a configuration in SRS's format, HLS is what SRS's backends and players know: the same
 * playlist on disk, the same names, and the same dialogue about sessions.
 *
 * Method: publish a file, read what is on disk, and ask by HTTP as a player does, and as the API's
 * clients do. The expected texts are SRS's as anybody can capture them.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { probePackets, publishFile } from "../support/ffmpeg.ts";
import { packagedSource } from "../support/packaged-source.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { readFlvMessages, SteppedPublisher } from "../support/stepped-publisher.ts";
import { waitFor } from "../support/wait.ts";

/** What SRS writes: no tag more, and no space less. */
const PLAYLIST =
  /^#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:\d+\n#EXT-X-TARGETDURATION:4\n((#EXT-X-DISCONTINUITY\n)?#EXTINF:\d+\.\d{3}, no desc\nlivestream-\d+\.ts(\?hls_ctx=[\w-]+)?\n)+$/;

let server: TestServer;
let folder: string;
let publisher: SteppedPublisher;

beforeAll(async () => {
  server = await startServer({
    srsConfig: ({ rtmp, http, api }, home) => `
      listen 127.0.0.1:${rtmp};
      daemon off;
      srs_log_tank console;
      http_server { enabled on; listen 127.0.0.1:${http}; dir ${home}/html; }
      http_api { enabled on; listen 127.0.0.1:${api}; }
      vhost __defaultVhost__ {
        publish { normal_timeout 60000; }
        hls { enabled on; hls_path ${home}/html; hls_fragment 4; hls_window 20; }
      }
    `,
  });
  folder = `${server.folder}/html/live`;
  const source = await packagedSource("h264-aac.flv", { video: "h264", audio: "aac" });
  const messages = readFlvMessages(source.path);
  publisher = await SteppedPublisher.open(server.rtmpUrl("live/livestream"), messages);
  // Eleven whole segments, and half a one.
  publisher.sendUntil(46_000);
  await waitFor("segment 10 on disk", () => readPlaylist()?.includes("livestream-10.ts"));
});

afterAll(async () => {
  publisher.close();
  await server.stop();
});

function readPlaylist(): string | undefined {
  const path = `${folder}/livestream.m3u8`;
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

async function get(path: string): Promise<{ status: number; type: string; text: string }> {
  const answer = await fetch(server.httpUrl(path));
  const type = answer.headers.get("content-type") ?? "";
  return { status: answer.status, type, text: await answer.text() };
}

/** The playlist by which a player is led to its session. */
function leading(path: string): RegExp {
  const escaped = path.replaceAll(/[.?&]/g, "\\$&").replace("CTX", "(\\w{8})");
  return new RegExp(
    `^#EXTM3U\\n#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1\\n${escaped}\\n$`,
  );
}

interface ApiClient {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly send_bytes: number;
}

async function findClient(id: string): Promise<ApiClient | undefined> {
  const answer = await fetch(server.apiUrl("/api/v1/clients/?count=100"));
  const { clients } = (await answer.json()) as { clients: ApiClient[] };
  return clients.find((client) => client.id === id);
}

describe("on disk", () => {
  test("the playlist has SRS's form, and its window", () => {
    const text = readPlaylist() ?? "";
    expect(text).toMatch(PLAYLIST);
    // Six of four seconds: the oldest goes when the others are longer than the window.
    expect(text.match(/livestream-\d+\.ts/g)).toEqual(
      [5, 6, 7, 8, 9, 10].map((number) => `livestream-${number}.ts`),
    );
    expect(text).toContain("#EXT-X-MEDIA-SEQUENCE:5\n");
    expect(text.match(/#EXTINF.*/g)).toEqual(Array(6).fill("#EXTINF:4.000, no desc"));
  });

  test("there is what it names, and nothing of what has left it long ago", () => {
    const names = readdirSync(folder);
    for (const number of [5, 6, 7, 8, 9, 10]) expect(names).toContain(`livestream-${number}.ts`);
    expect(names).not.toContain("livestream-0.ts");
  });
});

describe("a player's session", () => {
  test("begins with a playlist that leads to the same one, the query with it", async () => {
    const first = await get("/live/livestream.m3u8?token=t1&a=b");
    expect(first.status).toBe(200);
    expect(first.type).toBe("application/vnd.apple.mpegurl");
    expect(first.text).toMatch(leading("/live/livestream.m3u8?hls_ctx=CTX&token=t1&a=b"));

    const [, , address = ""] = first.text.split("\n");
    const [, id = ""] = /hls_ctx=(\w+)/.exec(address) ?? [];
    const playlist = await get(address);
    expect(playlist.text).toMatch(PLAYLIST);
    expect(playlist.text).toContain(`livestream-10.ts?hls_ctx=${id}\n`);
    expect(playlist.text.replaceAll(`?hls_ctx=${id}`, "")).toBe(readPlaylist());

    const before = await findClient(id);
    expect(before).toMatchObject({ type: "hls-play", name: "livestream.m3u8" });
    const segment = await fetch(server.httpUrl(`/live/livestream-10.ts?hls_ctx=${id}`));
    expect(segment.headers.get("content-type")).toBe("video/MP2T");
    const bytes = Buffer.from(await segment.arrayBuffer());
    expect(bytes.equals(readFileSync(`${folder}/livestream-10.ts`))).toBe(true);
    const after = await findClient(id);
    expect(after?.send_bytes).toBe((before?.send_bytes ?? 0) + bytes.length);
  });

  test("has the id that its player brings", async () => {
    const { text } = await get("/live/livestream.m3u8?hls_ctx=myctx123");
    expect(text).toMatch(leading("/live/livestream.m3u8?hls_ctx=myctx123"));
    expect(await findClient("myctx123")).toMatchObject({ type: "hls-play" });
    expect((await get("/live/livestream.m3u8?hls_ctx=myctx123")).text).toMatch(PLAYLIST);
  });

  test("ends when it is kicked, and says so", async () => {
    await get("/live/livestream.m3u8?hls_ctx=kicked00");
    const url = server.apiUrl("/api/v1/clients/kicked00");
    expect((await fetch(url, { method: "DELETE" })).status).toBe(200);
    const { status, text } = await get("/live/livestream.m3u8?hls_ctx=kicked00");
    expect(status).toBe(404);
    expect(text).toContain("HLS stream kicked00 is EOF");
    expect(await findClient("kicked00")).toBe(undefined);
  });

  test("there is none of a stream that there is not", async () => {
    expect((await get("/live/nostream.m3u8")).status).toBe(404);
    expect((await get("/live/nostream.m3u8?hls_ctx=")).status).toBe(404);
  });

  test("FFmpeg plays through it", async () => {
    const path = (await packagedSource("h264-aac.flv", {})).path;
    const live = publishFile(path, server.rtmpUrl("live/livestream-2"), { isFast: true });
    onTestFinished(async () => void (await live.end()));
    await live.exited;
    const packets = await probePackets(server.httpUrl("/live/livestream-2.m3u8"), 200);
    expect(packets.find(({ codecType }) => codecType === "video")?.isKeyFrame).toBe(true);
    expect(packets.length).toBe(200);
  });
});

test("a publisher who leaves has all that was sent in the playlist", async () => {
  publisher.close();
  const text = await waitFor("the last segment", () => {
    const seen = readPlaylist();
    return seen?.includes("livestream-11.ts") && seen;
  });
  expect(text).toMatch(PLAYLIST);
  // From 44 s to 46 s.
  expect(text).toMatch(/#EXTINF:(1\.9\d\d|2\.000), no desc\nlivestream-11\.ts\n$/);
});
