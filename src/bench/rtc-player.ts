/**
 * WebRTC players that count what they are sent and keep nothing. All of them decrypt until they have
 * had a key frame; from then on those that are samples do, and the others look at headers.
 *
 * @module
 */

import { toError } from "../base/errors.ts";
import type {
  RtcClient,
  RtcClientEnd,
  RtcClientHandler,
} from "../protocols/rtc/client/rtc-client.ts";
import type { DtlsIdentity } from "../protocols/rtc/dtls/dtls-identity.ts";
import type { Agreement } from "../protocols/rtc/negotiation/agreement.ts";
import { AUDIO_CODECS, VIDEO_CODECS } from "../protocols/rtc/negotiation/choose-format.ts";
import type { Player, PlayerPorts, PlayerTarget } from "./player.ts";
import type { PlayerMeter } from "./player-meter.ts";
import { RtcFeedback } from "./rtc-feedback.ts";
import { describeRtcEnd, openRtcSession } from "./rtc-session.ts";
import { RtpWalker } from "./rtp-walker.ts";

export interface RtcPlayerOptions {
  readonly identity: DtlsIdentity;
  /** Decrypts all that it is sent. */
  readonly isSample: boolean;
}

/** Connects and plays by WHEP. What becomes of it, the meter is told. */
export function startRtcPlayer(
  ports: PlayerPorts,
  target: PlayerTarget,
  options: RtcPlayerOptions,
): Player {
  const player = new RtcPlayer(ports, target.meter, options);
  void player.start(target);
  return player;
}

class RtcPlayer implements Player, RtcClientHandler {
  readonly #ports: PlayerPorts;
  readonly #meter: PlayerMeter;
  readonly #options: RtcPlayerOptions;
  #client: RtcClient | undefined;
  #walker: RtpWalker | undefined;
  #feedback: RtcFeedback | undefined;
  #isStopped = false;

  constructor(ports: PlayerPorts, meter: PlayerMeter, options: RtcPlayerOptions) {
    this.#ports = ports;
    this.#meter = meter;
    this.#options = options;
  }

  async start({ url, tls }: PlayerTarget): Promise<void> {
    const { clock } = this.#ports;
    const { identity } = this.#options;
    this.#meter.start(clock.monotonicMs());
    try {
      const codecs = { video: VIDEO_CODECS, audio: AUDIO_CODECS };
      const options = { role: "play", url, tls, identity, isNackOn: true, ...codecs } as const;
      const { agreement, rtc } = await openRtcSession(this.#ports, options, this);
      this.#prepare(agreement);
      this.#client = rtc;
      if (this.#isStopped) rtc.close();
    } catch (error) {
      this.#meter.over(toError(error), clock.monotonicMs());
    }
  }

  pause(): void {
    // Nobody waits for a reader of datagrams.
  }

  resume(): void {
    // Likewise.
  }

  stop(): void {
    this.#isStopped = true;
    this.#client?.close();
  }

  // RtcClientHandler --------------------------------------------------------------------------------

  established(): void {
    this.#meter.connected(this.#ports.clock.monotonicMs());
  }

  rtp(packet: Uint8Array, nowMs: number): void {
    const client = this.#client;
    if (client === undefined) return;
    this.#meter.received(packet.length, nowMs);
    this.#feedback?.received(packet, nowMs);
    this.#walker?.walk(packet, client.isRtpOpened);
    if (this.#meter.hasFirstFrame && !this.#options.isSample) client.isRtpOpened = false;
  }

  rtcp(packet: Uint8Array, nowMs: number): void {
    this.#feedback?.rtcp(packet, nowMs);
  }

  closed(reason: RtcClientEnd, error?: Error): void {
    this.#meter.over(describeRtcEnd(reason, error), this.#ports.clock.monotonicMs());
  }

  // -------------------------------------------------------------------------------------------------

  #prepare({ sections }: Agreement): void {
    const { crypto, clock } = this.#ports;
    const tracks = sections.map(({ payloadType, kind, clockRate, codec }) => ({
      ...{ payloadType, kind, clockRate },
      isH264: codec === "h264",
    }));
    this.#walker = new RtpWalker(this.#meter, this.#meter.totals, tracks);
    const ssrc = new DataView(crypto.randomBytes(4).buffer).getUint32(0);
    this.#feedback = new RtcFeedback({ ssrc, nowMs: clock.monotonicMs(), sections }, (packet) =>
      this.#client?.connection.sendRtcp(packet),
    );
  }
}
