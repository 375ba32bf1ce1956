/**
 * The receiving part of a WebRTC publisher without a network: packets in, frames and feedback out.
 *
 * @module
 */

import { encodeRtcp, parseRtcp, type RtcpPacket } from "../../src/codec/rtcp/rtcp-packet.ts";
import { encodeHeaderExtension } from "../../src/codec/rtp/header-extension.ts";
import { encodeRtpPacket } from "../../src/codec/rtp/rtp-packet.ts";
import type { IncomingFrame } from "../../src/live/frame.ts";
import type { Track } from "../../src/live/track.ts";
import type { AgreedSection } from "../../src/protocols/rtc/negotiation/agreement.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import {
  PublishedMedia,
  type PublishedMediaOptions,
} from "../../src/servers/rtc/published-media.ts";
import { IDR, NON_IDR, PARAMETER_SETS } from "./memory-rtc.ts";

const EXTENSIONS = { transportWideSequenceNumber: 3, rtpStreamId: 4, repairedRtpStreamId: 5 };

export const VIDEO: AgreedSection = {
  ...{ mid: "1", kind: "video", direction: "recvonly", codec: "h264", payloadType: 96 },
  ...{ clockRate: 90_000, channels: 1, fmtp: "", rtxPayloadType: 97, extensions: EXTENSIONS },
  feedback: ["nack", "nack pli", "goog-remb", "transport-cc"],
  ...{ sources: [], rids: [], isReducedSizeRtcp: true },
};
export const AUDIO: AgreedSection = {
  ...{ mid: "0", kind: "audio", direction: "recvonly", codec: "opus", payloadType: 111 },
  ...{ clockRate: 48_000, channels: 2, fmtp: "", rtxPayloadType: undefined },
  ...{ extensions: {}, feedback: [], sources: [], rids: [], isReducedSizeRtcp: true },
};
export const SSRC = 0x1000;
export const SOUND_SSRC = 0x2000;
export const RTX_SSRC = 0x3000;

export interface PacketFields {
  readonly payload?: Uint8Array;
  readonly timestamp?: number;
  readonly isMarked?: boolean;
  readonly ssrc?: number;
  readonly payloadType?: number;
  readonly rid?: string;
  readonly repairedRid?: string;
}

const text = (value: string) => new TextEncoder().encode(value);

export function packet(sequenceNumber: number, fields: PacketFields = {}): Uint8Array {
  const { payload = NON_IDR, timestamp = 0, isMarked = true, rid, repairedRid } = fields;
  const { ssrc = SSRC, payloadType = 96 } = fields;
  const elements = [
    ...(rid === undefined ? [] : [{ id: 4, value: text(rid) }]),
    ...(repairedRid === undefined ? [] : [{ id: 5, value: text(repairedRid) }]),
  ];
  const header = {
    isMarked,
    payloadType,
    sequenceNumber: sequenceNumber & 0xffff,
    timestamp,
    ssrc,
  };
  const extension = elements.length === 0 ? undefined : encodeHeaderExtension(elements);
  return encodeRtpPacket(header, payload, extension);
}

/** Two packets: a key frame with what it needs. */
export function keyFrame(sequenceNumber: number, fields: PacketFields = {}): Uint8Array[] {
  return [
    packet(sequenceNumber, { ...fields, payload: PARAMETER_SETS, isMarked: false }),
    packet(sequenceNumber + 1, { ...fields, payload: IDR }),
  ];
}

export class Publishing {
  readonly clock: ManualClock = new ManualClock();
  readonly frames: IncomingFrame[] = [];
  readonly tracks: Track[] = [];
  readonly compounds: RtcpPacket[][] = [];
  readonly failedLayers: string[] = [];
  readonly media: PublishedMedia;

  constructor(changes: Partial<PublishedMediaOptions> = {}) {
    const options: PublishedMediaOptions = {
      ...{ sections: [AUDIO, VIDEO], ssrc: 7, isNackOn: true, isTwccOn: true },
      ...{ keyFramePeriodMs: 0, droppedPayloadType: 0, clock: this.clock },
      sendRtcp: (bytes) => this.compounds.push(parseRtcp(bytes)),
      fail: (error) => {
        throw error;
      },
      layerFailed: (layer) => this.failedLayers.push(layer),
      ...changes,
    };
    this.media = new PublishedMedia(options, {
      writeMetadata: () => undefined,
      writeTrack: (track) => {
        this.tracks.push(track);
        return track;
      },
      writeFrame: (frame) => this.frames.push(frame),
    });
  }

  take(...packets: readonly Uint8Array[]): void {
    for (const bytes of packets) this.media.rtp(bytes, this.clock.monotonicMs());
  }

  rtcp(...packets: readonly RtcpPacket[]): void {
    this.media.rtcp(encodeRtcp(packets), this.clock.monotonicMs());
  }

  pass(ms: number): void {
    this.clock.advance(ms);
  }

  /** Feedback of a kind, all that has come. */
  feedback<Type extends RtcpPacket["type"]>(type: Type): Extract<RtcpPacket, { type: Type }>[] {
    const all = this.compounds.flat().filter((one) => one.type === type);
    return all as Extract<RtcpPacket, { type: Type }>[];
  }

  /** Such as `I0 P40`. */
  get pictures(): string {
    const pictures = this.frames.filter(({ track }) => track.kind === "video");
    return pictures.map(({ isKeyFrame, dtsMs }) => `${isKeyFrame ? "I" : "P"}${dtsMs}`).join(" ");
  }
}
