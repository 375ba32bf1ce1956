/**
 * Goal: a viewer that is reached by another way than before gets by it what it asks for, at once.
 *
 * Method: a player in virtual time, whose second output notes what is handed over and what has left.
 */

import { expect, test } from "vitest";
import { encodeRtcp } from "../../../src/codec/rtcp/rtcp-packet.ts";
import type { PacketOutput, PacketPeer } from "../../../src/servers/rtc/packet-output.ts";
import { LadderScene } from "../../support/ladder-scene.ts";

test("what is sent again to who has moved leaves with the answer", () => {
  const scene = new LadderScene({ variants: [] });
  scene.publish("show", 0, { bitrate: 1_000_000 });
  scene.run(1_000);
  const viewer = scene.play();
  scene.run(1_000);
  const waiting: Uint8Array[] = [];
  const left: Uint8Array[] = [];
  const output = {
    createSource: (peer: PacketPeer) => ({ ...peer, stream: undefined }),
    closeSource: () => undefined,
    send: (_source: unknown, _header: unknown, payload: Uint8Array) => void waiting.push(payload),
    flush: () => void left.push(...waiting.splice(0)),
  };
  viewer.moved(output as unknown as PacketOutput);
  const nack = { type: "nack", senderSsrc: 9, mediaSsrc: 2, sequenceNumbers: [1, 2] } as const;
  viewer.rtcp(encodeRtcp([nack]), scene.clock.monotonicMs());
  expect([waiting.length, left.length]).toEqual([0, 2]);
});
