/**
 * Goal: layers of a picture are kept as packets while they come, and no longer.
 *
 * Method: frames of two layers, in virtual time, to a viewer of nothing.
 */

import { describe, expect, test } from "vitest";
import { createTrack } from "../../../src/live/track.ts";
import type { VideoLayers } from "../../../src/live/video-layers.ts";
import { PacketHistory } from "../../../src/protocols/rtc/send/packet-history.ts";
import { LayerPackets } from "../../../src/servers/rtc/layer-packets.ts";

const TRACK = createTrack("video", "vp8", undefined);
/** RFC 6386, section 9.1: a key frame of 16 by 16, and a frame that is none. */
const KEY_FRAME = Uint8Array.of(0x10, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0, ...new Uint8Array(900));
const FRAME = Uint8Array.of(0x11, 0, 0, ...new Uint8Array(900));

function setUp() {
  let nowMs = 0;
  const frameMs = new Map<string, number>();
  const asked: string[] = [];
  const layers: VideoLayers = {
    list: () =>
      Array.from(frameMs, ([name, ms]) => ({
        name,
        isActive: nowMs - ms < 1_000,
        bitrate: name === "h" ? 2_000_000 : 200_000,
      })),
    addListener: () => undefined,
    removeListener: () => undefined,
    requestKeyFrame: (name) => asked.push(name) > 0,
  };
  const packets = new LayerPackets(layers, {
    options: {},
    ownHistory: new PacketHistory(),
    monotonicMs: () => nowMs,
    usualMs: (timeMs) => timeMs,
    appended: () => undefined,
    failed: () => undefined,
  });
  packets.offsetMs = 0;
  const send = (name: string, isKeyFrame: boolean): void => {
    frameMs.set(name, nowMs);
    packets.layerFrame(name, {
      ...{ track: TRACK, dtsMs: nowMs, compositionTimeOffsetMs: 0, isKeyFrame },
      payload: isKeyFrame ? KEY_FRAME : FRAME,
      flvBody: undefined,
    });
  };
  return {
    packets,
    asked,
    send,
    names: () => packets.versions(nowMs).map(({ name }) => name),
    sizes: () => Array.from(packets.histories, ({ size }) => size > 0),
    pass: (ms: number): void => {
      nowMs += ms;
    },
  };
}

describe("a layer that is silent", () => {
  test("is no version, is freed after some seconds, and comes back with a key frame", () => {
    const { packets, asked, send, names, sizes, pass } = setUp();
    send("h", true);
    send("l", true);
    expect(names()).toEqual(["l", "h"]);
    for (let i = 0; i < 6; i++) {
      pass(960);
      send("l", i === 0);
      expect([names(), sizes()]).toEqual([
        [...["l"], ...(i === 0 ? ["h"] : [])],
        [i < 5, true],
      ]);
    }
    const [history] = packets.histories;
    const end = history?.nextIndex ?? 0;
    send("h", false);
    // Who has all there was gets this next.
    expect([names(), asked, history?.firstIndex]).toEqual([["l"], ["h"], end]);
    send("h", true);
    expect(names()).toEqual(["l", "h"]);
  });
});

test("all is kept for longer by as much as the latest rung of a ladder is late", () => {
  const layer = { isActive: true, bitrate: 1 };
  let list = [
    { ...layer, name: "show" },
    { ...layer, name: "late", latenessMs: 900 },
    { ...layer, name: "early", latenessMs: -100 },
  ];
  const ownHistory = new PacketHistory();
  const packets = new LayerPackets(
    {
      ownName: "show",
      list: () => list,
      addListener: () => undefined,
      removeListener: () => undefined,
      requestKeyFrame: () => true,
    },
    {
      ...{ options: {}, ownHistory, monotonicMs: () => 0, usualMs: (timeMs) => timeMs },
      appended: () => undefined,
      failed: () => undefined,
    },
  );
  for (const name of ["late", "early"]) {
    packets.layerFrame(name, {
      ...{ track: TRACK, dtsMs: 0, compositionTimeOffsetMs: 0, isKeyFrame: true },
      ...{ payload: KEY_FRAME, flvBody: undefined },
    });
  }
  const deferrals = packets.versions(0).map(({ history }) => history.deferralMs);
  expect(deferrals).toEqual([1_000, 1_000, 1_000]);
  list = list.slice(0, 1);
  packets.versions(250);
  expect(ownHistory.deferralMs).toBe(1_000);
});
