/**
 * One RTP source of a WebRTC publisher: from its packets, in whatever order they come, to frames that
 * have the time of all of the publisher's sources.
 *
 * @module
 */

import type { NtpTime } from "../../codec/rtcp/ntp-time.ts";
import type { RtpPacket } from "../../codec/rtp/rtp-packet.ts";
import type { AgreedSection } from "../../protocols/rtc/negotiation/agreement.ts";
import { KeyFrameRequests } from "../../protocols/rtc/receive/key-frame-requests.ts";
import type { ReorderSink } from "../../protocols/rtc/receive/reorder-buffer.ts";
import type { SenderClock } from "../../protocols/rtc/receive/sender-clock.ts";
import type { SenderClockTrack } from "../../protocols/rtc/receive/sender-clock-track.ts";
import { TrackReceiver } from "../../protocols/rtc/receive/track-receiver.ts";
import type { FlvOutput } from "../../remux/flv/to-stream.ts";
import type { RtpInput } from "../../remux/rtp/rtp-input.ts";
import { createRtpInput } from "../../remux/rtp/to-stream.ts";
import { describedParameterSets } from "./described-parameter-sets.ts";

export interface PublishedSourceOptions {
  readonly ssrc: number;
  readonly section: AgreedSection;
  /** Which of simulcast layers it is: its rid, else its SSRC. */
  readonly layer: string;
  readonly clock: SenderClock;
  /** How often a key frame is asked for that nobody misses, in milliseconds; 0: never. */
  readonly keyFramePeriodMs: number;
  readonly isNackOn: boolean;
}

const NO_TIME = 0;

export class PublishedSource implements ReorderSink<RtpPacket> {
  readonly ssrc: number;
  readonly section: AgreedSection;
  readonly layer: string;
  readonly receiver: TrackReceiver;
  readonly keyFrames: KeyFrameRequests;
  readonly #clockTrack: SenderClockTrack;
  readonly #input: RtpInput;
  #isAfterGap = false;
  #nowMs = NO_TIME;

  /** @param output Where its frames go, with the publisher's common time. */
  constructor(options: PublishedSourceOptions, output: FlvOutput) {
    const { ssrc, section, clock } = options;
    const { kind, clockRate, codec } = section;
    this.ssrc = ssrc;
    this.section = section;
    this.layer = options.layer;
    const isNackEnabled = options.isNackOn && section.feedback.includes("nack");
    this.receiver = new TrackReceiver({ ssrc, clockRate, isNackEnabled }, this);
    this.keyFrames = new KeyFrameRequests(kind === "video" ? options.keyFramePeriodMs : 0);
    this.#clockTrack = clock.addTrack(kind, clockRate);
    this.#input = createRtpInput(codec, output, describedParameterSets(section));
  }

  /** Pictures that were of no use. */
  get droppedCount(): number {
    return this.#input.droppedCount;
  }

  get clockTrack(): SenderClockTrack {
    return this.#clockTrack;
  }

  receive(packet: RtpPacket, nowMs: number): void {
    this.#nowMs = nowMs;
    this.receiver.receive(packet, nowMs);
  }

  /** A packet that was sent again, in a stream of its own. */
  repair(packet: RtpPacket, nowMs: number): void {
    this.#nowMs = nowMs;
    this.receiver.repair(packet, nowMs);
  }

  senderReport(time: NtpTime, timestamp: number, nowMs: number): void {
    this.receiver.senderReportReceived(time, nowMs);
    this.#clockTrack.senderReport(time, timestamp, nowMs);
  }

  /** Call every 10 ms or so: gives up what has been missing for too long. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.receiver.tick(nowMs);
    if (this.section.kind === "video" && this.#input.needsKeyFrame) this.keyFrames.want();
  }

  /** Writes what is left. */
  flush(): void {
    this.#input.flush();
  }

  // ReorderSink -------------------------------------------------------------------------------------

  packet(packet: RtpPacket): void {
    const timeMs = this.#clockTrack.timeMs(packet.timestamp, this.#nowMs);
    const timestamp = (timeMs * this.section.clockRate) / 1_000;
    const isAfterGap = this.#isAfterGap;
    this.#isAfterGap = false;
    this.#input.take(packet.payload, timestamp, packet.isMarked, isAfterGap);
  }

  lost(): void {
    this.#isAfterGap = true;
  }
}
