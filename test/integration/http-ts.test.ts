/**
 * Goal: what a publisher sends reaches players of MPEG-TS, AAC and MP3 bit by bit, with its times, and
 * a browser plays it.
 *
 * Method: FFmpeg, and a publisher of our own for what FFmpeg cannot send, publish files; the streams
 * are taken by HTTP and WebSocket, and what FFmpeg finds in them is compared with what it finds in the
 * files, both as a byte stream without parameter sets (see copied-packets.ts). ffprobe plays by itself,
 * and so does mpegts.js in Chromium.
 */

import { writeFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { expectPartOf } from "../support/compare-packets.ts";
import { type CopyOptions, copiedPackets } from "../support/copied-packets.ts";
import { type Packet, probePackets, publishFile } from "../support/ffmpeg.ts";
import { FlvCapture } from "../support/flv-capture.ts";
import { type MediaName, media } from "../support/media.ts";
import { type Mp4Sample, readMp4 } from "../support/mp4-samples.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { readTransportStream } from "../support/transport-stream.ts";
import { PATIENCE_MS, waitFor } from "../support/wait.ts";

const PACKET_SIZE = 188;
/** Some seconds of each source. */
const CAPTURE_SIZE = { video: 150_000, audio: 24_000 };

let server: TestServer;

beforeAll(async () => {
  server = await startServer({
    config: {
      vhosts: { __defaultVhost__: { hls: { enabled: false }, cmaf: { enabled: false } } },
    },
  });
});

afterAll(() => server.stop());

async function publish(file: MediaName, stream: string): Promise<string> {
  const path = await media(file);
  const publisher = publishFile(path, server.rtmpUrl(stream));
  onTestFinished(async () => void (await publisher.end()));
  return path;
}

/** Takes a stream until there is enough of it, and writes that to a file. */
async function capture(path: string, size: number): Promise<string> {
  const url = server.httpUrl(path);
  const isWebSocket = path.includes("?ws");
  const player = isWebSocket
    ? await FlvCapture.webSocket(url.replace("http", "ws"))
    : await FlvCapture.http(url);
  await waitFor(`${size} bytes of ${path}`, () => player.bytes.length >= size, 2 * PATIENCE_MS);
  player.close();
  const { bytes } = player;
  const whole = bytes.subarray(0, bytes.length - (bytes.length % PACKET_SIZE));
  const file = `${server.folder}/${path.replaceAll(/\W/g, "-")}`;
  writeFileSync(file, path.includes(".ts") ? whole : bytes);
  if (path.includes(".ts")) readTransportStream(whole, true); // Throws if a rule is broken.
  return file;
}

/**
 * Expects that the capture is a part of the source. Its last packets are cut off somewhere, and its
 * first ones may be of sound from before the first picture.
 */
async function expectCaptured(
  file: string,
  source: readonly Packet[],
  options: Omit<CopyOptions, "kind">,
): Promise<void> {
  const captured = await copiedPackets(file, { kind: "mpegts", ...options });
  const cut = (kind: Packet["codecType"]): Packet[] =>
    captured.filter(({ codecType }) => codecType === kind).slice(0, -1);
  expectPartOf([...cut("video"), ...cut("audio")], source);
}

describe("MPEG-TS", () => {
  test("H.264 with B-frames and AAC, by HTTP and by WebSocket", async () => {
    const options = { video: "h264", audio: "aac" } as const;
    const file = await publish("h264-aac.flv", "live/av");
    const source = await copiedPackets(file, { kind: "flv", ...options });
    const [byHttp, byWebSocket] = await Promise.all([
      capture("/live/av.ts", CAPTURE_SIZE.video),
      capture("/live/av.ts?ws", CAPTURE_SIZE.video),
    ]);
    await expectCaptured(byHttp, source, options);
    await expectCaptured(byWebSocket, source, options);

    const probed = await probePackets(server.httpUrl("/live/av.ts"), 100);
    expect(new Set(probed.map(({ codecType }) => codecType))).toEqual(new Set(["video", "audio"]));
    expect(probed.find(({ codecType }) => codecType === "video")?.isKeyFrame).toBe(true);
  });

  test("AAC alone", async () => {
    const options = { audio: "aac" } as const;
    const file = await publish("aac.flv", "live/radio");
    const source = await copiedPackets(file, { kind: "flv", ...options });
    await expectCaptured(await capture("/live/radio.ts", CAPTURE_SIZE.audio), source, options);
  });

  test("MP3", async () => {
    const options = { audio: "mp3" } as const;
    const file = await publish("mp3.flv", "live/mp3");
    const source = await copiedPackets(file, { kind: "flv", ...options });
    await expectCaptured(await capture("/live/mp3.ts", CAPTURE_SIZE.audio), source, options);
  });

  test("HEVC and Opus, which come by Enhanced RTMP", async () => {
    const path = await media("hevc-opus.mp4");
    const options = { video: "hevc", audio: "opus" } as const;
    const source = await copiedPackets(path, { kind: "mp4", ...options });
    const playing = capture("/live/hevc.ts", CAPTURE_SIZE.video);
    const publisher = await RtmpPeer.publish(server.rtmpUrl("live/hevc"));
    onTestFinished(() => publisher.close());
    await sendEnhanced(publisher, path);
    await expectCaptured(await playing, source, options);
  });
});

describe("sound alone", () => {
  test(".aac of a stream with video is its AAC", async () => {
    const file = await publish("h264-aac.flv", "live/aac");
    const source = await copiedPackets(file, { kind: "flv", video: "h264", audio: "aac" });
    const captured = await capture("/live/aac.aac", CAPTURE_SIZE.audio);
    expectRun(await copiedPackets(captured, { kind: "aac", audio: "aac" }), source);
    const probed = await probePackets(server.httpUrl("/live/aac.aac"), 50);
    expect(probed.length).toBeGreaterThanOrEqual(50);
  });

  test(".mp3 is its MP3", async () => {
    const file = await publish("mp3.flv", "live/song");
    const source = await copiedPackets(file, { kind: "flv", audio: "mp3" });
    const captured = await capture("/live/song.mp3", CAPTURE_SIZE.audio);
    expectRun(await copiedPackets(captured, { kind: "mp3", audio: "mp3" }), source);
  });
});

describe("mpegts.js in Chromium", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(() => browser.close());

  test.each(["http", "ws"])("plays MPEG-TS by %s", async (protocol) => {
    await publish("h264-aac.flv", `live/chromium-${protocol}`);
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(server.httpUrl("/?stream=live/nothing")); // It brings mpegts.js.
    const path = `/live/chromium-${protocol}.ts`;
    await play(page, server.httpUrl(path).replace(/^http/, protocol));
    const view = await waitFor("the picture to move", async () => {
      const seen = await page.evaluate<View>(VIEW);
      if (seen.errors.length > 0) throw new Error(`mpegts.js says: ${seen.errors.join()}`);
      return seen.currentTime > seen.startTime + 3 ? seen : undefined;
    });
    expect(view.frames).toBeGreaterThan(50);
    expect([view.width, view.height]).toEqual([320, 180]);
  });
});

