/**
 * Goal: HEVC and Opus, which only Enhanced RTMP can carry, reach players byte by byte.
 *
 * Method: a publisher of our own sends what FFmpeg encoded; FLV bodies are built here from the
 * Enhanced RTMP specification, not by the code under test, and compared with what players get.
 */

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { FlvCapture } from "../support/flv-capture.ts";
import { media } from "../support/media.ts";
import { type Mp4Sample, readMp4 } from "../support/mp4-samples.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import { startServer, type TestServer } from "../support/server.ts";

const AUDIO = 8;
const VIDEO = 9;

// Enhanced RTMP v2, "Enhanced Video" and "Enhanced Audio": IsExHeader with FrameType, SoundFormat.
const EX_VIDEO_KEY = 0x90;
const EX_VIDEO_INTER = 0xa0;
const EX_AUDIO = 0x90;
const SEQUENCE_START = 0;
const CODED_FRAMES = 1;
const CODED_FRAMES_X = 3;

/** Four seconds, of which the last are still on the way when the test looks. */
const SECONDS_MS = 4000;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

function body(first: number, fourCc: string, ...parts: Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from([first]), Buffer.from(fourCc, "latin1"), ...parts]);
}

function videoBody({ compositionTimeOffset, isKeyFrame, data }: Mp4Sample): Buffer {
  const kind = isKeyFrame ? EX_VIDEO_KEY : EX_VIDEO_INTER;
  if (compositionTimeOffset === 0) return body(kind | CODED_FRAMES_X, "hvc1", data);
  const offset = Buffer.alloc(3);
  offset.writeIntBE(compositionTimeOffset, 0, 3);
  return body(kind | CODED_FRAMES, "hvc1", offset, data);
}

test("HEVC and Opus reach RTMP and HTTP-FLV players as they were sent", async () => {
  const { tracks, samples } = await readMp4(await media("hevc-opus.mp4"));
  const configurationOf = (codec: string): Uint8Array =>
    tracks.find((track) => track.codec === codec)?.configuration ?? new Uint8Array();
  const sent = samples.filter(({ dts }) => dts < SECONDS_MS);
  const pictures = sent.filter(({ codec }) => codec === "hevc");
  const sounds = sent.filter(({ codec }) => codec === "opus");
  const videoBodies = [
    body(EX_VIDEO_KEY | SEQUENCE_START, "hvc1", configurationOf("hevc")),
    ...pictures.map(videoBody),
  ];
  const audioBodies = [
    body(EX_AUDIO | SEQUENCE_START, "Opus", configurationOf("opus")),
    ...sounds.map(({ data }) => body(EX_AUDIO | CODED_FRAMES, "Opus", data)),
  ];
  expect(pictures.some(({ compositionTimeOffset }) => compositionTimeOffset > 0)).toBe(true);
  expect(configurationOf("opus").subarray(0, 8)).toEqual(new TextEncoder().encode("OpusHead"));

  const player = await RtmpPeer.play(server.rtmpUrl("live/enhanced"));
  onTestFinished(() => player.close());
  const publisher = await RtmpPeer.publish(server.rtmpUrl("live/enhanced"));
  onTestFinished(() => publisher.close());
  const { client } = publisher;
  client.sendVideo(0, videoBodies[0] ?? Buffer.alloc(0));
  client.sendAudio(0, audioBodies[0] ?? Buffer.alloc(0));
  let audioIndex = 1;
  for (const sample of sent) {
    if (sample.codec === "hevc") client.sendVideo(sample.dts, videoBody(sample));
    else client.sendAudio(sample.dts, audioBodies[audioIndex++] ?? Buffer.alloc(0));
  }

  const playedVideo = await player.waitForMedia("video", videoBodies.length);
  const playedAudio = await player.waitForMedia("audio", audioBodies.length);
  expect(playedVideo.map(({ payload }) => Buffer.from(payload))).toEqual(videoBodies);
  expect(playedAudio.map(({ payload }) => Buffer.from(payload))).toEqual(audioBodies);
  const start = playedVideo[1]?.timestamp ?? 0;
  expect(playedVideo.slice(1).map(({ timestamp }) => timestamp - start)).toEqual(
    pictures.map(({ dts }) => dts - (pictures[0]?.dts ?? 0)),
  );

  // A late viewer: both sequence headers, then everything since the last key frame.
  const late = await FlvCapture.http(server.httpUrl("/live/enhanced.flv"));
  const lastKeyFrame = pictures.findLastIndex(({ isKeyFrame }) => isKeyFrame);
  const lateVideo = [videoBodies[0], ...videoBodies.slice(lastKeyFrame + 1)];
  const lateTags = await late.waitForTags(VIDEO, lateVideo.length);
  late.close();
  expect(lateTags.map(({ body }) => body)).toEqual(lateVideo);
  expect(late.tags().find(({ type }) => type === AUDIO)?.body).toEqual(audioBodies[0]);
});
