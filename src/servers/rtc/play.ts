/**
 * From the live core to a WebRTC player.
 *
 * @module
 */

import type { LiveStream, StreamWaiter } from "../../live/live-stream.ts";
import type { Publisher } from "../../live/publication.ts";
import type { TransportReport } from "../../live/reports.ts";
import type { AgreedSection } from "../../protocols/rtc/negotiation/agreement.ts";
import type { LocalSources } from "../../protocols/rtc/negotiation/local-terms.ts";
import type { RtcPath } from "../../protocols/rtc/transport/rtc-path.ts";
import type { LoadLevel } from "./circuit-breaker.ts";
import type { PacketOutput } from "./packet-output.ts";
import type { RtcStreamUse } from "./ports.ts";
import { RtcSession, type RtcSessionHost, type RtcSessionStart } from "./rtc-session.ts";
import type { RtpBroadcasts } from "./rtp-broadcasts.ts";
import { RtpViewer } from "./rtp-viewer.ts";
import { isCarried } from "./wanted-codecs.ts";

/** Two offsets of timestamps, two first sequence numbers. */
const RANDOM_SIZE = 12;

export interface RtcPlayStart extends RtcSessionStart {
  readonly use: RtcStreamUse;
  /** See RtcOptions. */
  readonly layer: string | undefined;
  readonly sources: LocalSources;
  readonly broadcasts: RtpBroadcasts;
  /** Where packets go that are to leave by `path`. */
  outputOf(path: RtcPath | undefined): PacketOutput;
}

export class RtcPlay extends RtcSession implements StreamWaiter {
  readonly clientType = "rtc-play";
  readonly #play: RtcPlayStart;
  #viewer: RtpViewer | undefined;
  #sections: readonly AgreedSection[];
  /** Bytes that the stream knows of. */
  #toldSize = 0;
  #pastSkips = 0;
  /** Of viewers to come, too. */
  #isNackPaused = false;
  /** Pictures are lost. */
  #isDying = false;

  constructor(host: RtcSessionHost, start: RtcPlayStart) {
    super(host, start);
    this.#play = start;
    this.#sections = start.agreement.sections;
  }

  get skipCount(): number {
    return this.#pastSkips + (this.#viewer?.skipCount ?? 0);
  }

  /** What was skipped was never counted. */
  get skippedSize(): number {
    return 0;
  }

  get transport(): TransportReport {
    const protocol = this.connection.path?.protocol ?? null;
    const codecs = this.#sections.map(({ codec }) => codec);
    const { clock } = this.host.ports;
    const figures = this.#viewer?.figures(clock.monotonicMs());
    return {
      protocol,
      rttMs: figures?.rttMs ?? this.roundTripMs,
      lossRate: figures?.lossRate ?? 0,
      lostPackets: figures?.lostPackets ?? 0,
      jitterMs: figures?.jitterMs ?? 0,
      nackedPackets: figures?.nackedPackets ?? 0,
      repeatedPackets: figures?.repeatedPackets ?? 0,
      keyFrameRequests: figures?.keyFrameRequests ?? 0,
      bandwidth: figures?.bandwidth ?? null,
      codecs,
    };
  }

