/**
 * One track of a WebRTC player: where it is in the packets that all share, what its headers are, and
 * what is sent again.
 *
 * @module
 */

import { encodeRtxPayload } from "../../codec/rtp/rtx.ts";
import type { AgreedSection } from "../../protocols/rtc/negotiation/agreement.ts";
import type { RtpKind } from "../../protocols/rtc/negotiation/rtp-codec.ts";
import type { BandwidthEstimator } from "../../protocols/rtc/send/bandwidth-estimator.ts";
import { NackResponder } from "../../protocols/rtc/send/nack-responder.ts";
import { Pacer } from "../../protocols/rtc/send/pacer.ts";
import type { PacketHistory } from "../../protocols/rtc/send/packet-history.ts";
import { PliResponder } from "../../protocols/rtc/send/pli-responder.ts";
import { RetransmissionTrack } from "../../protocols/rtc/send/retransmission-track.ts";
import { type Deferral, SendTrack } from "../../protocols/rtc/send/send-track.ts";
import type { PacketSink, SharedPayload } from "../../protocols/rtc/send/shared-payload.ts";
import { ViewerStatistics } from "../../protocols/rtc/send/viewer-statistics.ts";
import type { PacketOutput, PacketPeer, PacketSource } from "./packet-output.ts";
import { RtpHeaderWriter } from "./rtp-header-writer.ts";

export interface ViewerTrackOptions {
  readonly section: AgreedSection;
  readonly ssrc: number;
  readonly rtxSsrc: number;
  readonly history: PacketHistory;
  /** Random, 32 bits. */
  readonly timestampOffset: number;
  /** Random, of 15 bits. */
  readonly firstSequenceNumber: number;
}

/** What a viewer's tracks share. */
export interface ViewerTransport {
  output: PacketOutput;
  readonly peer: PacketPeer;
  /** Its packets are numbered, and reported on. */
  readonly estimator: BandwidthEstimator | undefined;
  /** On the monotonic clock: as of what is sent now. */
  nowMs: number;
}

/** One track of a viewer. */
export class ViewerTrack implements PacketSink {
  readonly kind: RtpKind;
  readonly section: AgreedSection;
  readonly track: SendTrack;
  /** What it gets: another one with another version of the picture. */
  history: PacketHistory;
  readonly statistics: ViewerStatistics;
  readonly nacks: NackResponder;
  readonly pacer: Pacer = new Pacer();
  /** It gets nothing before the next key frame. */
  isWaiting = true;
  /** It has not yet had all that was due when it began. */
  isBehind = true;
  /** Until when it waits for one that was asked for, though it might begin with the latest. */
  #heldUntilMs: number | undefined;
  skipCount = 0;
  readonly #pictures = new PliResponder();
  readonly #transport: ViewerTransport;
  readonly #header: RtpHeaderWriter;
  #source: PacketSource;
  readonly #rtx: RetransmissionTrack | undefined;
  readonly #rtxHeader: RtpHeaderWriter | undefined;
  #rtxSource: PacketSource | undefined;
  readonly #repeat: PacketSink;

