/**
 * Goal: a stream goes out in each form that the operator wants, under the extension that names it, and
 * whoever asks for what cannot be had is told so, and soon.
 *
 * Method: the whole server in memory, a publisher with tracks that each form can carry or not, and
 * viewers by HTTP and WebSocket.
 */

import { describe, expect, test } from "vitest";
import { fromHex, joinBytes } from "../support/hex.ts";
import { AUDIO_FRAME, AUDIO_HEADER, type MemoryRtmpPeer } from "../support/memory-network.ts";
import { type ConfigValue, defaultVhost, MemoryServer } from "../support/memory-server.ts";
import { readTransportStream } from "../support/transport-stream.ts";

/** HLS has names on .ts as well; tests that are not about that do without. */
const NO_PACKAGING = { hls: { enabled: false }, cmaf: { enabled: false } };

/** FLV bodies: H.264 with parameter sets, MP3, AV1 and Opus. */
const H264_HEADER = fromHex("17 00 000000 0164001fffe10004 67640000 01 0004 68ee0000");
const H264_KEY_FRAME = fromHex("17 01 000000 00000004 65880000");
const MP3_FRAME = fromHex("2f fffb9264 00112233");
const AV1_HEADER = fromHex("90 61763031 81000c00");
const AV1_KEY_FRAME = fromHex("91 61763031 0a00");

async function start(vhost: ConfigValue = {}): Promise<MemoryServer> {
  return MemoryServer.start(defaultVhost({ ...NO_PACKAGING, ...vhost }));
}

type Bodies = { readonly video?: readonly Uint8Array[]; readonly audio?: readonly Uint8Array[] };

const H264_AAC: Bodies = {
  video: [H264_HEADER, H264_KEY_FRAME],
  audio: [AUDIO_HEADER, AUDIO_FRAME],
};

/** Publishes frames and waits until it is known what the stream is made of. */
async function publish(
  server: MemoryServer,
  { video = [], audio = [] }: Bodies = H264_AAC,
): Promise<MemoryRtmpPeer> {
  const publisher = await server.publish(server.rtmpUrl("live/show"));
  for (const body of video) publisher.client.sendVideo(0, body);
  for (const body of audio) publisher.client.sendAudio(0, body);
  await server.advance(2_000);
  return publisher;
}

