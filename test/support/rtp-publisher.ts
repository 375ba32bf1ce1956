/**
 * A source of RTP packets that answers NACKs, and the way of its packets to a receiver and back, in
 * virtual time.
 *
 * @module
 */

import type { RtpPacket } from "../../src/codec/rtp/rtp-packet.ts";
import { type LinkOptions, LossyLink } from "./lossy-link.ts";

const NO_BYTES = new Uint8Array(0);

/** @param index Which packet of the source it is; says all of its numbers, wrapped. */
export function rtpPacket(index: number, fields: Partial<RtpPacket> = {}): RtpPacket {
  return {
    isMarked: false,
    payloadType: 96,
    sequenceNumber: index & 0xffff,
    timestamp: (index * 900) >>> 0,
    ssrc: 1,
    extensionProfile: 0,
    extensions: NO_BYTES,
    payload: new Uint8Array(100),
    headerSize: 12,
    paddingSize: 0,
    ...fields,
  };
}

export interface ExchangeOptions extends LinkOptions {
  readonly packetCount: number;
  readonly periodMs: number;
  readonly firstIndex: number;
}

export interface ExchangePeer {
  receive(packet: RtpPacket, isRepair: boolean, nowMs: number): void;
  /** Gives the sequence numbers of its NACK. */
  tick(nowMs: number): readonly number[];
}

/** Sends packets at an even pace and answers NACKs; both directions have the same faults. */
export function exchange(options: ExchangeOptions, peer: ExchangePeer): void {
  const there = new LossyLink<{ index: number; isRepair: boolean }>(options);
  const back = new LossyLink<readonly number[]>({ ...options, seed: options.seed + 1 });
  let sentCount = 0;
  const endMs = options.packetCount * options.periodMs + 2_000;
  for (let nowMs = 0; nowMs < endMs; nowMs++) {
    while (sentCount < options.packetCount && sentCount * options.periodMs <= nowMs) {
      there.send({ index: options.firstIndex + sentCount++, isRepair: false }, 100, nowMs);
    }
    for (const { item } of back.receive(nowMs)) {
      for (const sequenceNumber of item) {
        const highest = options.firstIndex + sentCount - 1;
        const index = highest - ((highest - sequenceNumber) & 0xffff);
        if (index >= options.firstIndex) there.send({ index, isRepair: true }, 100, nowMs);
      }
    }
    for (const { item } of there.receive(nowMs)) {
      peer.receive(rtpPacket(item.index), item.isRepair, nowMs);
    }
    const sequenceNumbers = peer.tick(nowMs);
    if (sequenceNumbers.length > 0) back.send([...sequenceNumbers], 100, nowMs);
  }
}
