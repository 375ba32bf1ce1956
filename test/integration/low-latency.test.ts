/**
 * Goal: players of Low-Latency HLS and DASH get each part as soon as there is one, each version of a
 * playlist and of the manifest keeps the rules, alone and beside the one before it, and parts are what
 * segments are made of.
 *
 * Method: the test is publisher and players at once. It sends no more media than makes the next part
 * due, and then waits for the answers: a server that held a part back for longer than one part would
 * make it wait in vain, however fast or slow the machine is.
 */

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { LowLatencyClient } from "../support/low-latency-client.ts";
import { checkMpd, checkMpdUpdate } from "../support/mpd-check.ts";
import { cutSource, packagedSource } from "../support/packaged-source.ts";
import { fetchBytes, fetchText } from "../support/packaged-stream.ts";
import { startServer, type TestServer } from "../support/server.ts";
import {
  readFlvMessages,
  type SentMessage,
  SteppedPublisher,
} from "../support/stepped-publisher.ts";
import { within } from "../support/wait.ts";

/** Enough for segments to leave the playlists, and for delta updates. */
const SECONDS = 30;
const SEGMENT_MS = 2_000;
const PART_MS = 500;
/**
 * A part is over when the frame behind it has come: one frame of 40 ms, and what audio and video may
 * be apart in the file.
 */
const SLACK_MS = 80;

let server: TestServer;

beforeAll(async () => {
  const cmaf = { on_demand: false, sessions: false, window: 20 };
  const dash = { dash_window_size: 10 };
  const packaging = {
    publish: { grace_ms: 0, normal_timeout: 60_000 },
    hls: { enabled: false },
    cmaf,
    dash,
  };
  server = await startServer({ config: { vhosts: { __defaultVhost__: packaging } } });
});

afterAll(() => server.stop());

async function readSource(): Promise<SentMessage[]> {
  const source = await packagedSource("h264-aac.flv", { video: "h264", audio: "aac" });
  return readFlvMessages((await cutSource(source, server, SECONDS)).path);
}

/** The versions of a manifest. */
class ManifestClient {
  readonly violations: string[] = [];
  readonly #url: string;
  #text: string | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async reload(): Promise<void> {
    const text = await fetchText(this.#url);
    this.violations.push(...checkMpd(text));
    if (this.#text !== undefined) this.violations.push(...checkMpdUpdate(this.#text, text));
    this.#text = text;
  }
}

test("players are never more than a part behind the publisher", async () => {
  const messages = await readSource();
  const publisher = await SteppedPublisher.open(server.rtmpUrl("live/show"), messages);
  onTestFinished(() => publisher.close());
  const address = (name: string): string => server.httpUrl(`/live/${name}`);
  const video = new LowLatencyClient(address("show/video.m3u8"));
  const audio = new LowLatencyClient(address("show/audio.m3u8"));
  const skipping = new LowLatencyClient(address("show/video.m3u8"), true);
  const clients = [video, audio, skipping];
  const manifest = new ManifestClient(address("show.mpd"));

  // A playlist is there with its first segment.
  publisher.sendUntil(SEGMENT_MS + PART_MS + SLACK_MS);
  await within("the first segment", Promise.all(clients.map((client) => client.start())));
  const offsetMs = video.playlist.segments[0]?.programDateTimeMs ?? Number.NaN;
  while (!publisher.isDone) {
    const reloads = clients.map((client) => client.reload());
    const knownMs = Math.max(...clients.map(({ endMs }) => endMs)) - offsetMs;
    publisher.sendUntil(knownMs + PART_MS + SLACK_MS);
    if (publisher.isDone) publisher.close(); // What is left is shorter than a part.
    await within(`what comes at ${knownMs} ms`, Promise.all(reloads));
    // The manifest has whole segments alone.
    if ([video, audio].every(({ playlist }) => playlist.segments.length > 0))
      await manifest.reload();
  }
  while (clients.some(({ isEnded }) => !isEnded)) {
    const behind = clients.filter(({ isEnded }) => !isEnded);
    await within("the end", Promise.all(behind.map((client) => client.reload())));
  }
  await manifest.reload();

  for (const { violations } of [...clients, manifest]) expect(violations).toEqual([]);
  // One for each part, as long as a part may be: none brought many.
  expect(video.reloadCount).toBeGreaterThan((0.8 * SECONDS * 1_000) / PART_MS);
  expect(skipping.deltaCount).toBeGreaterThan(0);
  for (const client of [video, audio]) {
    let comparedCount = 0;
    for (const { sequenceNumber, uri } of client.playlist.segments) {
      const parts = await client.partsOf(sequenceNumber);
      if (parts === undefined) continue;
      comparedCount += 1;
      expect(parts, uri).toEqual(Buffer.from(await fetchBytes(address(`show/${uri}`))));
    }
    // The last ones came with the end, from where on no parts are named.
    expect(comparedCount).toBeGreaterThanOrEqual(client.playlist.segments.length - 2);
  }
});

test("who asks for what cannot come is told so at once", async () => {
  const publisher = await SteppedPublisher.open(server.rtmpUrl("live/far"), await readSource());
  onTestFinished(() => publisher.close());
  publisher.sendUntil(SEGMENT_MS + 2 * PART_MS);
  const url = server.httpUrl("/live/far/video.m3u8");
  await fetchText(url);
  for (const query of ["_HLS_msn=9", "_HLS_part=1", "_HLS_msn=x", "_HLS_msn=1&_HLS_part=99"]) {
    expect((await fetch(`${url}?${query}`)).status, query).toBe(400);
  }
  expect((await fetch(`${url}?_HLS_msn=0&_HLS_part=0`)).status).toBe(200);
});
