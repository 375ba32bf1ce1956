/**
 * Walks over a player's RTP packets as they come: counts them, finds what is missing, and shows where
 * frames end. Of packets that were not decrypted, the headers are all that it needs.
 *
 * Spec: RFC 3550, section 5.1; RFC 6184, sections 5.6 to 5.8 (what H.264 begins with).
 *
 * @module
 */

import { unlessMalformed } from "../base/errors.ts";
import { H264NalUnitType } from "../codec/h264/nal-unit-type.ts";
import { parseRtpPacket, RTP_HEADER_SIZE } from "../codec/rtp/rtp-packet.ts";
import { SequenceUnwrapper, TimestampUnwrapper } from "../codec/rtp/unwrap.ts";
import { H264PayloadType } from "../remux/rtp/h264-packetizer.ts";
import { HEAD_SIZE, type MediaMessage, MediaType, type MessageSink } from "./media-message.ts";

/** Counters that players add to. */
export interface PacketCounts {
  packetCount: number;
  /** Packets that are missing between others, by their sequence numbers. */
  lostPacketCount: number;
}

/** What the packets of a payload type carry. */
export interface RtpWalkerTrack {
  readonly payloadType: number;
  readonly kind: "audio" | "video";
  /** Ticks of its timestamps per second. */
  readonly clockRate: number;
  /** Its key frames can be told from others; else the first picture is taken for one. */
  readonly isH264: boolean;
}

const MARKER_FLAG = 0x80;
const PAYLOAD_TYPE_MASK = 0x7f;
const NAL_UNIT_TYPE_MASK = 0x1f;
const FU_START = 0x80;
const STAP_SIZE_FIELD_SIZE = 2;
/** How a message begins that carries a frame, in Enhanced RTMP: what MessageSink knows frames by. */
const KEY_FRAME = 0x91;
const INTER_FRAME = 0xa1;
const SOUND = 0x91;
const MESSAGE_HEADER_SIZE = 2;

export class RtpWalker {
  readonly #counts: PacketCounts;
  readonly #tracks = new Map<number, WalkedTrack>();

  constructor(sink: MessageSink, counts: PacketCounts, tracks: readonly RtpWalkerTrack[]) {
    this.#counts = counts;
    for (const track of tracks) this.#tracks.set(track.payloadType, new WalkedTrack(sink, track));
  }

  /** Takes a packet. @param isOpen It is decrypted. */
  walk(packet: Uint8Array, isOpen: boolean): void {
    const [, second = 0, high = 0, low = 0] = packet;
    const track = this.#tracks.get(second & PAYLOAD_TYPE_MASK);
    if (track === undefined || packet.length < RTP_HEADER_SIZE) return;
    this.#counts.packetCount += 1;
    this.#counts.lostPacketCount += track.step((high << 8) | low, readUint32(packet, 8));
    track.take(packet, (second & MARKER_FLAG) !== 0, isOpen);
  }
}

class WalkedTrack implements MediaMessage {
  readonly typeId: number;
  timestamp = 0;
  size = 0;
  readonly #sink: MessageSink;
  readonly #options: RtpWalkerTrack;
  #ssrc: number | undefined;
  #sequences = new SequenceUnwrapper();
  #timestamps = new TimestampUnwrapper();
  #highest = 0;
  #hasGap = false;
  /** The picture that is coming: its time, its first bytes, and what is known of it. */
  #ticks = -1;
  readonly #head = new Uint8Array(HEAD_SIZE);
  #headSize = MESSAGE_HEADER_SIZE;
  #isKeyFrame = false;
  #isBroken = false;
  #hadKeyFrame = false;

  constructor(sink: MessageSink, options: RtpWalkerTrack) {
    this.#sink = sink;
    this.#options = options;
    this.typeId = options.kind === "video" ? MediaType.Video : MediaType.Audio;
    this.#head[1] = 1; // The AVC packet type, should anybody look.
  }

  /** @returns How many are missing in front of it; -1 if it was thought to be missing. */
  step(sequenceNumber: number, ssrc: number): number {
    this.#hasGap = false;
    if (ssrc !== this.#ssrc) {
      this.#ssrc = ssrc;
      this.#sequences = new SequenceUnwrapper();
      this.#timestamps = new TimestampUnwrapper();
      this.#highest = this.#sequences.unwrap(sequenceNumber);
      return 0;
    }
    const sequence = this.#sequences.unwrap(sequenceNumber);
    const missingCount = sequence - this.#highest - 1;
    if (missingCount < 0) return -1;
    this.#highest = sequence;
    this.#hasGap = missingCount > 0;
    return missingCount;
  }

  /** Takes the packet that the step was made to. */
  take(packet: Uint8Array, isMarked: boolean, isOpen: boolean): void {
    const ticks = this.#timestamps.unwrap(readUint32(packet, 4));
    if (this.#options.kind === "audio") {
      this.#tell(ticks, SOUND);
      return;
    }
    if (ticks !== this.#ticks) this.#beginPicture(ticks);
    if (this.#hasGap) this.#isBroken = true;
    if (isOpen) this.#look(packet);
    if (!isMarked) return;
    if (!this.#options.isH264 && !this.#hadKeyFrame) this.#isKeyFrame = true;
    if (this.#isKeyFrame) this.#hadKeyFrame = true;
    if (!this.#isBroken) this.#tell(ticks, this.#isKeyFrame ? KEY_FRAME : INTER_FRAME);
    this.#ticks = -1;
  }

  #beginPicture(ticks: number): void {
    this.#ticks = ticks;
    this.#headSize = MESSAGE_HEADER_SIZE;
    this.#isKeyFrame = false;
    this.#isBroken = false;
  }

  /** Keeps the first bytes of a picture, in which its time mark is. */
  #look(packet: Uint8Array): void {
    const payload = unlessMalformed(() => parseRtpPacket(packet))?.payload;
    if (payload === undefined) return;
    if (this.#options.isH264 && isOfKeyFrame(payload)) this.#isKeyFrame = true;
    const kept = payload.subarray(0, HEAD_SIZE - this.#headSize);
    this.#head.set(kept, this.#headSize);
    this.#headSize += kept.length;
  }

  #tell(ticks: number, first: number): void {
    this.timestamp = Math.floor((ticks * 1_000) / this.#options.clockRate) >>> 0;
    this.#head[0] = first;
    this.#sink.head(this, this.#head, 0, this.#headSize);
    this.#sink.end(this);
  }
}

/** Whether it begins an IDR slice, or has the parameter sets that stand in front of one. */
function isOfKeyFrame(payload: Uint8Array): boolean {
  const [first = 0, second = 0] = payload;
  switch (first & NAL_UNIT_TYPE_MASK) {
    case H264PayloadType.FuA:
      return (second & FU_START) !== 0 && isKeyType(second);
    case H264PayloadType.StapA:
      return isKeyType(payload[1 + STAP_SIZE_FIELD_SIZE] ?? 0);
    default:
      return isKeyType(first);
  }
}

function isKeyType(header: number): boolean {
  const type = header & NAL_UNIT_TYPE_MASK;
  return type === H264NalUnitType.Idr || type === H264NalUnitType.Sps;
}

function readUint32(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
  const low = ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0);
  return high * 0x1_0000 + low;
}