describe("by HTTP", () => {
  test.each([
    ["flv", "video/x-flv"],
    ["ts", "video/MP2T"],
    ["aac", "audio/x-aac"],
    ["mp3", "audio/mpeg"],
  ])(".%s is %s", async (extension, mediaType) => {
    const server = await start();
    const audio = extension === "mp3" ? [MP3_FRAME, MP3_FRAME] : [AUDIO_HEADER, AUDIO_FRAME];
    await publish(server, { video: [H264_HEADER, H264_KEY_FRAME], audio });
    const viewer = await server.watch(server.httpUrl(`/live/show.${extension}`));
    expect(viewer.status).toBe(200);
    expect(viewer.answerHead?.fields.get("content-type")).toBe(mediaType);
    expect(viewer.answerHead?.fields.get("cache-control")).toBe("no-store");
    expect(viewer.capture.bytes.length).toBeGreaterThan(0);
    await viewer.vanish();
    const protocol = `http-${extension}`;
    expect(server.events("play started")).toMatchObject([{ protocol, url: "/live/show" }]);
    expect(server.events("session ended")).toMatchObject([{ type: "flv-play", protocol }]);
    const head = await server.fetch(`/live/show.${extension}`, { method: "HEAD" });
    expect(head.head.fields.get("content-type")).toBe(mediaType);
  });

  test("MPEG-TS holds both tracks, AAC the sound alone", async () => {
    const server = await start();
    await publish(server);
    const ts = await server.watch(server.httpUrl("/live/show.ts"));
    const { maps, pesPackets } = readTransportStream(ts.capture.bytes);
    expect(maps.at(-1)?.streams.map(({ streamType }) => streamType)).toEqual([0x1b, 0x0f]);
    expect(pesPackets.map(({ pid }) => pid)).toEqual([0x100, 0x101]);
    const aac = await server.watch(server.httpUrl("/live/show.aac"));
    const adts = joinBytes(fromHex("fff15080017ffc"), AUDIO_FRAME.subarray(2));
    expect(aac.capture.bytes).toEqual(Buffer.from(adts));
  });

  test("MP3 holds an empty tag and the frames", async () => {
    const server = await start();
    const publisher = await publish(server, { audio: [MP3_FRAME] });
    const viewer = await server.watch(server.httpUrl("/live/show.mp3"));
    publisher.client.sendAudio(40, MP3_FRAME);
    await server.advance(2_000);
    const bytes = joinBytes(fromHex("4944330300000000000a"), new Uint8Array(10));
    expect(viewer.capture.bytes).toEqual(Buffer.from(joinBytes(bytes, MP3_FRAME.subarray(1))));
  });

  test("fast_cache gives a listener what was before", async () => {
    const server = await start({ http_remux: { fast_cache: 1 } });
    const publisher = await publish(server);
    const first = await server.watch(server.httpUrl("/live/show.aac"));
    for (let ms = 20; ms <= 2_000; ms += 20) publisher.client.sendAudio(ms, AUDIO_FRAME);
    await server.advance(2_000);
    const second = await server.watch(server.httpUrl("/live/show.aac"));
    const frameSize = 7 + AUDIO_FRAME.length - 2;
    expect(first.capture.bytes.length).toBe(101 * frameSize);
    expect(second.capture.bytes.length).toBe(51 * frameSize);
  });

  test.each<[string, string, Bodies]>([
    ["aac", "its audio is mp3", { audio: [MP3_FRAME] }],
    ["mp3", "its audio is aac", H264_AAC],
    ["aac", "it has no audio", { video: [H264_HEADER, H264_KEY_FRAME] }],
    ["ts", "MPEG-TS cannot carry av1", { video: [AV1_HEADER, AV1_KEY_FRAME] }],
  ])(".%s of a stream that cannot be played so is answered: %s", async (extension, why, bodies) => {
    const server = await start();
    const early = await server.watch(server.httpUrl(`/live/show.${extension}`));
    await publish(server, bodies);
    const message = `Cannot play "/live/show": ${why}`;
    expect(early.capture.bytes.toString()).toBe(JSON.stringify({ code: 404, message }));
    expect(early.status).toBe(404);
    const late = await server.fetch(`/live/show.${extension}`);
    expect(late).toMatchObject({ status: 404, text: JSON.stringify({ code: 404, message }) });
    const ends = server.events("session ended").map(({ reason }) => reason);
    expect(ends).toEqual(["not_playable", "not_playable"]);
  });

  test("MPEG-TS leaves out what it cannot carry, and has the rest", async () => {
    const server = await start();
    const audio = [AUDIO_HEADER, AUDIO_FRAME];
    await publish(server, { video: [AV1_HEADER, AV1_KEY_FRAME], audio });
    const viewer = await server.watch(server.httpUrl("/live/show.ts"));
    const { maps } = readTransportStream(viewer.capture.bytes);
    expect(maps.at(-1)?.streams).toMatchObject([{ pid: 0x101 }]);
  });

  test("a stream of another name is waited for, in each form", async () => {
    const server = await start({ play: { wait_stream: 7 } });
    const extensions = ["flv", "ts", "aac", "mp3"];
    const viewers = await Promise.all(
      extensions.map((extension) => server.watch(server.httpUrl(`/live/other.${extension}`))),
    );
    await server.advance(6_000);
    expect(viewers.map(({ isEnded }) => isEnded)).toEqual([false, false, false, false]);
    await server.advance(2_000);
    expect(viewers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  });
});

describe("by WebSocket", () => {
  test("MPEG-TS comes in messages of whole packets", async () => {
    const server = await start();
    await publish(server);
    const viewer = await server.watchByWebSocket(server.httpUrl("/live/show.ts"));
    expect(readTransportStream(viewer.capture.bytes).pesPackets).toHaveLength(2);
    await viewer.vanish();
    expect(server.events("session ended")).toMatchObject([{ protocol: "ws-ts" }]);
  });

  test.each(["aac", "mp3"])(".%s is refused", async (extension) => {
    const server = await start();
    await publish(server);
    const url = server.httpUrl(`/live/show.${extension}`);
    await expect(server.watchByWebSocket(url)).rejects.toThrow("400");
  });

  test("a stream that cannot be played so ends with the reason", async () => {
    const server = await start();
    await publish(server, { video: [AV1_HEADER, AV1_KEY_FRAME] });
    const viewer = await server.watchByWebSocket(server.httpUrl("/live/show.ts"));
    await server.advance(1_000);
    expect(viewer.closeCode).toBe(4404);
  });
});

describe("names that are those of files too", () => {
  const FILES = { "/www/live/show.ts": "a segment", "/www/live/show.mp3": "a song" };

  async function startWithFiles(vhost: ConfigValue): Promise<MemoryServer> {
    const config = { ...defaultVhost(vhost), http_server: { enabled: true, dir: "/www" } };
    return MemoryServer.start(config, { files: FILES });
  }

  test("are the stream's while somebody publishes it, and else the file's", async () => {
    const server = await startWithFiles(NO_PACKAGING);
    expect(await server.fetch("/live/show.mp3")).toMatchObject({ status: 200, text: "a song" });
    expect(await server.fetch("/live/show.ts")).toMatchObject({ status: 200, text: "a segment" });
    await publish(server);
    const viewer = await server.watch(server.httpUrl("/live/show.ts"));
    expect(viewer.capture.bytes[0]).toBe(0x47);
  });

  test.each([{ hls: { enabled: true } }, { cmaf: { enabled: true } }])(
    "%j: a .ts that is neither is not waited for",
    async (packaging) => {
      const server = await startWithFiles({ ...NO_PACKAGING, ...packaging });
      expect(await server.fetch("/live/gone-7.ts")).toMatchObject({
        status: 404,
        text: '{"code":404,"message":"Cannot play \\"/live/gone-7\\": nobody publishes it"}',
      });
      await publish(server);
      const viewer = await server.watch(server.httpUrl("/live/show.ts"));
      expect(viewer.capture.bytes[0]).toBe(0x47);
      const waiting = await server.watch(server.httpUrl("/live/gone-7.flv"));
      await server.advance(5_000);
      expect(waiting.isEnded).toBe(false);
    },
  );
});