  constructor(options: ViewerTrackOptions, transport: ViewerTransport) {
    const { section, ssrc, rtxSsrc, history, firstSequenceNumber, timestampOffset } = options;
    const { payloadType, clockRate, rtxPayloadType } = section;
    const { output, peer } = transport;
    this.kind = section.kind;
    this.section = section;
    this.history = history;
    this.#transport = transport;
    this.track = new SendTrack(history, {
      ...{ ssrc, payloadType, clockRate, firstSequenceNumber, timestampOffset },
      hasRetransmissionTrack: rtxPayloadType !== undefined,
    });
    this.statistics = new ViewerStatistics(clockRate);
    this.nacks = new NackResponder(this.track);
    const sequenceId = section.extensions.transportWideSequenceNumber;
    this.#header = new RtpHeaderWriter({ ssrc, payloadType, sequenceId });
    this.#source = output.createSource(peer, ssrc, false);
    if (rtxPayloadType !== undefined) {
      const rtx = { ssrc: rtxSsrc, payloadType: rtxPayloadType };
      this.#rtx = new RetransmissionTrack({ ...rtx, firstSequenceNumber });
      this.#rtxHeader = new RtpHeaderWriter({ ...rtx, sequenceId });
      this.#rtxSource = output.createSource(peer, rtxSsrc, true);
    }
    this.#repeat = {
      send: (payload, sequence, timestamp) => this.#resend(payload, sequence, timestamp),
    };
  }

  /** The next packet to the viewer; see SendTrack. */
  send(payload: SharedPayload, sequence: number, timestamp: number): void {
    this.#header.set(payload.isMarked, sequence, timestamp);
    this.#sendPacket(this.#header, this.#source, payload.payload, sequence);
  }

  /** The viewer has moved. @param former What has sent to it until now. */
  moved(former: PacketOutput): void {
    const rtx = this.#rtx;
    this.#source = this.#move(this.#source, this.track.ssrc, former);
    if (rtx !== undefined && this.#rtxSource !== undefined) {
      this.#rtxSource = this.#move(this.#rtxSource, rtx.ssrc, former);
    }
  }

  close(): void {
    const { output } = this.#transport;
    output.closeSource(this.#source);
    if (this.#rtxSource !== undefined) output.closeSource(this.#rtxSource);
  }

  /** Whether it waits though it need not. */
  get isHeld(): boolean {
    return this.#heldUntilMs !== undefined;
  }

  /** Begins with the next key frame, if that comes in time. */
  hold(untilMs: number): void {
    this.isWaiting = true;
    this.#heldUntilMs = untilMs;
  }

  /** @returns Whether it has waited for too long, and begins with the latest key frame. */
  stopHolding(nowMs: number): boolean {
    if (nowMs < (this.#heldUntilMs ?? nowMs)) return false;
    this.startAtKeyFrame();
    return true;
  }

  /** Begins with the latest key frame, if there is one, else with the next. */
  startAtKeyFrame(): void {
    this.#heldUntilMs = undefined;
    this.isWaiting = !this.track.startAtKeyFrame();
    this.isBehind = true;
  }

  startLive(): void {
    this.isWaiting = false;
    this.track.startLive();
  }

  /**
   * Goes on with another version of the picture, between two frames; with that one too if it waited.
   *
   * @param deferral How late the viewer is from then on.
   * @returns Whether it does; not if it is the present one, or cannot be yet.
   */
  switchTo(history: PacketHistory, deferral: Deferral, nowMs: number): boolean {
    const isBetweenFrames = this.track.isFrameComplete || this.history.isEnded;
    if (history === this.history || (!this.isWaiting && !isBetweenFrames)) return false;
    if (!this.track.switchTo(history, deferral, nowMs)) return false;
    this.#heldUntilMs = undefined;
    this.history = history;
    this.isBehind = true;
    this.isWaiting = false;
    return true;
  }

  /** Begins with the packet that was just appended, which begins a key frame. */
  startWith(index: number): void {
    this.#heldUntilMs = undefined;
    this.isWaiting = false;
    this.track.skipTo(index);
  }

  /**
   * What it should get is not there any more: goes on with the latest that it can begin with. What is
   * missing made room for a key frame, and the next one may be far off: publishers by WebRTC send one
   * when they are asked.
   */
  cutOff(): void {
    this.skipCount += 1;
    if (this.kind === "video") this.startAtKeyFrame();
    else this.startLive();
  }

  /**
   * The viewer has lost the picture and the publisher cannot be asked for one: sends what there is since
   * the last key frame once more.
   */
  restart(nowMs: number): void {
    if (this.isWaiting) return;
    const answer = this.#pictures.answer(this.track, nowMs);
    if (answer === "burst") this.skipCount += 1;
    else if (answer === "key-frame-needed") this.cutOff();
  }

  /** Whether packets can be sent again without being taken for others. */
  get canProbe(): boolean {
    return this.#rtx !== undefined;
  }

  /** Sends a packet of late once more; see SendTrack. */
  probe(back: number): number {
    return this.track.probe(back, this.#repeat);
  }

  answer(sequenceNumbers: readonly number[], nowMs: number): void {
    this.nacks.answer(sequenceNumbers, this.#repeat, nowMs, this.statistics.roundTripMs);
  }

  #resend(payload: SharedPayload, sequence: number, timestamp: number): void {
    const rtx = this.#rtx;
    const header = this.#rtxHeader;
    const source = this.#rtxSource;
    if (rtx === undefined || header === undefined || source === undefined) {
      this.send(payload, sequence, timestamp);
      return;
    }
    const bytes = encodeRtxPayload(sequence & 0xffff, payload.payload);
    const rtxSequence = rtx.next(payload.payload.length);
    header.set(payload.isMarked, rtxSequence, timestamp);
    this.#sendPacket(header, source, bytes, rtxSequence);
  }

  #move(source: PacketSource, ssrc: number, former: PacketOutput): PacketSource {
    const { output, peer } = this.#transport;
    if (former === output) {
      output.moveSource(source);
      return source;
    }
    former.closeSource(source);
    return output.createSource(peer, ssrc, source === this.#rtxSource);
  }

  #sendPacket(
    header: RtpHeaderWriter,
    source: PacketSource,
    bytes: Uint8Array,
    sequence: number,
  ): void {
    const transport = this.#transport;
    const { estimator } = transport;
    if (header.hasSequence && estimator !== undefined) {
      const size = bytes.length + header.size;
      header.setTransportSequence(estimator.packetSent(size, transport.nowMs));
    }
    transport.output.send(source, header, bytes, sequence);
  }
}
