/**
 * Goal: players see a stream, not a connection: they may come before its publisher, and stay when it
 * goes and comes back. A name has one publisher at a time, and a dead one does not keep it.
 *
 * Method: FFmpeg publishes and is ended in every way there is; players of our own watch.
 */

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { publishFile } from "../support/ffmpeg.ts";
import { type CapturedTag, FlvCapture } from "../support/flv-capture.ts";
import { media } from "../support/media.ts";
import type { Program } from "../support/program.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor, within } from "../support/wait.ts";

const VIDEO = 9;

/** Long enough for a publisher to return. */
const GRACE_MS = 4000;

let server: TestServer;
let file: string;

beforeAll(async () => {
  file = await media("h264-aac.flv");
  server = await startServer({
    config: {
      vhosts: {
        __defaultVhost__: { publish: { grace_ms: GRACE_MS, normal_timeout: 1000 } },
      },
    },
  });
});

afterAll(() => server.stop());

function publish(stream: string): Program {
  const publisher = publishFile(file, server.rtmpUrl(stream));
  onTestFinished(async () => void (await publisher.end()));
  return publisher;
}

async function watch(stream: string): Promise<FlvCapture> {
  const capture = await FlvCapture.http(server.httpUrl(`/${stream}.flv`));
  onTestFinished(() => capture.close());
  return capture;
}

/** Waits for so many more pictures than have come. */
async function waitForMore(capture: FlvCapture, count: number): Promise<CapturedTag[]> {
  const before = capture.tags().filter(({ type }) => type === VIDEO).length;
  return capture.waitForTags(VIDEO, before + count);
}

function expectNoTimeRunsBack(tags: readonly CapturedTag[]): void {
  const backward = tags.filter((tag, i) => tag.timestamp < (tags[i - 1]?.timestamp ?? 0));
  expect(backward).toEqual([]);
}

test("players wait for a stream that is not there yet", async () => {
  const opening = watch("live/awaited");
  const rtmp = await RtmpPeer.play(server.rtmpUrl("live/awaited"));
  onTestFinished(() => rtmp.close());
  publish("live/awaited");
  await (await opening).waitForTags(VIDEO, 10);
  await rtmp.waitForMedia("video", 10);
});

test("players stay while a publisher leaves and returns, and time goes on", async () => {
  const first = publish("live/returning");
  const capture = await watch("live/returning");
  const rtmp = await RtmpPeer.play(server.rtmpUrl("live/returning"));
  onTestFinished(() => rtmp.close());
  await capture.waitForTags(VIDEO, 20);
  first.kill("SIGTERM");
  await within("the first publisher's end", first.exited);
  await waitFor("the end of the publication", () =>
    server.events("stream unpublished").some(({ url }) => url === "/live/returning"),
  );

  publish("live/returning");
  const countBefore = rtmp.of("video").length;
  const tags = await waitForMore(capture, 40);
  await rtmp.waitForMedia("video", countBefore + 40);
  expect(capture.isEnded).toBe(false);
  expect(rtmp.isClosed).toBe(false);
  expectNoTimeRunsBack(tags);
});

test("HTTP players are let go when the publisher does not return", async () => {
  const publisher = publish("live/leaving");
  const capture = await watch("live/leaving");
  await capture.waitForTags(VIDEO, 10);
  publisher.kill("SIGTERM");
  await capture.waitForEnd();
});

test("a second publisher is refused and does not disturb the first", async () => {
  publish("live/taken");
  const capture = await watch("live/taken");
  await capture.waitForTags(VIDEO, 10);

  await expect(RtmpPeer.publish(server.rtmpUrl("live/taken"))).rejects.toMatchObject({
    code: "NetStream.Publish.BadName",
  });
  const second = publish("live/taken");
  expect((await within("the second publisher's end", second.exited)).code).not.toBe(0);

  expectNoTimeRunsBack(await waitForMore(capture, 25));
});

test("a publisher that was killed leaves the name free at once", async () => {
  const killed = publish("live/killed");
  const capture = await watch("live/killed");
  await capture.waitForTags(VIDEO, 10);
  killed.kill("SIGKILL");
  await within("the killed publisher's end", killed.exited);
  await waitFor("the end of the publication", () =>
    server.events("stream unpublished").some(({ url }) => url === "/live/killed"),
  );
  publish("live/killed");
  expectNoTimeRunsBack(await waitForMore(capture, 40));
});

test("a publisher that falls silent is closed and leaves the name free", async () => {
  const silent = publish("live/silent");
  const capture = await watch("live/silent");
  await capture.waitForTags(VIDEO, 10);
  // Stopped, it neither sends nor hangs up, as behind a network that broke.
  silent.kill("SIGSTOP");
  await waitFor("the end of the publication", () =>
    server.events("stream unpublished").some(({ url }) => url === "/live/silent"),
  );
  publish("live/silent");
  expectNoTimeRunsBack(await waitForMore(capture, 40));
});
