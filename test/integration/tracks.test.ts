/**
 * Goal: a stream may have only sound or only pictures, and its FLV header says so, since players
 * wait for every track that it announces.
 *
 * Method: publish such files by FFmpeg, read the header's flags, and compare the packets.
 */

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { expectPartOf } from "../support/compare-packets.ts";
import { probePackets, publishFile } from "../support/ffmpeg.ts";
import { FlvCapture } from "../support/flv-capture.ts";
import { type MediaName, media } from "../support/media.ts";
import { startServer, type TestServer } from "../support/server.ts";

const AUDIO = 8;
const VIDEO = 9;
const HAS_AUDIO = 0x04;
const HAS_VIDEO = 0x01;

/** Two seconds of the stream, in packets of either kind. */
const COUNT = 50;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

const CASES: readonly [MediaName, number, number][] = [
  ["aac.flv", AUDIO, HAS_AUDIO],
  ["h264.flv", VIDEO, HAS_VIDEO],
  ["h264-aac.flv", VIDEO, HAS_AUDIO | HAS_VIDEO],
];

test.each(CASES)("%s plays, and its header announces what it has", async (name, type, flags) => {
  const file = await media(name);
  const stream = `live/${name.replace(".flv", "")}`;
  const publisher = publishFile(file, server.rtmpUrl(stream));
  onTestFinished(async () => void (await publisher.end()));

  const source = await probePackets(file);
  const byRtmp = probePackets(server.rtmpUrl(stream), COUNT);
  const capture = await FlvCapture.http(server.httpUrl(`/${stream}.flv`));
  await capture.waitForTags(type, COUNT);
  capture.close();

  expect(capture.status).toBe(200);
  expect(capture.headers["content-type"]).toBe("video/x-flv");
  expect(capture.bytes.subarray(0, 3).toString("latin1")).toBe("FLV");
  expect(capture.bytes[4]).toBe(flags);
  expectPartOf(await probePackets(capture.save(`${server.folder}/${name}`)), source);
  expectPartOf(await byRtmp, source);
});
