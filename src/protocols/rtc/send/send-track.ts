/**
 * One track as one viewer gets it: which packet of the history is next, and what sequence number
 * and timestamp it has there.
 *
 * Spec: RFC 3550 sections 5.1 and 6.4.1.
 *
 * @module
 */

import { toNtpTime } from "../../../codec/rtcp/ntp-time.ts";
import type { SenderReport } from "../../../codec/rtcp/sender-report.ts";
import type { PacketHistory } from "./packet-history.ts";
import type { PacketSink, SharedPayload } from "./shared-payload.ts";

/** Older packets than those of so many skips ago are not resent. */
const SEGMENT_COUNT_MAX = 8;

/** Between two frames of a burst, in ticks: the viewer decodes them all and shows the last one. */
const SQUEEZED_STEP = 10;

export interface SendTrackOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  /** Ticks of its timestamps per second. */
  readonly clockRate: number;
  /** Random; below 32,768, so that SRTP's roll-over counter is known to the viewer. */
  readonly firstSequenceNumber: number;
  /** Random, 32 bits: added to the stream's timestamps. */
  readonly timestampOffset: number;
  /** Whether repetitions are packets of another source (RetransmissionTrack), which counts them. */
  readonly hasRetransmissionTrack: boolean;
}

/** A viewer who gets a version of the stream later than it comes. */
export interface Deferral {
  /** How much later the viewer is than the stream, in milliseconds: its times are later too. */
  readonly delayMs: number;
  /** Packets are held back until they are so late. */
  readonly isHeld: boolean;
}

const NO_DEFERRAL: Deferral = { delayMs: 0, isHeld: false };

/** For segments whose timestamps are those of the stream. */
const AT_OWN_TIME = { anchorTimestamp: Number.NEGATIVE_INFINITY, anchorFrame: 0, step: 0 };

/** A run of packets that the viewer gets without a skip between them. */
interface Segment {
  /** Of which version of the stream. */
  readonly history: PacketHistory;
  readonly firstSequence: number;
  readonly firstIndex: number;
  /** Before it timestamps are squeezed: so many ticks a frame, up to the anchor. */
  readonly squeezedEnd: number;
  readonly anchorTimestamp: number;
  readonly anchorFrame: number;
  readonly step: number;
  /** By so many ticks the viewer is later than the stream. */
  readonly delayTicks: number;
}

export class SendTrack {
  readonly ssrc: number;
  readonly payloadType: number;
  #history: PacketHistory;
  readonly #options: SendTrackOptions;
  /** From old to new. */
  readonly #segments: Segment[] = [];
  #nextIndex: number | undefined;
  #nextSequence: number;
  #deferral = NO_DEFERRAL;
  /** What is held back begins there. */
  #dueIndex = 0;
  /** The highest that was sent, of the stream's and the delay. */
  #timestampMax = Number.NEGATIVE_INFINITY;
  #isFrameComplete = true;
  #packetCount = 0;
  #octetCount = 0;

  constructor(history: PacketHistory, options: SendTrackOptions) {
    this.#history = history;
    this.#options = options;
    this.ssrc = options.ssrc;
    this.payloadType = options.payloadType;
    this.#nextSequence = options.firstSequenceNumber;
  }

  /** Index of the packet it gets next; `undefined` before it was started. */
  get nextIndex(): number | undefined {
    return this.#nextIndex;
  }

  /** Packets sent on this source. */
  get packetCount(): number {
    return this.#packetCount;
  }

  /** Bytes of payload sent on this source. */
  get octetCount(): number {
    return this.#octetCount;
  }

  /** Bytes of payload that the next packet has; 0 if there is none. */
  get nextSize(): number {
    const index = this.#nextIndex;
    return index === undefined ? 0 : (this.#history.get(index)?.payload.length ?? 0);
  }

  /** The version of the stream that it gets. */
  get history(): PacketHistory {
    return this.#history;
  }

  /** Whether the last frame was sent to its end, so that another version may begin. */
  get isFrameComplete(): boolean {
    return this.#isFrameComplete;
  }

  /** Packets are held back: none is for it when it comes. */
  get isDeferred(): boolean {
    return this.#deferral.isHeld;
  }

  /** Whether it has all that is due, so that, if nothing is held back, it gets the next with the others. */
  get isLive(): boolean {
    return this.#nextIndex !== undefined && this.#nextIndex >= this.#endIndex;
  }

  /** Whether what it should get next is not kept any more: it has to start anew. */
  get isCutOff(): boolean {
    return this.#nextIndex !== undefined && this.#nextIndex < this.#history.firstIndex;
  }

  get #endIndex(): number {
    return this.isDeferred ? this.#dueIndex : this.#history.nextIndex;
  }

  /** Has what is due by now no longer held back. */
  release(nowMs: number): void {
    if (!this.isDeferred) return;
    this.#dueIndex = this.#history.indexAfter(nowMs - this.#deferral.delayMs);
  }