interface View {
  readonly startTime: number;
  readonly currentTime: number;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly errors: readonly string[];
}

// Evaluated in the page, hence texts: what is in the page is not in the test's types.
const VIEW = `({
  startTime: ts.video.played.length > 0 ? ts.video.played.start(0) : Infinity,
  currentTime: ts.video.currentTime,
  frames: ts.video.getVideoPlaybackQuality().totalVideoFrames,
  width: ts.video.videoWidth,
  height: ts.video.videoHeight,
  errors: ts.errors,
})`;

async function play(page: Page, url: string): Promise<void> {
  await page.evaluate(`{
    const video = document.createElement("video");
    video.muted = true;
    document.body.append(video);
    const player = mpegts.createPlayer({ type: "mpegts", isLive: true, url: ${JSON.stringify(url)} });
    globalThis.ts = { video, player, errors: [] };
    player.on(mpegts.Events.ERROR, (type, detail) => ts.errors.push(type + " " + detail));
    player.attachMediaElement(video);
    player.load();
    void player.play();
  }`);
}

/** Expects the content of `part`, whose times a bare run of frames does not have, within `source`. */
function expectRun(part: readonly Packet[], source: readonly Packet[]): void {
  const hashes = part.slice(0, -1).map(({ hash }) => hash);
  const all = source.filter(({ codecType }) => codecType === "audio").map(({ hash }) => hash);
  const start = all.indexOf(hashes[0] ?? "");
  expect(hashes.length).toBeGreaterThan(50);
  expect(all.slice(start, start + hashes.length)).toEqual(hashes);
}

// Enhanced RTMP v2, "Enhanced Video" and "Enhanced Audio": IsExHeader with FrameType, SoundFormat.
const EX_VIDEO_KEY = 0x90;
const EX_VIDEO_INTER = 0xa0;
const EX_AUDIO = 0x90;
const SEQUENCE_START = 0;
const CODED_FRAMES = 1;

/** Sends the file's first seconds as they are, all at once. */
async function sendEnhanced({ client }: RtmpPeer, path: string): Promise<void> {
  const { tracks, samples } = await readMp4(path);
  const body = (first: number, fourCc: string, ...parts: Uint8Array[]): Buffer =>
    Buffer.concat([Buffer.from([first]), Buffer.from(fourCc, "latin1"), ...parts]);
  const videoBody = ({ compositionTimeOffset, isKeyFrame, data }: Mp4Sample): Buffer => {
    const offset = Buffer.alloc(3);
    offset.writeIntBE(compositionTimeOffset, 0, 3);
    return body((isKeyFrame ? EX_VIDEO_KEY : EX_VIDEO_INTER) | CODED_FRAMES, "hvc1", offset, data);
  };
  for (const { codec, configuration } of tracks) {
    if (codec === "hevc") {
      client.sendVideo(0, body(EX_VIDEO_KEY | SEQUENCE_START, "hvc1", configuration));
    } else {
      client.sendAudio(0, body(EX_AUDIO | SEQUENCE_START, "Opus", configuration));
    }
  }
  for (const sample of samples.filter(({ dts }) => dts < 8_000)) {
    if (sample.codec === "hevc") client.sendVideo(sample.dts, videoBody(sample));
    else client.sendAudio(sample.dts, body(EX_AUDIO | CODED_FRAMES, "Opus", sample.data));
  }
}
