/**
 * Goal: what a publisher sends reaches players of every protocol bit by bit, with its times.
 *
 * Method: FFmpeg publishes a file with B-frames; ffprobe by RTMP and clients of our own by HTTP-FLV
 * and WebSocket-FLV take it, and the packets' hashes and times are compared with the file's.
 */

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { expectPartOf, expectWholeOf } from "../support/compare-packets.ts";
import { probePackets, publishFile } from "../support/ffmpeg.ts";
import { FlvCapture } from "../support/flv-capture.ts";
import { media } from "../support/media.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { within } from "../support/wait.ts";

/** FLV tag types. */
const AUDIO = 8;
const VIDEO = 9;
const SCRIPT = 18;

/** Four seconds of the source. */
const VIDEO_COUNT = 100;
const PACKET_COUNT = 280;

let server: TestServer;

beforeAll(async () => {
  // Streams end with their publisher, so that tests need not wait.
  server = await startServer({
    config: { vhosts: { __defaultVhost__: { publish: { grace_ms: 0 } } } },
  });
});

afterAll(() => server.stop());

describe("a file with B-frames, published in real time", () => {
  test("reaches RTMP, HTTP-FLV and WebSocket-FLV players as it is", async () => {
    const file = await media("h264-aac.flv");
    const source = await probePackets(file);
    expect(source.some(({ pts, dts }) => pts !== dts)).toBe(true);
    const publisher = publishFile(file, server.rtmpUrl("live/real-time"));
    onTestFinished(async () => void (await publisher.end()));

    const byHttp = await FlvCapture.http(server.httpUrl("/live/real-time.flv"));
    const byWebSocket = await FlvCapture.webSocket(
      server.httpUrl("/live/real-time.flv").replace("http", "ws"),
    );
    const byRtmp = probePackets(server.rtmpUrl("live/real-time"), PACKET_COUNT);
    for (const [name, capture] of Object.entries({ byHttp, byWebSocket })) {
      await capture.waitForTags(VIDEO, VIDEO_COUNT);
      capture.close();
      expectPartOf(await probePackets(capture.save(`${server.folder}/${name}.flv`)), source);
    }
    expectPartOf(await byRtmp, source);
  });

  test("starts late viewers with a key frame from the GOP cache", async () => {
    const publisher = publishFile(await media("h264-aac.flv"), server.rtmpUrl("live/late"));
    onTestFinished(async () => void (await publisher.end()));
    const early = await FlvCapture.http(server.httpUrl("/live/late.flv"));
    await early.waitForTags(VIDEO, 40);
    early.close();

    const late = await FlvCapture.http(server.httpUrl("/live/late.flv"));
    await late.waitForTags(VIDEO, 2);
    late.close();
    const tags = late.tags();
    const pictures = tags.filter(({ type }) => type === VIDEO);
    // Metadata and the sequence headers, then FrameType 1 with AVCPacketType 0, and 1.
    expect(tags[0]?.type).toBe(SCRIPT);
    expect([...(pictures[0]?.body.subarray(0, 2) ?? [])]).toEqual([0x17, 0]);
    expect([...(pictures[1]?.body.subarray(0, 2) ?? [])]).toEqual([0x17, 1]);
    const sound = tags.find(({ type }) => type === AUDIO);
    expect([...(sound?.body.subarray(0, 2) ?? [])]).toEqual([0xaf, 0]);
  });
});

describe("a file published as fast as the network takes it", () => {
  test("reaches waiting players whole, and ends for them when it ends", async () => {
    const file = await media("h264-aac.flv");
    const url = server.httpUrl("/live/fast.flv");
    const waiting = [FlvCapture.http(url), FlvCapture.webSocket(url.replace("http", "ws"))];
    const rtmp = await RtmpPeer.play(server.rtmpUrl("live/fast"));
    onTestFinished(() => rtmp.close());

    const publisher = publishFile(file, server.rtmpUrl("live/fast"), { isFast: true });
    expect((await within("the publisher's end", publisher.exited)).code).toBe(0);

    const source = await probePackets(file);
    for (const [index, opening] of waiting.entries()) {
      const capture = await opening;
      await capture.waitForEnd();
      const path = capture.save(`${server.folder}/fast-${index}.flv`);
      expectWholeOf(await probePackets(path), source);
    }
    // Each track's sequence header comes in addition to its packets.
    const videoCount = source.filter(({ codecType }) => codecType === "video").length;
    await rtmp.waitForMedia("video", videoCount + 1);
    await rtmp.waitForMedia("audio", source.length - videoCount + 1);
  });
});