  /** Goes on with the next packet that comes, or is due. */
  startLive(): void {
    this.skipTo(this.#endIndex);
  }

  /**
   * From now on the viewer is later than it was: goes on where it has been before, so that what it gets
   * next follows what it has got. For what needs no key frame.
   */
  defer(deferral: Deferral, nowMs: number): void {
    this.#deferral = deferral;
    this.release(nowMs);
    const history = this.#history;
    const delayTicks = this.#toTicks(deferral.delayMs);
    const isNext = (index: number): boolean => {
      const one = history.get(index);
      if (one === undefined) return true;
      const following = history.get(index + 1)?.timestamp ?? one.timestamp;
      return one.timestamp + delayTicks >= this.#timestampMax + following - one.timestamp;
    };
    let index = this.#endIndex;
    while (index < history.nextIndex && !isNext(index)) index++;
    while (index > history.firstIndex && isNext(index - 1)) index--;
    this.skipTo(this.#packetCount === 0 ? this.#endIndex : index);
  }

  /** Goes on with a packet that is kept, or comes next, at its own time. */
  skipTo(index: number): void {
    const history = this.#history;
    const delayTicks = this.#toTicks(this.#deferral.delayMs);
    this.#start({ ...AT_OWN_TIME, history, firstIndex: index, squeezedEnd: index, delayTicks });
  }

  /**
   * Goes on with the latest key frame. What there is by now is a burst, whose timestamps are
   * squeezed to just before the next frame, so that it is shown at once.
   *
   * @returns False if there is no key frame, or no room behind what the viewer has already got: it
   * has to wait for the next key frame.
   */
  startAtKeyFrame(): boolean {
    return this.#startBurst(this.#history, this.#endIndex, this.#deferral);
  }

  /**
   * Goes on with another version of the stream (a layer, a rung), whose timestamps mean the same.
   * It begins with its latest key frame: at its own time if that is later than what was sent, else
   * as a burst.
   *
   * @param deferral How late the viewer is from then on.
   * @param nowMs Of no use where nothing is held back.
   * @returns False if it has no key frame yet, or no room for a burst: the present version goes on.
   */
  switchTo(history: PacketHistory, deferral: Deferral = NO_DEFERRAL, nowMs = 0): boolean {
    const { delayMs, isHeld } = deferral;
    const endIndex = isHeld ? history.indexAfter(nowMs - delayMs) : history.nextIndex;
    const keyFrameIndex = history.keyFrameBefore(endIndex);
    const first = keyFrameIndex === undefined ? undefined : history.get(keyFrameIndex);
    if (keyFrameIndex === undefined || first === undefined) return false;
    const delayTicks = this.#toTicks(delayMs);
    const isFirst = this.#timestampMax === Number.NEGATIVE_INFINITY;
    if (isFirst || first.timestamp + delayTicks <= this.#timestampMax) {
      if (!this.#startBurst(history, endIndex, deferral)) return false;
    } else {
      const at = { firstIndex: keyFrameIndex, squeezedEnd: keyFrameIndex };
      this.#start({ ...AT_OWN_TIME, ...at, history, delayTicks });
    }
    this.#deferral = deferral;
    this.release(nowMs);
    return true;
  }

  /**
   * Sends the next packet.
   *
   * @returns What was sent; `undefined` if there is nothing yet, or it is cut off.
   */
  sendNext(sink: PacketSink): SharedPayload | undefined {
    const index = this.#nextIndex;
    const payload = index === undefined ? undefined : this.#history.get(index);
    const segment = this.#segments.at(-1);
    if (index === undefined || payload === undefined || segment === undefined) return undefined;
    if (index >= this.#endIndex) return undefined;
    const timestamp = this.#timestamp(segment, index, payload);
    if (timestamp > this.#timestampMax) this.#timestampMax = timestamp;
    this.#nextIndex = index + 1;
    this.#isFrameComplete = payload.isMarked;
    this.#count(payload);
    sink.send(payload, this.#nextSequence++, this.#wireTimestamp(timestamp));
    return payload;
  }

  /**
   * The payload that was sent with a number.
   *
   * @param sequenceNumber 16 bits, as a NACK has it.
   * @returns `undefined` if it was not sent, or is not kept any more.
   */
  find(sequenceNumber: number): SharedPayload | undefined {
    const sequence = this.#extend(sequenceNumber);
    const segment = this.#findSegment(sequence);
    return segment?.history.get(segment.firstIndex + sequence - segment.firstSequence);
  }

  /**
   * Sends a packet once more, as it was sent the first time.
   *
   * @param sequenceNumber 16 bits.
   * @returns False if there is nothing to send.
   */
  resend(sequenceNumber: number, sink: PacketSink): boolean {
    const sequence = this.#extend(sequenceNumber);
    const segment = this.#findSegment(sequence);
    if (segment === undefined) return false;
    const index = segment.firstIndex + sequence - segment.firstSequence;
    const payload = segment.history.get(index);
    if (payload === undefined) return false;
    if (!this.#options.hasRetransmissionTrack) this.#count(payload);
    const timestamp = this.#timestamp(segment, index, payload);
    sink.send(payload, sequence, this.#wireTimestamp(timestamp));
    return true;
  }

  /**
   * Sends a packet of late once more, as a probe of the network.
   *
   * @param back How many packets before the latest one.
   * @returns Bytes of its payload; 0 if there is none.
   */
  probe(back: number, sink: PacketSink): number {
    const sequence = this.#nextSequence - 1 - back;
    const size = this.find(sequence & 0xffff)?.payload.length ?? 0;
    return size > 0 && this.resend(sequence & 0xffff, sink) ? size : 0;
  }

  /**
   * @param wallMs Now, since the Unix epoch.
   * @param streamMs The stream's time now, as StreamClock has it.
   */
  senderReport(wallMs: number, streamMs: number): SenderReport {
    const ticks = this.#toTicks(streamMs);
    return {
      type: "sender-report",
      ssrc: this.ssrc,
      ...toNtpTime(wallMs),
      rtpTimestamp: this.#wireTimestamp(ticks),
      packetCount: this.#packetCount >>> 0,
      octetCount: this.#octetCount >>> 0,
      reports: [],
    };
  }

  #startBurst(history: PacketHistory, endIndex: number, { delayMs }: Deferral): boolean {
    const keyFrameIndex = history.keyFrameBefore(endIndex);
    const last = history.get(endIndex - 1);
    if (keyFrameIndex === undefined || last === undefined) return false;
    const delayTicks = this.#toTicks(delayMs);
    const anchorFrame = history.frameNumber(endIndex - 1);
    const frameCount = anchorFrame - history.frameNumber(keyFrameIndex) + 1;
    let step = SQUEEZED_STEP;
    let anchorTimestamp = last.timestamp + delayTicks;
    if (this.#timestampMax >= anchorTimestamp - frameCount * step) {
      const first = history.get(keyFrameIndex)?.timestamp ?? 0;
      const frameTicks = (last.timestamp - first) / Math.max(frameCount - 1, 1);
      // Of one frame nobody knows how long it lasts.
      const roomTicks = frameCount === 1 ? SQUEEZED_STEP : frameTicks / 2;
      step = Math.min(SQUEEZED_STEP, Math.floor(roomTicks / frameCount));
      if (step < 1) return false;
      anchorTimestamp = Math.max(anchorTimestamp, this.#timestampMax + frameCount * step);
    }
    const squeezed = { squeezedEnd: endIndex, anchorTimestamp, anchorFrame, step };
    this.#start({ history, firstIndex: keyFrameIndex, ...squeezed, delayTicks });
    return true;
  }

  #toTicks(timeMs: number): number {
    return Math.round((timeMs * this.#options.clockRate) / 1_000);
  }

  #start(start: Omit<Segment, "firstSequence">): void {
    this.#history = start.history;
    this.#nextIndex = start.firstIndex;
    const last = this.#segments.at(-1);
    // Nothing was sent of it.
    if (last?.firstSequence === this.#nextSequence) this.#segments.pop();
    this.#segments.push({ ...start, firstSequence: this.#nextSequence });
    if (this.#segments.length > SEGMENT_COUNT_MAX) this.#segments.shift();
  }

  #count(payload: SharedPayload): void {
    this.#packetCount++;
    this.#octetCount += payload.payload.length;
  }

  /** In the stream's ticks, with the delay; depends on nothing but its arguments, so that a resend has the same. */
  #timestamp(segment: Segment, index: number, payload: SharedPayload): number {
    const { anchorTimestamp, squeezedEnd, step, delayTicks } = segment;
    const timestamp = payload.timestamp + delayTicks;
    if (anchorTimestamp === Number.NEGATIVE_INFINITY) return timestamp;
    const frames = segment.history.frameNumber(index) - segment.anchorFrame;
    if (index < squeezedEnd) return anchorTimestamp + frames * step;
    // The burst may reach a little beyond the frame that follows it.
    return Math.max(timestamp, anchorTimestamp + frames);
  }

  #wireTimestamp(timestamp: number): number {
    return (timestamp + this.#options.timestampOffset) >>> 0;
  }

  /** The latest sent with these 16 bits. */
  #extend(sequenceNumber: number): number {
    const last = this.#nextSequence - 1;
    return last - ((last - sequenceNumber) & 0xffff);
  }

  #findSegment(sequence: number): Segment | undefined {
    for (let index = this.#segments.length - 1; index >= 0; index--) {
      const segment = this.#segments[index];
      if (segment !== undefined && sequence >= segment.firstSequence) return segment;
    }
    return undefined;
  }
}
