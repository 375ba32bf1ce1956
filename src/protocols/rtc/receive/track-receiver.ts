/**
 * All that a receiver does for one RTP source: order, requests for what is missing, statistics.
 *
 * @module
 */

import type { NtpTime } from "../../../codec/rtcp/ntp-time.ts";
import type { ReportBlock } from "../../../codec/rtcp/report-block.ts";
import type { RtpPacket } from "../../../codec/rtp/rtp-packet.ts";
import { NackGenerator } from "./nack-generator.ts";
import { ReceiverStatistics } from "./receiver-statistics.ts";
import { ReorderBuffer, type ReorderSink } from "./reorder-buffer.ts";
import { SequenceTracker, sequenceDistance } from "./sequence-tracker.ts";

/** While NACKs may bring it: five round trips of a near peer, two of a far one. */
const REPAIR_WAIT = { waitMsMin: 100, waitMsMax: 500 };
/** Without NACKs only a detour in the network delays a packet. */
const REORDER_WAIT = { waitMsMin: 40, waitMsMax: 40 };

export interface TrackReceiverOptions {
  readonly ssrc: number;
  /** Ticks of its timestamps per second. */
  readonly clockRate: number;
  /** Whether the peer answers NACKs. */
  readonly isNackEnabled: boolean;
}

/** Packets go to the sink in order, without duplicates. A source with another SSRC needs another one. */
export class TrackReceiver {
  readonly ssrc: number;
  readonly statistics: ReceiverStatistics;
  readonly #isNackEnabled: boolean;
  readonly #tracker = new SequenceTracker();
  readonly #buffer: ReorderBuffer<RtpPacket>;
  readonly #nacks = new NackGenerator();
  /** What SequenceTracker waits to see confirmed. */
  #probation: RtpPacket | undefined;
  #duplicateCount = 0;

  constructor(options: TrackReceiverOptions, sink: ReorderSink<RtpPacket>) {
    this.ssrc = options.ssrc;
    this.#isNackEnabled = options.isNackEnabled;
    this.statistics = new ReceiverStatistics(options.ssrc, options.clockRate);
    this.#buffer = new ReorderBuffer(sink, options.isNackEnabled ? REPAIR_WAIT : REORDER_WAIT);
  }

  /** Requests, repairs and the round trip measured by them. */
  get nacks(): NackGenerator {
    return this.#nacks;
  }

  /** Packets that came twice, or after they had been given up. */
  get duplicateCount(): number {
    return this.#duplicateCount;
  }

  /** Packets held back until what is missing before them comes. */
  get waitingCount(): number {
    return this.#buffer.count;
  }

  /**
   * When `tick` and `collectNacks` have to be called at the latest; `undefined` while nothing is
   * missing. Every 10 ms is often enough for both.
   */
  get deadlineMs(): number | undefined {
    return this.#buffer.deadlineMs;
  }

  /** Takes a packet of the source. Its bytes must not change afterwards. */
  receive(packet: RtpPacket, nowMs: number): void {
    const sequence = this.#tracker.track(packet.sequenceNumber, nowMs);
    const restartSequence = this.#tracker.restartSequence;
    if (sequence === undefined) {
      this.#probation = packet;
      return;
    }
    if (restartSequence !== undefined) this.#restart(restartSequence, sequence, nowMs);
    this.statistics.received(sequence, packet.timestamp, nowMs);
    this.#add(sequence, packet, nowMs);
  }

  /** Takes a packet that RTX brought (RetransmissionStreams): statistics do not count it. */
  repair(packet: RtpPacket, nowMs: number): void {
    const highest = this.#tracker.highest;
    if (highest === undefined) return;
    const distance = sequenceDistance(highest, packet.sequenceNumber);
    if (distance < 0) this.#add(highest + distance, packet, nowMs);
  }

  /** Gives up what has been waited for long enough. */
  tick(nowMs: number): void {
    this.#buffer.expire(nowMs);
    this.#nacks.abandonBefore(this.#buffer.nextSequence ?? 0);
  }

  /** Whether the packet with this number (16 bits) is asked for. */
  isMissing(sequenceNumber: number): boolean {
    const highest = this.#tracker.highest;
    if (highest === undefined) return false;
    return this.#nacks.isMissing(highest + sequenceDistance(highest, sequenceNumber));
  }

  /** Adds to `sequenceNumbers` (16 bits each) what a NACK has to ask for now. */
  collectNacks(nowMs: number, sequenceNumbers: number[]): void {
    if (!this.#isNackEnabled || this.#nacks.missingCount === 0) return;
    const start = sequenceNumbers.length;
    this.#nacks.collect(nowMs, sequenceNumbers);
    for (let index = start; index < sequenceNumbers.length; index++) {
      sequenceNumbers[index] = (sequenceNumbers[index] ?? 0) & 0xffff;
    }
  }

  senderReportReceived(time: NtpTime, nowMs: number): void {
    this.statistics.senderReportReceived(time, nowMs);
  }

  /** For the next receiver report. */
  report(nowMs: number): ReportBlock | undefined {
    return this.statistics.report(nowMs);
  }

  #add(sequence: number, packet: RtpPacket, nowMs: number): void {
    this.#nacks.received(sequence, nowMs);
    this.#buffer.setWait(this.#nacks.repairMs);
    if (!this.#buffer.add(sequence, packet, nowMs)) this.#duplicateCount++;
    this.#nacks.abandonBefore(this.#buffer.nextSequence ?? 0);
  }

  /** @param current The packet that shows the restart: the first, or one behind it. */
  #restart(sequence: number, current: number, nowMs: number): void {
    const first = this.#probation;
    this.#probation = undefined;
    this.#buffer.restart(sequence);
    this.#nacks.restart(sequence);
    this.statistics.restart(sequence);
    if (first === undefined || current === sequence) return;
    this.statistics.received(sequence, first.timestamp, nowMs);
    this.#add(sequence, first, nowMs);
  }
}
