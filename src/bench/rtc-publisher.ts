/**
 * WebRTC publishers: each sends the source's pictures in real time, with sound beside them.
 *
 * @module
 */

import { ClosedError } from "../base/errors.ts";
import { RTP_HEADER_SIZE } from "../codec/rtp/rtp-packet.ts";
import type { Frame } from "../live/frame.ts";
import { createTrack } from "../live/track.ts";
import type { RtcClientEnd, RtcClientHandler } from "../protocols/rtc/client/rtc-client.ts";
import type { WhipClient } from "../protocols/rtc/client/whip-client.ts";
import type { DtlsIdentity } from "../protocols/rtc/dtls/dtls-identity.ts";
import { StreamToRtp } from "../remux/rtp/from-stream.ts";
import type { RtpPayload } from "../remux/rtp/rtp-payload.ts";
import type { PublisherContext } from "./publisher.ts";
import { describeRtcEnd, openRtcSession } from "./rtc-session.ts";
import {
  createOpusSilence,
  OPUS_PACKET_MS,
  type RtcPicture,
  type RtcSource,
} from "./rtc-source.ts";
import { MARK_SESSION_LIMIT, writeTimeMark } from "./time-mark.ts";

/**
 * One picture in so many has a time mark: in RTP, each is a packet more. Key frames, of which there is
 * one in 50, have it as often as others.
 */
const MARK_INTERVAL = 7;
const OPUS_TRACK = createTrack("audio", "opus", undefined);

export interface RtcPublisherContext extends PublisherContext {
  readonly rtcSource: RtcSource;
  readonly identity: DtlsIdentity;
}

export class RtcPublisher implements RtcClientHandler {
  readonly #context: RtcPublisherContext;
  readonly #packetizer: StreamToRtp;
  readonly #opus: Uint8Array = createOpusSilence();
  readonly #sessionId: number;
  readonly #begun: PromiseWithResolvers<void> = Promise.withResolvers();
  #client: WhipClient | undefined;
  #startMs = 0;
  #index = 0;
  #loopMs = 0;
  #pictureCount = 0;
  #opusCount = 0;
  #isSending = false;
  #isOver = false;

  constructor(context: RtcPublisherContext) {
    this.#context = context;
    this.#packetizer = new StreamToRtp((payload) => this.#send(payload));
    const random = new DataView(context.ports.crypto.randomBytes(4).buffer);
    this.#sessionId = random.getUint32(0) % MARK_SESSION_LIMIT;
  }

  /** Connects and begins to send. Resolves when that is so, or has failed. */
  async start(url: string): Promise<void> {
    const { ports, totals, tls, identity, rtcSource } = this.#context;
    const startedMs = ports.clock.monotonicMs();
    totals.startedCount += 1;
    const video = [{ codec: "h264", profileLevelId: rtcSource.profileLevelId }] as const;
    const audio = [{ codec: "opus" }] as const;
    try {
      const options = { role: "publish", url, tls, identity, video, audio } as const;
      this.#client = await openRtcSession(ports, options, this);
      await this.#begun.promise;
      totals.connectTime.add((ports.clock.monotonicMs() - startedMs) * 1_000);
      this.#begin();
    } catch (error) {
      if (!this.#isOver) totals.failures.add(error);
      this.stop();
    }
  }

  /** Sends what is due. */
  tick(): void {
    if (!this.#isSending) return;
    const { ports, rtcSource, totals } = this.#context;
    for (;;) {
      const picture = rtcSource.pictures[this.#index];
      if (picture === undefined) {
        this.#index = 0;
        this.#loopMs += rtcSource.periodMs;
        continue;
      }
      const nowMs = ports.clock.monotonicMs();
      const pictureMs = this.#loopMs + picture.timestampMs;
      const opusMs = this.#opusCount * OPUS_PACKET_MS;
      const lateMs = nowMs - this.#startMs - Math.min(pictureMs, opusMs);
      if (lateMs < 0) break;
      totals.lateness.add(lateMs * 1_000);
      totals.messageCount += 1;
      if (opusMs <= pictureMs) this.#sendSound(opusMs);
      else this.#sendPicture(picture, pictureMs, nowMs);
    }
  }

  beginWindow(): void {
    // Datagrams wait for nobody.
  }

  finish(): void {
    // Likewise.
  }

  stop(): void {
    this.#isOver = true;
    this.#isSending = false;
    this.#begun.resolve();
    // A server that does not answer does not matter any more.
    void this.#client?.close().catch(() => undefined);
  }

  // RtcClientHandler --------------------------------------------------------------------------------

  established(): void {
    this.#begun.resolve();
  }

  rtp(): void {
    // A publisher is sent no media.
  }

  rtcp(): void {
    // Key frames come soon enough by themselves.
  }

  closed(reason: RtcClientEnd, error?: Error): void {
    const wasSending = this.#isSending;
    this.#isSending = false;
    const why = describeRtcEnd(reason, error);
    this.#begun.reject(why);
    if (this.#isOver || !wasSending) return;
    this.#isOver = true;
    this.#context.totals.connectedCount -= 1;
    this.#context.totals.losses.add(why);
  }

  // -------------------------------------------------------------------------------------------------

  #begin(): void {
    if (this.#isOver) throw new ClosedError("Publisher stopped");
    const { ports, totals } = this.#context;
    totals.joinedCount += 1;
    totals.connectedCount += 1;
    totals.connectedCountMax = Math.max(totals.connectedCountMax, totals.connectedCount);
    this.#startMs = ports.clock.monotonicMs();
    this.#isSending = true;
    this.tick();
  }

  #sendSound(dtsMs: number): void {
    this.#sendFrame({ track: OPUS_TRACK, payload: this.#opus, dtsMs, isKeyFrame: true });
  }

  #sendPicture(picture: RtcPicture, dtsMs: number, nowMs: number): void {
    this.#index += 1;
    const number = this.#pictureCount;
    this.#pictureCount += 1;
    const { isKeyFrame, plain, marked, markOffset, compositionTimeOffsetMs } = picture;
    const isMarked = number % MARK_INTERVAL === 0;
    if (isMarked) {
      const timeUs = this.#context.wallTime.atUs(nowMs);
      writeTimeMark(marked, markOffset, { timeUs, sessionId: this.#sessionId, number });
    }
    const payload = isMarked ? marked : plain;
    const { track } = this.#context.rtcSource;
    this.#sendFrame({ track, payload, dtsMs, isKeyFrame, compositionTimeOffsetMs });
  }

  #sendFrame(
    frame: Pick<Frame, "track" | "payload" | "dtsMs" | "isKeyFrame"> & Partial<Frame>,
  ): void {
    if (frame.track.kind === "audio") this.#opusCount += 1;
    this.#packetizer.frame({ compositionTimeOffsetMs: 0, flvBody: undefined, ...frame });
  }

  #send(payload: RtpPayload): void {
    const size = payload.payload.length + RTP_HEADER_SIZE;
    const { totals } = this.#context;
    totals.sentSize += size;
    totals.sentSizeEver += size;
    this.#client?.send(payload);
  }
}
