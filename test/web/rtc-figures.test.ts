/**
 * Goal: the figures on the pages are those of the connection: rates since the last look, totals since
 * its beginning, and nothing where nothing is known.
 *
 * Method: two reports a second apart, of a viewer and of a publisher, with the fields that Chrome and
 * Firefox have.
 */

import { describe, expect, test } from "vitest";
import { RtcMeter, toTexts } from "../../web/rtc-figures.js";

type Entry = { readonly id: string } & Record<string, unknown>;

const reportOf = (...entries: Entry[]): [string, object][] =>
  entries.map((entry) => [entry.id, entry]);

const TRANSPORT: Entry[] = [
  { id: "T", type: "transport", selectedCandidatePairId: "P" },
  { id: "P", type: "candidate-pair", currentRoundTripTime: 0.023, remoteCandidateId: "R" },
  { id: "R", type: "remote-candidate", protocol: "udp", address: "192.0.2.1", port: 8000 },
  { id: "C1", type: "codec", mimeType: "video/H264" },
  { id: "C2", type: "codec", mimeType: "audio/opus" },
];

function inbound(timestamp: number, video: object, audio: object): [string, object][] {
  return reportOf(
    ...TRANSPORT,
    { id: "V", type: "inbound-rtp", kind: "video", timestamp, codecId: "C1", ...video },
    { id: "A", type: "inbound-rtp", kind: "audio", timestamp, codecId: "C2", ...audio },
  );
}

describe("RtcMeter of a viewer", () => {
  test("counts what came since the last look", () => {
    const meter = new RtcMeter();
    const first = meter.read(
      inbound(
        1000,
        { bytesReceived: 1000, packetsReceived: 10, packetsLost: 0, nackCount: 0 },
        { bytesReceived: 100, packetsReceived: 5, packetsLost: 0 },
      ),
    );
    expect(first).toMatchObject({ bitrateKbps: undefined, byteCount: 1100, lossPercent: 0 });

    const second = meter.read(
      inbound(
        2000,
        {
          ...{ bytesReceived: 101_000, packetsReceived: 100, packetsLost: 5, nackCount: 7 },
          ...{ pliCount: 1, frameWidth: 1280, frameHeight: 720, framesPerSecond: 25 },
          ...{ framesDecoded: 50, freezeCount: 2, totalFreezesDuration: 1.25 },
          ...{ jitterBufferDelay: 2, jitterBufferEmittedCount: 40 },
        },
        {
          ...{ bytesReceived: 4100, packetsReceived: 10, packetsLost: 0 },
          ...{ jitterBufferDelay: 960, jitterBufferEmittedCount: 48_000 },
        },
      ),
    );
    expect(second).toMatchObject({
      bitrateKbps: 832,
      byteCount: 105_100,
      lostCount: 5,
      lossPercent: 5,
      nackCount: 7,
      pliCount: 1,
      roundTripMs: 23,
      width: 1280,
      frameRate: 25,
      frameCount: 50,
      freezeCount: 2,
      jitterBufferMs: 50,
      videoCodec: "H264",
      audioCodec: "opus",
      path: "UDP 192.0.2.1:8000",
      layers: [],
    });
    expect(toTexts(second)).toEqual({
      bitrate: "832\u00a0kbit/s",
      roundTrip: "23\u00a0ms",
      loss: "5.0\u00a0%",
      repairs: "7 · 1",
      picture: "1280\u00a0×\u00a0720 · 25\u00a0fps",
      codecs: "H.264 · Opus",
      freezes: "2 · 1.3\u00a0s",
      jitterBuffer: "50\u00a0ms",
      path: "UDP 192.0.2.1:8000",
      limit: "nothing",
      layers: "",
    });
  });

  test("does not take packets that came after all for a gain", () => {
    const meter = new RtcMeter();
    meter.read(inbound(1000, { packetsReceived: 10, packetsLost: 5 }, {}));
    const figures = meter.read(inbound(2000, { packetsReceived: 25, packetsLost: 0 }, {}));
    expect(figures["lossPercent"]).toBe(0);
  });
});

test("RtcMeter of a publisher hears of loss from the server, and tells layers", () => {
  const layer = (rid: string, frameWidth: number, bytesSent: number, timestamp: number): Entry => ({
    id: rid,
    type: "outbound-rtp",
    kind: "video",
    rid,
    ...{ frameWidth, frameHeight: (frameWidth * 9) / 16, bytesSent, timestamp },
    ...{ qualityLimitationReason: "bandwidth", nackCount: 2, framesEncoded: 30 },
  });
  const remote: Entry = {
    ...{ id: "RI", type: "remote-inbound-rtp", kind: "video" },
    ...{ fractionLost: 0.02, packetsLost: 3 },
  };
  const meter = new RtcMeter();
  meter.read(reportOf(layer("l", 320, 0, 0), layer("h", 1280, 0, 0)));
  const figures = meter.read(
    reportOf(layer("l", 320, 12_500, 1000), layer("h", 1280, 125_000, 1000), remote),
  );
  expect(figures).toMatchObject({
    bitrateKbps: 1100,
    lossPercent: 2,
    lostCount: 3,
    nackCount: 4,
    width: 1280,
    limitedBy: "bandwidth",
    layers: [
      { rid: "h", width: 1280, height: 720, bitrateKbps: 1000 },
      { rid: "l", width: 320, height: 180, bitrateKbps: 100 },
    ],
  });
  expect(toTexts(figures)).toMatchObject({
    limit: "the network",
    layers: "1280\u00a0×\u00a0720 (1000\u00a0kbit/s), 320\u00a0×\u00a0180 (100\u00a0kbit/s)",
  });
});

test("RtcMeter finds Firefox's selected pair, and knows nothing of nothing", () => {
  const pair = { id: "P", type: "candidate-pair", selected: true, remoteCandidateId: "R" };
  const remote = { id: "R", protocol: "tcp", address: "2001:db8::1", port: 8000 };
  expect(new RtcMeter().read(reportOf(pair, remote))["path"]).toBe("TCP [2001:db8::1]:8000");

  const nothing = new RtcMeter().read([]);
  expect(toTexts(nothing)).toMatchObject({ bitrate: "", picture: "", loss: "", path: "" });
});
