/**
 * Goal: of a stream that several processes have, one report results: with the publisher of the process
 * that has it, with all clients, and with nothing counted twice.
 *
 * Method: reports of an owner, of one who relays and of one with a player that waits, in every order.
 */

import { expect, test } from "vitest";
import { mergeStreams } from "../../src/live/merge-streams.ts";
import type { StreamReport } from "../../src/live/reports.ts";
import { BROADCAST, STREAM } from "../support/reports.ts";

const OWNER: StreamReport = {
  ...STREAM,
  clients: 2,
  subscribers: 1,
  sentSize: 1_000,
  sentRate: 10,
  broadcasts: [
    { ...BROADCAST, format: "rtmp/a", chainSize: 5, lagMsMax: 1 },
    { ...BROADCAST, format: "flv/peers", isForPeers: true },
  ],
  drops: { skips: 1, skippedSize: 10, writeTimeouts: 0 },
};

const RELAY: StreamReport = {
  ...STREAM,
  publisher: null,
  isRelayed: true,
  tcUrl: "rtmp://other/live",
  videoFrames: 0,
  audioFrames: 0,
  receivedSize: 0,
  receivedRate: 0,
  clients: 1,
  subscribers: 1,
  sentSize: 200,
  sentRate: 7,
  gopCache: { ...STREAM.gopCache, size: STREAM.gopCache.size + 1, frames: 61 },
  broadcasts: [{ ...BROADCAST, format: "rtmp/a", chainSize: 4, lagMsMax: 9 }],
  drops: { skips: 2, skippedSize: 5, writeTimeouts: 3 },
};

const WAITING: StreamReport = {
  ...RELAY,
  isRelayed: false,
  video: null,
  audio: null,
  width: null,
  height: null,
  sentSize: 0,
  sentRate: 0,
  subscribers: 0,
  gopCache: { ...STREAM.gopCache, size: 0, frames: 0 },
  broadcasts: [],
  drops: { skips: 0, skippedSize: 0, writeTimeouts: 0 },
};

const MERGED: StreamReport = {
  ...OWNER,
  clients: 4,
  subscribers: 2,
  sentSize: 1_200,
  sentRate: 17,
  gopCache: RELAY.gopCache,
  broadcasts: [
    { ...BROADCAST, format: "rtmp/a", subscribers: 2, chainSize: 5, lagMsMax: 9 },
    { ...BROADCAST, format: "flv/peers", isForPeers: true },
  ],
  drops: { skips: 3, skippedSize: 15, writeTimeouts: 3 },
};

test.each([
  ["owner, relay, waiting", [OWNER, RELAY, WAITING]],
  ["waiting, relay, owner", [WAITING, RELAY, OWNER]],
  ["relay, owner, waiting", [RELAY, OWNER, WAITING]],
])("%s", (_, reports) => {
  const [merged, ...more] = mergeStreams(reports.map((report) => [report]));
  expect(more).toEqual([]);
  expect({ ...merged, broadcasts: [] }).toEqual({ ...MERGED, broadcasts: [] });
  expect(merged?.broadcasts).toEqual(expect.arrayContaining([...MERGED.broadcasts]));
  expect(merged?.broadcasts).toHaveLength(2);
});

test("if the owner does not answer, the stream is still known as relayed", () => {
  expect(mergeStreams([[RELAY], [WAITING]])).toMatchObject([
    { publisher: null, isRelayed: true, video: STREAM.video, clients: 2 },
  ]);
});

test("other streams stay apart; a process may have none", () => {
  const other = { ...STREAM, url: "/live/other" };
  expect(mergeStreams([[OWNER, other], [], [other]]).map((report) => report.url)).toEqual([
    "/live/livestream",
    "/live/other",
  ]);
});
