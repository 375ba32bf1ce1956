/**
 * One WebRTC player of a stream: its tracks, what it is told of them, and what it says of how they
 * come.
 *
 * Spec: RFC 3550, section 6; RFC 4585; RFC 5104, section 4.3.1 (FIR).
 *
 * @module
 */

import { unlessMalformed } from "../../base/errors.ts";
import type { ReportBlock } from "../../codec/rtcp/report-block.ts";
import { encodeRtcp, parseRtcp, type RtcpPacket } from "../../codec/rtcp/rtcp-packet.ts";
import type { TransportReport } from "../../live/reports.ts";
import type { AgreedSection } from "../../protocols/rtc/negotiation/agreement.ts";
import type { LocalSources } from "../../protocols/rtc/negotiation/local-terms.ts";
import type { RtpKind } from "../../protocols/rtc/negotiation/rtp-codec.ts";
import { BandwidthEstimator } from "../../protocols/rtc/send/bandwidth-estimator.ts";
import { isLongBurst, KEY_FRAME_WAIT_MS } from "../../protocols/rtc/send/key-frame-wait.ts";
import type { NetworkState } from "../../protocols/rtc/send/layer-selector.ts";
import type { PacketHistory } from "../../protocols/rtc/send/packet-history.ts";
import { ReportedBandwidth } from "../../protocols/rtc/send/reported-bandwidth.ts";
import type { Deferral } from "../../protocols/rtc/send/send-track.ts";
import { deferralOf } from "./deferral.ts";
import type { VideoVersion } from "./layer-packets.ts";
import type { PacketOutput, PacketPeer } from "./packet-output.ts";
import type { RtpBroadcast } from "./rtp-broadcast.ts";
import { VersionChoice } from "./version-choice.ts";
import { ViewerProbe } from "./viewer-probe.ts";
import { ViewerTrack, type ViewerTransport } from "./viewer-track.ts";

/** The first comes at once, so that the picture and the sound are in step from the beginning. */
const REPORT_MS = 3_000;
/** Who asks for a key frame in vain does not wait for one for so long: some publishers send none. */
const UNANSWERED_MS = 60_000;

export interface RtpViewerOptions {
  readonly broadcast: RtpBroadcast;
  readonly sections: readonly AgreedSection[];
  readonly sources: LocalSources;
  readonly peer: PacketPeer;
  readonly output: PacketOutput;
  /** 16 random bytes or more. */
  readonly random: Uint8Array;
  readonly isNackOn: boolean;
  /** The version of the picture that it has asked for, see RtcOptions; `undefined`: what it can have. */
  readonly layer: string | undefined;
  /** Now, since the Unix epoch, in milliseconds. */
  wallMs(): number;
  /** The first key frame, or sound where there is no picture, has been handed over. */
  started(): void;
  /** The stream is made of something else now. */
  tracksChanged(): void;
  /**
   * Asks the publisher for a key frame.
   *
   * @param layer Of the publisher's; `undefined`: the one that the stream has.
   * @returns Whether there is somebody to be asked.
   */
  requestKeyFrame(layer: string | undefined): boolean;
}

/** How the viewer's packets fare. */
export type ViewerFigures = Omit<TransportReport, "protocol" | "codecs">;

export class RtpViewer {
  readonly broadcast: RtpBroadcast;
  /** Nothing is sent again, since this machine has no time for it. */
  isNackPaused = false;
  readonly #options: RtpViewerOptions;
  readonly #tracks: readonly ViewerTrack[];
  readonly #transport: ViewerTransport;
  /** `undefined` if nothing can be found out by sending more. */
  readonly #probe: ViewerProbe | undefined;
  /** `undefined` if it gets no picture. */
  readonly #choice: VersionChoice | undefined;
  /** `undefined` if its packets are numbered, and reported on one by one. */
  readonly #reported: ReportedBandwidth | undefined;
  #reportedMs = Number.NEGATIVE_INFINITY;
  /** How many tracks have been reported on. */
  #reportedTracks = 0;
  #hasStarted = false;
  #hasReported = false;
  /** How much later than the stream it is. */
  #delayMs = 0;
  /** What it is to change to, and until when it waits for a key frame of it. */
  #next: { readonly history: PacketHistory; readonly untilMs: number } | undefined;