  setLoad(level: LoadLevel): void {
    this.#isNackPaused = level !== "normal";
    if (this.#viewer !== undefined) this.#viewer.isNackPaused = this.#isNackPaused;
    const wasDying = this.#isDying;
    this.#isDying = level === "dying";
    // Some publishers send no key frame unless they are asked, and players miss no packets.
    if (wasDying && !this.#isDying) this.#ask(undefined);
  }

  isOf(stream: LiveStream): boolean {
    return this.#play.use.stream === stream;
  }

  moved(): void {
    this.#viewer?.moved(this.#play.outputOf(this.connection.path));
  }

  onStreamReady(): void {
    if (this.isOver || !this.#isPlayable()) return;
    const { clock, crypto } = this.host.ports;
    const { use, sources, broadcasts, vhost } = this.#play;
    const { mergesNalUnits } = this.host.ports.settings();
    const broadcast = broadcasts.enter(use.stream, { ...vhost.packets, mergesNalUnits });
    this.#viewer = new RtpViewer({
      ...{ broadcast, sources, peer: this, sections: this.#sections },
      output: this.#play.outputOf(this.connection.path),
      random: crypto.randomBytes(RANDOM_SIZE),
      isNackOn: vhost.isNackOn,
      layer: this.#play.layer,
      wallMs: () => clock.wallMs(),
      started: () => this.#started(),
      tracksChanged: () => void this.#isPlayable(),
      requestKeyFrame: (layer) => this.#ask(layer),
    });
    this.#viewer.isNackPaused = this.#isNackPaused;
    broadcast.add(this.#viewer);
    if (broadcast.histories.video.keyFrameIndex === undefined) this.#ask(undefined);
  }

  protected takeRtp(): void {
    // A player has nothing to say but reports.
  }

  protected takeRtcp(packet: Uint8Array, nowMs: number): void {
    const needsKeyFrame = this.#viewer?.rtcp(packet, nowMs) === true;
    if (needsKeyFrame) this.#requestKeyFrame(nowMs);
  }

  protected tick(nowMs: number): void {
    this.#viewer?.report(nowMs);
    this.#tellSize();
  }

  protected begin(): void {
    this.#play.use.stream.addWaiter(this);
  }

  protected finish(): void {
    const { use, broadcasts } = this.#play;
    use.stream.removeWaiter(this);
    this.#leaveBroadcast();
    broadcasts.sweep();
    this.#tellSize();
    use.close();
  }

  /**
   * The kind that the client has asked for and the stream has, and in what codec, has to fit. Sound that
   * RTP does not carry here is not sent; that is no reason to take the picture away.
   */
  #isPlayable(): boolean {
    const { description } = this.#play.use.stream;
    const isSeen = this.#sections.some(({ kind }) => kind === "video" && description[kind]);
    const wrong = this.#sections.find(({ kind, codec }) => {
      const track = description[kind];
      if (track === undefined || track.codec === codec) return false;
      return kind === "video" || !isSeen || isCarried(track);
    });
    if (wrong === undefined) return true;
    const codec = description[wrong.kind]?.codec;
    this.host.ports.logger.info("stream not playable", {
      clientId: this.clientId,
      url: this.streamUrl,
      codec,
      agreed: wrong.codec,
    });
    this.end("not_playable");
    return false;
  }

  #leaveBroadcast(): void {
    const viewer = this.#viewer;
    if (viewer === undefined) return;
    this.#viewer = undefined;
    this.#pastSkips += viewer.skipCount;
    viewer.broadcast.remove(viewer);
    viewer.close();
  }

  #requestKeyFrame(nowMs: number): void {
    if (!this.#ask(this.#viewer?.layer)) this.#viewer?.restart(nowMs);
  }

  /** @returns Whether there is somebody to be asked for a key frame. */
  #ask(layer: string | undefined): boolean {
    if (layer !== undefined) return this.#viewer?.broadcast.requestKeyFrame(layer) === true;
    const publisher = this.#askable;
    publisher?.requestKeyFrame?.();
    return publisher !== undefined;
  }

  /** Who can be asked for a key frame: of what is brought from elsewhere only this one may be there. */
  get #askable(): Publisher | undefined {
    const { main, stream } = this.#play.use;
    const publishers = [main, stream].map(({ publication }) => publication?.publisher);
    return publishers.find((publisher) => publisher?.requestKeyFrame !== undefined);
  }

  #started(): void {
    const { clock, sessions } = this.host.ports;
    sessions.firstFrame(this, clock.monotonicMs() - this.start.askedMs);
    this.start.trace?.part("first key frame", this.start.askedMs);
  }

  #tellSize(): void {
    const { sentSize } = this;
    this.#play.use.main.figures.sentToGuest(sentSize - this.#toldSize);
    this.#toldSize = sentSize;
  }
}
