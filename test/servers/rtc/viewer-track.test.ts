/**
 * Goal: a viewer whose next packets are not kept any more sees the picture again at once, if there is a
 * key frame to begin with.
 *
 * Method: a track that is behind in a history whose older packets make room for a new key frame.
 */

import { describe, expect, test } from "vitest";
import type { AgreedSection } from "../../../src/protocols/rtc/negotiation/agreement.ts";
import { PacketHistory } from "../../../src/protocols/rtc/send/packet-history.ts";
import type { PacketOutput, PacketPeer } from "../../../src/servers/rtc/packet-output.ts";
import { ViewerTrack } from "../../../src/servers/rtc/viewer-track.ts";
import { FRAME_MS, framePayloads, type StreamShape } from "../../support/shared-payloads.ts";

const SHAPE: StreamShape = { framesPerGop: 100, packetsPerFrame: 3 };

const SECTION: AgreedSection = {
  ...{ mid: "0", kind: "video", direction: "sendonly", codec: "h264", channels: 1 },
  ...{ payloadType: 102, clockRate: 90_000, fmtp: "", rtxPayloadType: undefined },
  ...{ feedback: [], extensions: {}, sources: [], rids: [], isReducedSizeRtcp: false },
};

function create() {
  const history = new PacketHistory();
  const peer = {} as unknown as PacketPeer;
  const sent: Uint8Array[] = [];
  const output: Pick<PacketOutput, "createSource" | "send"> = {
    createSource: ({ connection }) => ({ connection, stream: undefined }),
    send: (_source, _header, payload) => void sent.push(payload),
  };
  const viewer = new ViewerTrack(
    {
      ...{ section: SECTION, ssrc: 5, rtxSsrc: 6, history },
      ...{ timestampOffset: 0, firstSequenceNumber: 1 },
    },
    { output: output as PacketOutput, peer, estimator: undefined, nowMs: 0 },
  );
  let nextFrame = 0;
  const publish = (frameCount: number): void => {
    for (let count = 0; count < frameCount; count++, nextFrame++) {
      for (const payload of framePayloads(nextFrame, SHAPE)) {
        history.append(payload, nextFrame * FRAME_MS);
      }
    }
  };
  return { history, viewer, publish, sent };
}

/** A viewer that has got ten packets of a GOP whose end it will not see. */
function createBehind() {
  const parts = create();
  const { viewer, publish, history } = parts;
  publish(60);
  viewer.startAtKeyFrame();
  for (let count = 0; count < 10; count++) viewer.track.sendNext(viewer);
  // The next key frame comes, and two seconds after it what was before is given up.
  publish(100);
  expect(viewer.track.isCutOff).toBe(true);
  expect(history.keyFrameIndex).toBe(300);
  return parts;
}

describe("ViewerTrack.cutOff()", () => {
  test("goes on with the latest key frame, which has come already", () => {
    const { viewer, history, sent } = createBehind();
    viewer.cutOff();
    expect(viewer).toMatchObject({ isWaiting: false, skipCount: 1 });
    expect(viewer.track.nextIndex).toBe(300);
    expect(viewer.track.sendNext(viewer)).toBe(history.get(300));
    while (viewer.track.sendNext(viewer) !== undefined) {
      // All there is.
    }
    expect(viewer.track.isLive).toBe(true);
    expect(sent).toHaveLength(10 + 60 * SHAPE.packetsPerFrame);
  });

  test("waits where there is no key frame", () => {
    const { viewer, history } = createBehind();
    history.clear();
    viewer.cutOff();
    expect(viewer).toMatchObject({ isWaiting: true, skipCount: 1 });
  });
});
