/**
 * From a WebRTC publisher to the live core.
 *
 * @module
 */

import { formatStreamUrl } from "../../base/stream-name.ts";
import type { Publication, Publisher, PublisherEnd } from "../../live/publication.ts";
import type { TransportReport } from "../../live/reports.ts";
import type { VideoLayers } from "../../live/video-layers.ts";
import type { LoadLevel } from "./circuit-breaker.ts";
import type { RtcPublishing } from "./ports.ts";
import { PublishedMedia } from "./published-media.ts";
import { RtcSession, type RtcSessionHost, type RtcSessionStart } from "./rtc-session.ts";

export class RtcPublish extends RtcSession {
  readonly clientType = "rtc-publish";
  readonly skipCount = 0;
  readonly skippedSize = 0;
  readonly #media: PublishedMedia;
  readonly #main: Publication;
  readonly #publishing: RtcPublishing;

  /**
   * @param main What all get but players of WebRTC.
   * @param publishing What those get.
   */
  constructor(
    host: RtcSessionHost,
    start: RtcSessionStart,
    main: Publication,
    publishing: RtcPublishing,
  ) {
    super(host, start);
    const { clock, crypto } = host.ports;
    const { vhost, agreement } = start;
    this.#main = main;
    this.#publishing = publishing;
    this.#media = new PublishedMedia(
      {
        sections: agreement.sections,
        ssrc: new DataView(crypto.randomBytes(4).buffer).getUint32(0),
        isNackOn: vhost.isNackOn,
        isTwccOn: vhost.isTwccOn,
        keyFramePeriodMs: vhost.keyFramePeriodMs,
        droppedPayloadType: vhost.droppedPayloadType,
        clock,
        sendRtcp: (packet) => this.connection.sendRtcp(packet),
        fail: (error) => this.fail(error),
        layerFailed: (layer, error) => this.#layerFailed(layer, error),
      },
      publishing.publication,
    );
  }

  get transport(): TransportReport {
    const { lossRate, lostPackets, jitterMs, nackedPackets, keyFrameRequests } =
      this.#media.figures;
    return {
      protocol: this.connection.path?.protocol ?? null,
      rttMs: this.roundTripMs,
      ...{ lossRate, lostPackets, nackedPackets, keyFrameRequests },
      jitterMs: Math.round(jitterMs * 10) / 10,
      repeatedPackets: 0,
      bandwidth: null,
      codecs: this.start.agreement.sections.map(({ codec }) => codec),
    };
  }

  get layers(): VideoLayers | undefined {
    return this.#media.layers;
  }

  /** Somebody needs a key frame. @param layer See PublishedMedia. */
  requestKeyFrame(layer?: string): void {
    this.#media.requestKeyFrame(layer);
  }

  setLoad(level: LoadLevel): void {
    this.#media.isNackPaused = level !== "normal";
    this.#media.isTwccPaused = level === "critical" || level === "dying";
  }

  #layerFailed(layer: string, error: unknown): void {
    const { clientId } = this;
    const url = formatStreamUrl(this.request);
    this.host.ports.logger.error("layer of publisher failed", { clientId, url, layer, error });
  }

  protected takeRtp(packet: Uint8Array, nowMs: number): void {
    this.#media.rtp(packet, nowMs);
  }

  protected takeRtcp(packet: Uint8Array, nowMs: number): void {
    this.#media.rtcp(packet, nowMs);
  }

  protected tick(): void {
    // Its media have a timer of their own.
  }

  protected begin(): void {
    this.#media.requestKeyFrame();
  }

  protected finish(): void {
    const { firstKeyFrameMs, audioFrameCount, videoFrameCount } = this.#main;
    if (firstKeyFrameMs !== undefined) {
      this.start.trace?.part("first key frame", this.start.askedMs, firstKeyFrameMs);
    }
    this.#media.close();
    this.#publishing.end();
    this.host.ports.logger.info("stream unpublished", {
      clientId: this.clientId,
      url: formatStreamUrl(this.request),
      audioFrameCount,
      videoFrameCount,
    });
  }
}

/** The publisher as the hub sees it, before its session is there. */
export class RtcPublisher implements Publisher {
  readonly clientId: string;
  readonly request: RtcSessionStart["request"];
  session: RtcPublish | undefined;
  #end: PublisherEnd | undefined;

  constructor(request: RtcSessionStart["request"]) {
    this.clientId = request.clientId;
    this.request = request;
  }

  /** Why it is to end, if it is so before it has begun. */
  get endBefore(): PublisherEnd | undefined {
    return this.#end;
  }

  close(reason: PublisherEnd): void {
    if (this.session === undefined) this.#end = reason;
    else this.session.end(reason);
  }

  get layers(): VideoLayers | undefined {
    return this.session?.layers;
  }

  requestKeyFrame(layer?: string): void {
    this.session?.requestKeyFrame(layer);
  }
}
