/**
 * All that a WebRTC publisher sends: which packet is of which source, and what the publisher is told
 * of how they came.
 *
 * Spec: RFC 3550, section 6; RFC 4585 (feedback); RFC 9143, section 9.2 (which packet is of which
 * m-section: one of each kind is agreed on, so that the payload type tells); RFC 8852 (which is of which
 * layer).
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { unlessMalformed } from "../../base/errors.ts";
import { encodeRtcp, parseRtcp, type RtcpPacket } from "../../codec/rtcp/rtcp-packet.ts";
import { findExtension, parseRtpPacket, type RtpPacket } from "../../codec/rtp/rtp-packet.ts";
import { decodeSdesExtension } from "../../codec/rtp/sdes-extension.ts";
import { decodeTransportSequenceNumber } from "../../codec/rtp/transport-sequence-number.ts";
import type { TransportReport } from "../../live/reports.ts";
import type { VideoLayers } from "../../live/video-layers.ts";
import type { AgreedSection } from "../../protocols/rtc/negotiation/agreement.ts";
import { RembSchedule } from "../../protocols/rtc/receive/remb-schedule.ts";
import { RetransmissionStreams } from "../../protocols/rtc/receive/retransmission-streams.ts";
import { SenderClock } from "../../protocols/rtc/receive/sender-clock.ts";
import { TwccRecorder } from "../../protocols/rtc/receive/twcc-recorder.ts";
import type { FlvOutput } from "../../remux/flv/to-stream.ts";
import { PublishedLayers } from "./published-layers.ts";
import { PublishedSource } from "./published-source.ts";

/** What is missing is given up, and asked for, so often. */
const TICK_MS = 10;
const REPORT_MS = 1_000;
/** Sources that are listened to; a browser has two, and six with three layers. */
const SOURCES_MAX = 12;
/** What a publisher without transport-wide feedback may send, bit/s. */
const REMB_BITRATE = 20_000_000;

export interface PublishedMediaOptions {
  readonly sections: readonly AgreedSection[];
  /** Ours, in reports. */
  readonly ssrc: number;
  readonly isNackOn: boolean;
  readonly isTwccOn: boolean;
  /** How often a key frame is asked for in any case, in milliseconds; 0: never. */
  readonly keyFramePeriodMs: number;
  /** Packets of this payload type are lost, for tests; 0: none. */
  readonly droppedPayloadType: number;
  readonly clock: Clock;
  /** Sends a compound RTCP packet. */
  sendRtcp(packet: Uint8Array): void;
  /** A bug, found while time passed. */
  fail(error: unknown): void;
  /** A bug in what takes one layer of the picture: it is not listened to any more, the others are. */
  layerFailed(layer: string, error: unknown): void;
}

/** How the publisher's packets fare. */
export type PublishedFigures = Pick<
  TransportReport,
  "lostPackets" | "lossRate" | "jitterMs" | "nackedPackets" | "keyFrameRequests"
>;

export class PublishedMedia {
  readonly #options: PublishedMediaOptions;
  readonly #output: FlvOutput;
  readonly #senderClock = new SenderClock();
  readonly #sources = new Map<number, PublishedSource>();
  readonly #retransmissions: RetransmissionStreams;
  readonly #twcc = new TwccRecorder();
  readonly #twccId: number | undefined;
  readonly #remb: RembSchedule | undefined;
  readonly #layers: PublishedLayers | undefined;
  /** Those that a bug was found with. */
  readonly #failedLayers = new Set<string>();
  readonly #timer: Timer;
  #reportedMs: number;
  #lossRate = 0;
  #nackedCount = 0;
  /** No packet may be asked for again, since this machine has no time for it. */
  isNackPaused = false;
  isTwccPaused = false;
  /** Of sources that are gone. */
  #pastKeyFrameRequests = 0;