  constructor(options: RtpViewerOptions) {
    this.#options = options;
    this.broadcast = options.broadcast;
    const { sections, sources, output, peer, broadcast, random } = options;
    const isNumbered = sections.some(
      ({ extensions }) => extensions.transportWideSequenceNumber !== undefined,
    );
    this.#transport = {
      ...{ output, peer, nowMs: 0 },
      estimator: isNumbered ? new BandwidthEstimator() : undefined,
    };
    const video = sections.find(({ kind }) => kind === "video");
    this.#choice = video && new VersionChoice(video, options.layer);
    this.#reported = isNumbered ? undefined : new ReportedBandwidth();
    const view = new DataView(random.buffer, random.byteOffset, random.length);
    this.#tracks = sections.map((section, index) => {
      const { kind } = section;
      return new ViewerTrack(
        {
          section,
          ssrc: kind === "audio" ? sources.audioSsrc : sources.videoSsrc,
          rtxSsrc: sources.rtxSsrc,
          history: broadcast.histories[kind],
          timestampOffset: view.getUint32((index * 6) % 12),
          firstSequenceNumber: view.getUint16(((index * 6) % 12) + 4) & 0x7fff,
        },
        this.#transport,
      );
    });
    this.#probe = this.#createProbe();
  }

  #createProbe(): ViewerProbe | undefined {
    const { estimator } = this.#transport;
    const track = this.#tracks.find(({ kind }) => kind === "video");
    const isPossible = estimator !== undefined && track?.canProbe === true;
    return isPossible ? new ViewerProbe(track, estimator) : undefined;
  }

  figures(nowMs: number): ViewerFigures {
    const statistics = this.#tracks.map((track) => track.statistics);
    const sum = (of: (track: ViewerTrack) => number): number =>
      this.#tracks.reduce((total, track) => total + of(track), 0);
    return {
      rttMs: this.#hasReported
        ? Math.round(Math.min(...statistics.map(({ roundTripMs }) => roundTripMs)))
        : null,
      lossRate: Math.max(0, ...statistics.map(({ lossFraction }) => lossFraction)),
      lostPackets: Math.max(
        0,
        sum((track) => track.statistics.lostCount),
      ),
      jitterMs: Math.max(0, ...statistics.map(({ jitterMs }) => Math.round(jitterMs * 10) / 10)),
      nackedPackets: sum((track) => track.nacks.askedCount),
      repeatedPackets: sum((track) => track.nacks.answeredCount),
      keyFrameRequests: sum((track) => track.statistics.pliCount),
      bandwidth: this.#estimate(nowMs) ?? null,
    };
  }

  /** The layer, or the rung, that it sees; `undefined` if it sees what the stream has. */
  get layer(): string | undefined {
    const video = this.#tracks.find(({ kind }) => kind === "video");
    return video && this.broadcast.layerOf(video.history);
  }

  /** How often it was set back. */
  get skipCount(): number {
    return this.#tracks.reduce((sum, track) => sum + track.skipCount, 0);
  }

  /**
   * Begins with what there is, unless something better is about to come; with the version that it has
   * asked for, if that is there.
   */
  begin(nowMs: number): void {
    for (const track of this.#tracks) {
      if (track.kind !== "video") track.startLive();
      else if (
        this.#isWorthAsking(track.history, nowMs) &&
        this.#options.requestKeyFrame(undefined)
      )
        track.hold(nowMs + KEY_FRAME_WAIT_MS);
      else track.startAtKeyFrame();
    }
    if (this.#options.layer !== undefined) this.#chooseVersion(nowMs);
  }

  /** The stream is made of something else now. */
  tracksChanged(): void {
    this.#options.tracksChanged();
  }

  /** Whether packets of the history are for it. */
  takes(history: PacketHistory): boolean {
    for (const track of this.#tracks) if (track.history === history) return true;
    return false;
  }

  /**
   * Sends the packet with this index of a history, if it is the viewer's next.
   *
   * @returns Whether it was.
   */
  serve(history: PacketHistory, index: number, isKeyFrameStart: boolean, nowMs: number): boolean {
    for (const track of this.#tracks) {
      if (track.history !== history) continue;
      if (track.isWaiting && isKeyFrameStart) track.startWith(index);
      if (track.isWaiting || track.track.isDeferred || track.track.nextIndex !== index) continue;
      this.#transport.nowMs = nowMs;
      track.track.sendNext(track);
      if (!this.#hasStarted) this.#start(track.kind);
      return true;
    }
    return false;
  }

  /**
   * Sends some of what it lacks, at the pace that its network bears.
   *
   * @param bitrate Of the stream.
   * @returns Whether it lacks nothing, or waits for a key frame, and its network is not probed, and
   *   nothing is held back.
   */
  catchUp(nowMs: number, bitrate: number): boolean {
    this.#transport.nowMs = nowMs;
    let hasAll = this.#probe?.run(nowMs) !== true;
    for (const track of this.#tracks) {
      track.track.release(nowMs);
      if (track.track.isDeferred) hasAll = false;
      if (track.track.isLive) track.isBehind = false;
      if (track.isHeld && !this.#stopHolding(track, nowMs)) hasAll = false;
      if (track.isWaiting || track.track.isLive) continue;
      track.pacer.setRates(bitrate, this.#estimate(nowMs));
      const isLive = this.#sendDue(track, nowMs);
      if (!this.#hasStarted && track.track.packetCount > 0) this.#start(track.kind);
      if (track.track.isCutOff) track.cutOff();
      if (!isLive && !track.isWaiting) hasAll = false;
    }
    return hasAll;
  }

  /** What comes faster than usual says what the network bears; what is deferred comes as usual. */
  #sendDue(track: ViewerTrack, nowMs: number): boolean {
    const { estimator } = this.#transport;
    const isAsUsual = track.track.isDeferred && !track.isBehind;
    if (estimator === undefined || isAsUsual) return track.pacer.send(track.track, track, nowMs);
    const wasProbing = estimator.isProbing;
    estimator.isProbing = true;
    const isLive = track.pacer.send(track.track, track, nowMs);
    estimator.isProbing = wasProbing;
    return isLive;
  }

  /** Where the peer is to be reached has changed. @param output What sends there. */
  moved(output: PacketOutput): void {
    const former = this.#transport.output;
    // What it still holds is of streams that it is about to lose.
    if (former !== output) former.flush();
    this.#transport.output = output;
    for (const track of this.#tracks) track.moved(former);
  }

  /** Tells the viewer the times of its tracks, if it is time to. Call every second or less. */
  report(nowMs: number): void {
    this.#transport.estimator?.tick(nowMs);
    this.#chooseVersion(nowMs);
    this.#considerProbe(nowMs);
    const sending = this.#tracks.filter(({ track }) => track.packetCount > 0);
    // Without a report of each, nobody knows how they belong together.
    const isNew = sending.length > this.#reportedTracks;
    if (!isNew && nowMs - this.#reportedMs < REPORT_MS) return;
    const { broadcast, peer, sources } = this.#options;
    const streamMs = broadcast.streamClock.streamMs(nowMs);
    if (streamMs === undefined || sending.length === 0) return;
    this.#reportedMs = nowMs;
    this.#reportedTracks = sending.length;
    const wallMs = this.#options.wallMs();
    const bitrate = broadcast.bitrate(nowMs);
    for (const { nacks } of sending) nacks.setBitrate(bitrate);
    const reports = sending.map(({ track }) => track.senderReport(wallMs, streamMs));
    const chunks = sending.map(({ track }) => ({ ssrc: track.ssrc, cname: sources.cname }));
    const packets: RtcpPacket[] = [...reports, { type: "source-description", chunks }];
    peer.connection.sendRtcp(encodeRtcp(packets));
  }

  /**
   * Takes what the viewer says.
   *
   * @returns Whether it needs a key frame.
   */
  rtcp(bytes: Uint8Array, nowMs: number): boolean {
    let needsKeyFrame = false;
    this.#transport.nowMs = nowMs;
    for (const packet of unlessMalformed(() => parseRtcp(bytes)) ?? []) {
      if (this.#take(packet, nowMs)) needsKeyFrame = true;
    }
    this.#transport.output.flush();
    return needsKeyFrame;
  }

  /** The publisher cannot be asked for a key frame: sends what there is since the last. */
  restart(nowMs: number): void {
    for (const track of this.#tracks) if (track.kind === "video") track.restart(nowMs);
    this.#options.broadcast.catchUp();
  }

  close(): void {
    for (const track of this.#tracks) track.close();
  }

  /** Bits per second that the way to the viewer bears; `undefined` before it has said anything of it. */
  #estimate(nowMs: number): number | undefined {
    const { estimator } = this.#transport;
    const estimate =
      estimator?.hasFeedback === true ? estimator.estimate(nowMs) : this.#reported?.estimate(nowMs);
    return estimate && Math.round(estimate);
  }

  /** Takes the version of the picture that was asked for, else the one that its network bears. */
  #chooseVersion(nowMs: number): void {
    const video = this.#tracks.find(({ kind }) => kind === "video");
    if (video === undefined) return;
    const { broadcast } = this;
    const versions = broadcast.versions(nowMs);
    const own = broadcast.histories.video;
    if (versions.length === 0 && video.history === own) return;
    const present = { history: video.history, delayMs: this.#delayMs };
    const chosen = this.#choice?.choose(versions, present, this.#network(nowMs), nowMs);
    const isGone = versions.every(({ history }) => history !== video.history);
    const history = chosen?.history ?? (isGone ? own : video.history);
    const version = versions.find((one) => one.history === history);
    const deferral = deferralOf(this.#delayMs, version?.latenessMs ?? 0);
    if (!deferral.isHeld && version !== undefined && this.#waitsFor(version, video, nowMs)) return;
    if (!video.switchTo(history, deferral, nowMs)) return;
    if (deferral.delayMs > this.#delayMs) this.#defer(deferral, nowMs);
    this.#probe?.rest(nowMs);
    broadcast.catchUp();
  }

  /** Whether it is better to go on with the present version until there is a key frame of the next. */
  #waitsFor({ name, history, isOwn }: VideoVersion, video: ViewerTrack, nowMs: number): boolean {
    if (history === video.history || !this.#isWorthAsking(history, nowMs)) {
      this.#next = undefined;
      return false;
    }
    if (this.#next?.history !== history) {
      if (!this.#options.requestKeyFrame(isOwn ? undefined : name)) return false;
      this.#next = { history, untilMs: nowMs + KEY_FRAME_WAIT_MS };
    }
    if (nowMs < this.#next.untilMs) return true;
    this.#next = undefined;
    this.broadcast.keyFrameMissedMs = nowMs;
    return false;
  }

  #isWorthAsking(history: PacketHistory, nowMs: number): boolean {
    const isAnswering = nowMs - this.broadcast.keyFrameMissedMs > UNANSWERED_MS;
    return isAnswering && isLongBurst(history);
  }

  #stopHolding(track: ViewerTrack, nowMs: number): boolean {
    const isOver = track.stopHolding(nowMs);
    if (isOver) this.broadcast.keyFrameMissedMs = nowMs;
    return isOver;
  }

  /** From now on it is later. The sound goes back with the picture, so that both stay in step. */
  #defer({ delayMs }: Deferral, nowMs: number): void {
    const audio = this.#tracks.find(({ kind }) => kind === "audio");
    audio?.track.defer({ delayMs, isHeld: true }, nowMs);
    this.#delayMs = delayMs;
  }

  /** Finds out whether its network bears more, if that would change something. */
  #considerProbe(nowMs: number): void {
    const { estimator } = this.#transport;
    const video = this.#tracks.find(({ kind }) => kind === "video");
    if (estimator?.hasFeedback !== true || video === undefined || this.isNackPaused) return;
    const estimate = estimator.estimate(nowMs);
    const wanted = this.#choice?.wantedEstimate(video.history, estimate);
    if (wanted === undefined) return;
    const { lossFraction } = estimator;
    const network = { estimate, lossFraction, isOverused: estimator.isOverused(nowMs) };
    if (this.#probe?.begin(wanted, network, nowMs) === true) this.broadcast.catchUp();
  }

  #network(nowMs: number): NetworkState | undefined {
    const { estimator } = this.#transport;
    if (estimator === undefined) return this.#reportedNetwork(nowMs);
    if (!estimator.isSettled(nowMs)) return undefined;
    return {
      estimate: estimator.estimate(nowMs),
      isOverused: estimator.isOverused(nowMs),
      lossFraction: estimator.lossFraction,
      // Where it can be found out, nothing is guessed.
      isLimitedBySending: this.#probe === undefined && estimator.isLimitedBySending,
    };
  }

  /** As far as the viewer says it: there is nothing to tell overuse by but loss. */
  #reportedNetwork(nowMs: number): NetworkState | undefined {
    const reported = this.#reported;
    const estimate = reported?.estimate(nowMs);
    if (reported === undefined || estimate === undefined) return undefined;
    const { lossFraction } = reported;
    const isLimitedBySending = !reported.isTold(nowMs);
    return { estimate, lossFraction, isOverused: false, isLimitedBySending };
  }

  #start(kind: RtpKind): void {
    const hasVideo = this.#tracks.some((track) => track.kind === "video");
    if (kind === "audio" && hasVideo && this.#options.broadcast.description.video !== undefined) {
      return;
    }
    this.#hasStarted = true;
    this.#options.started();
  }

  #take(packet: RtcpPacket, nowMs: number): boolean {
    switch (packet.type) {
      case "receiver-report":
      case "sender-report":
        for (const block of packet.reports) this.#takeReport(block, nowMs);
        return false;
      case "nack":
        if (this.#options.isNackOn && !this.isNackPaused) {
          this.#find(packet.mediaSsrc)?.answer(packet.sequenceNumbers, nowMs);
        }
        return false;
      case "transport-feedback":
        this.#transport.estimator?.feedbackReceived(packet, nowMs);
        return false;
      case "remb":
        this.#transport.estimator?.rembReceived(packet.bitrate, nowMs);
        this.#reported?.rembReceived(packet.bitrate, nowMs);
        return false;
      case "pli":
        return this.#keyFrameRequested(packet.mediaSsrc);
      case "fir":
        return packet.entries.some(({ ssrc }) => this.#keyFrameRequested(ssrc));
      default:
        return false;
    }
  }

  #takeReport(block: ReportBlock, nowMs: number): void {
    const track = this.#find(block.ssrc);
    if (track === undefined) return;
    this.#hasReported = true;
    track.statistics.reportReceived(block, this.#options.wallMs());
    const { roundTripMs, lossFraction } = track.statistics;
    this.#transport.estimator?.setRoundTrip(roundTripMs);
    if (track.kind !== "video") return;
    this.#reported?.reportReceived(lossFraction, track.history.bitrate(nowMs));
  }

  #keyFrameRequested(ssrc: number): boolean {
    const track = this.#find(ssrc);
    track?.statistics.keyFrameRequested();
    return track !== undefined;
  }

  #find(ssrc: number): ViewerTrack | undefined {
    return this.#tracks.find(({ track }) => track.ssrc === ssrc);
  }
}