  /** @param output A publication, whose timeline starts anywhere. */
  constructor(options: PublishedMediaOptions, output: FlvOutput) {
    const { sections, clock } = options;
    this.#options = options;
    this.#output = output;
    this.#reportedMs = clock.monotonicMs();
    const video = sections.find(({ kind }) => kind === "video");
    this.#twccId = options.isTwccOn
      ? sections.find(({ extensions }) => extensions.transportWideSequenceNumber !== undefined)
          ?.extensions.transportWideSequenceNumber
      : undefined;
    const isRembTaken = video?.feedback.includes("goog-remb") === true;
    if (this.#twccId === undefined && isRembTaken) this.#remb = new RembSchedule(REMB_BITRATE);
    const isLayered = (video?.rids.length ?? 0) > 1 || (video?.sources.length ?? 0) > 1;
    if (isLayered) {
      this.#layers = new PublishedLayers(output, clock, (name) => {
        this.#findSource(({ layer }) => layer === name)?.keyFrames.want();
      });
    }
    this.#retransmissions = this.#createRetransmissions();
    this.#timer = clock.setInterval(TICK_MS, () => {
      try {
        this.#tick(clock.monotonicMs());
      } catch (error) {
        options.fail(error);
      }
    });
  }

  /** In which versions the picture comes; `undefined` if there is one. */
  get layers(): VideoLayers | undefined {
    return this.#layers;
  }

  get figures(): PublishedFigures {
    let lostPackets = 0;
    let jitterMs = 0;
    let keyFrameRequests = this.#pastKeyFrameRequests;
    for (const { receiver, keyFrames } of this.#sources.values()) {
      lostPackets += Math.max(0, receiver.statistics.lostCount);
      jitterMs = Math.max(jitterMs, receiver.statistics.jitterMs);
      keyFrameRequests += keyFrames.sentCount;
    }
    const lossRate = this.#lossRate;
    return { lostPackets, lossRate, jitterMs, nackedPackets: this.#nackedCount, keyFrameRequests };
  }

  /**
   * Asks for a key frame, as a viewer has come or lost its picture.
   *
   * @param layer The layer that it sees; default the one that the stream has.
   */
  requestKeyFrame(layer: string | undefined = this.#layers?.switch.current): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const source of this.#sources.values()) {
      if (source.section.kind !== "video") continue;
      if (this.#layers === undefined || source.layer === layer) source.keyFrames.want();
    }
    this.#askForKeyFrames(nowMs);
  }

  /** Takes a packet. What breaks its specification is dropped. */
  rtp(bytes: Uint8Array, nowMs: number): void {
    const packet = unlessMalformed(() => parseRtpPacket(bytes));
    if (packet === undefined) return;
    const { droppedPayloadType } = this.#options;
    if (droppedPayloadType !== 0 && packet.payloadType === droppedPayloadType) return;
    this.#noteArrival(packet, nowMs);
    if (this.#retransmissions.isRetransmission(packet)) {
      const original = unlessMalformed(() => this.#retransmissions.restore(packet));
      const source = original && this.#sources.get(original.ssrc);
      if (source === undefined || original === undefined) return;
      try {
        source.repair(original, nowMs);
      } catch (error) {
        this.#sourceFailed(source, error);
      }
      return;
    }
    const source = this.#sources.get(packet.ssrc) ?? this.#addSource(packet);
    if (source === undefined) return;
    if (source.section.kind === "video") {
      this.#layers?.layers.packetReceived(source.layer, bytes.length, nowMs);
    }
    try {
      source.receive(packet, nowMs);
    } catch (error) {
      this.#sourceFailed(source, error);
    }
  }

  rtcp(bytes: Uint8Array, nowMs: number): void {
    for (const packet of unlessMalformed(() => parseRtcp(bytes)) ?? []) {
      if (packet.type === "sender-report") {
        this.#sources.get(packet.ssrc)?.senderReport(packet, packet.rtpTimestamp, nowMs);
      } else if (packet.type === "bye") {
        for (const ssrc of packet.ssrcs) this.#removeSource(ssrc);
      }
    }
  }

  close(): void {
    this.#timer.cancel();
    for (const source of this.#sources.values()) source.flush();
  }

  // Sources -----------------------------------------------------------------------------------------

  #addSource(packet: RtpPacket): PublishedSource | undefined {
    const section = this.#findSection(packet);
    const layer = section && this.#layerOf(packet, section);
    if (section === undefined || layer === undefined) return undefined;
    if (this.#sources.size >= SOURCES_MAX) this.#removeSilent();
    const { clock, isNackOn, keyFramePeriodMs } = this.#options;
    this.#replace(section, layer);
    const isVideo = section.kind === "video";
    const output = (isVideo ? this.#layers?.outputOf(layer) : undefined) ?? this.#output;
    const source = new PublishedSource(
      {
        ...{ ssrc: packet.ssrc, section, layer, isNackOn, keyFramePeriodMs },
        clock: this.#senderClock,
      },
      {
        writeMetadata: (metadata) => output.writeMetadata(metadata),
        writeTrack: (track) => output.writeTrack(track),
        writeFrame: (frame) => {
          if (isVideo && frame.isKeyFrame) source.keyFrames.keyFrameReceived(clock.monotonicMs());
          output.writeFrame(frame);
        },
      },
    );
    if (isVideo) source.keyFrames.want();
    this.#sources.set(packet.ssrc, source);
    const told = section.sources.find(({ ssrc }) => ssrc === packet.ssrc);
    if (told?.rtxSsrc !== undefined) this.#retransmissions.pair(told.rtxSsrc, packet.ssrc);
    return source;
  }

  /** By what was said of SSRCs, else by the payload type, which no two sections share. */
  #findSection({ ssrc, payloadType }: RtpPacket): AgreedSection | undefined {
    const { sections } = this.#options;
    const told = sections.find(({ sources }) => sources.some((one) => one.ssrc === ssrc));
    const section = told ?? sections.find((one) => one.payloadType === payloadType);
    return section?.payloadType === payloadType ? section : undefined;
  }

  /** @returns `undefined` if nobody knows, and a later packet will say, or if there are too many. */
  #layerOf(packet: RtpPacket, section: AgreedSection): string | undefined {
    const name = this.#layerName(packet, section);
    if (this.#layers === undefined || section.kind !== "video" || name === undefined) return name;
    if (this.#failedLayers.has(name)) return undefined;
    return this.#layers.layers.admits(name) ? name : undefined;
  }

  #layerName(packet: RtpPacket, section: AgreedSection): string | undefined {
    if (section.rids.length === 0) {
      // Of layers that are told by their SSRCs, there are no others.
      const isTold = section.sources.some(({ ssrc }) => ssrc === packet.ssrc);
      return isTold || section.sources.length <= 1 ? String(packet.ssrc) : undefined;
    }
    const { rtpStreamId: id } = section.extensions;
    const value = id === undefined ? undefined : findExtension(packet, id);
    const rid = value && unlessMalformed(() => decodeSdesExtension(value));
    return rid !== undefined && section.rids.includes(rid) ? rid : undefined;
  }

  /** A source of another SSRC goes on with what this one did, as after a collision of SSRCs. */
  #replace(section: AgreedSection, layer: string): void {
    const isLayered = this.#layers !== undefined && section.kind === "video";
    for (const source of [...this.#sources.values()]) {
      const isSame = source.section === section && (!isLayered || source.layer === layer);
      if (isSame) this.#removeSource(source.ssrc);
    }
  }

  #removeSource(ssrc: number): void {
    const source = this.#sources.get(ssrc);
    if (source === undefined) return;
    this.#sources.delete(ssrc);
    try {
      source.flush();
    } finally {
      this.#forgetSource(source);
    }
  }

  #forgetSource(source: PublishedSource): void {
    this.#sources.delete(source.ssrc);
    this.#senderClock.removeTrack(source.clockTrack);
    this.#pastKeyFrameRequests += source.keyFrames.sentCount;
  }

  /** @throws {unknown} What went wrong, if there is no other layer that the picture may go on with. */
  #sourceFailed(failed: PublishedSource, error: unknown): void {
    const { layer, section } = failed;
    const isLayer = this.#layers !== undefined && section.kind === "video";
    const isOther = (one: PublishedSource): boolean => one !== failed && one.section === section;
    if (!isLayer || this.#findSource(isOther) === undefined) throw error;
    this.#failedLayers.add(layer);
    this.#forgetSource(failed);
    this.#options.layerFailed(layer, error);
  }

  #removeSilent(): void {
    const [oldest] = this.#sources.keys();
    if (oldest !== undefined) this.#removeSource(oldest);
  }

  #createRetransmissions(): RetransmissionStreams {
    const { sections } = this.#options;
    const payloadTypes = new Map<number, number>();
    for (const { payloadType, rtxPayloadType } of sections) {
      if (rtxPayloadType !== undefined) payloadTypes.set(rtxPayloadType, payloadType);
    }
    const video = sections.find(({ kind }) => kind === "video");
    const repairedRidExtensionId = video?.extensions.repairedRtpStreamId;
    return new RetransmissionStreams(
      { payloadTypes, repairedRidExtensionId },
      {
        ssrcOfRid: (rid) => this.#findSource(({ layer }) => layer === rid)?.ssrc,
        ssrcMissing: (payloadType, sequenceNumber) =>
          this.#findSource(
            ({ section, receiver }) =>
              section.payloadType === payloadType && receiver.isMissing(sequenceNumber),
          )?.ssrc,
      },
    );
  }

  #findSource(isIt: (source: PublishedSource) => boolean): PublishedSource | undefined {
    for (const source of this.#sources.values()) if (isIt(source)) return source;
    return undefined;
  }

  // Feedback ----------------------------------------------------------------------------------------

  #noteArrival(packet: RtpPacket, nowMs: number): void {
    if (this.#twccId === undefined) return;
    const value = findExtension(packet, this.#twccId);
    const sequenceNumber = value && unlessMalformed(() => decodeTransportSequenceNumber(value));
    if (sequenceNumber !== undefined) this.#twcc.record(sequenceNumber, nowMs);
  }

  #tick(nowMs: number): void {
    for (const source of this.#sources.values()) {
      try {
        source.tick(nowMs);
      } catch (error) {
        this.#sourceFailed(source, error);
      }
    }
    this.#askForLost(nowMs);
    this.#askForKeyFrames(nowMs);
    if (!this.isTwccPaused && this.#twcc.isDue(nowMs)) {
      const [media] = this.#sources.keys();
      const sources = { senderSsrc: this.#options.ssrc, mediaSsrc: media ?? 0 };
      for (const feedback of this.#twcc.take(sources, nowMs)) this.#send([feedback]);
    }
    if (nowMs - this.#reportedMs >= REPORT_MS) this.#report(nowMs);
  }

  #askForLost(nowMs: number): void {
    if (this.isNackPaused) return;
    for (const { ssrc: mediaSsrc, receiver } of this.#sources.values()) {
      const sequenceNumbers: number[] = [];
      receiver.collectNacks(nowMs, sequenceNumbers);
      if (sequenceNumbers.length === 0) continue;
      this.#nackedCount += sequenceNumbers.length;
      this.#send([{ type: "nack", senderSsrc: this.#options.ssrc, mediaSsrc, sequenceNumbers }]);
    }
  }

  #askForKeyFrames(nowMs: number): void {
    const wanted = this.#layers?.switch.wanted;
    for (const { ssrc: mediaSsrc, section, layer, keyFrames } of this.#sources.values()) {
      if (section.kind !== "video") continue;
      if (layer === wanted) keyFrames.want();
      if (!keyFrames.take(nowMs)) continue;
      const senderSsrc = this.#options.ssrc;
      if (section.feedback.includes("nack pli") || !section.feedback.includes("ccm fir")) {
        this.#send([{ type: "pli", senderSsrc, mediaSsrc }]);
      } else {
        const entries = [{ ssrc: mediaSsrc, sequenceNumber: keyFrames.firSequenceNumber }];
        this.#send([{ type: "fir", senderSsrc, entries }]);
      }
    }
  }

  #report(nowMs: number): void {
    this.#reportedMs = nowMs;
    const { ssrc } = this.#options;
    const reports = [...this.#sources.values()].flatMap(({ receiver }) => {
      const report = receiver.report(nowMs);
      return report === undefined ? [] : [report];
    });
    const lost = reports.map(({ fractionLost }) => fractionLost / 256);
    this.#lossRate = lost.length === 0 ? 0 : Math.max(...lost);
    const remb = this.#remb?.take(ssrc, [...this.#sources.keys()], nowMs);
    this.#send([
      { type: "receiver-report", ssrc, reports },
      { type: "source-description", chunks: [{ ssrc, cname: "sluice" }] },
      ...(remb === undefined ? [] : [remb]),
    ]);
  }

  /** Feedback is a compound of its own where that is agreed on (RFC 5506), else behind a report. */
  #send(packets: readonly RtcpPacket[]): void {
    const [first] = packets;
    const isReducedTaken = this.#options.sections.every((one) => one.isReducedSizeRtcp);
    const isReport = first?.type === "receiver-report";
    const { ssrc } = this.#options;
    const before: RtcpPacket[] =
      isReport || isReducedTaken ? [] : [{ type: "receiver-report", ssrc, reports: [] }];
    this.#options.sendRtcp(encodeRtcp([...before, ...packets]));
  }
}
