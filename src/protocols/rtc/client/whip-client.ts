/**
 * Publishes to a server by WHIP, or plays from it by WHEP: posts an offer, connects as the answer says,
 * and deletes the session at the end.
 *
 * Spec: RFC 9725, section 4 (WHIP); draft-ietf-wish-whep-03, section 4 (WHEP).
 *
 * @module
 */

import { encodeBase64 } from "../../../base/base64.ts";
import type { Timer } from "../../../base/clock.ts";
import { ProtocolError } from "../../../base/errors.ts";
import { encodeRtcp } from "../../../codec/rtcp/rtcp-packet.ts";
import { formatSdp } from "../../../codec/sdp/format-sdp.ts";
import { parseSdp } from "../../../codec/sdp/parse-sdp.ts";
import type { TlsConnectOptions } from "../../../runtime/runtime.ts";
import { HttpClient } from "../../http/client.ts";
import type { Agreement } from "../negotiation/agreement.ts";
import type { WantedCodec } from "../negotiation/choose-format.ts";
import type { LocalSources } from "../negotiation/local-terms.ts";
import { createOffer } from "../negotiation/offer.ts";
import { readAnswer } from "../negotiation/read-answer.ts";
import type { RtpKind } from "../negotiation/rtp-codec.ts";
import {
  RtcClient,
  type RtcClientHandler,
  type RtcClientOptions,
  type RtcClientPorts,
} from "./rtc-client.ts";
import { type SentPayload, SentSource } from "./sent-source.ts";

const SDP = "application/sdp";
const ANSWER_SIZE_MAX = 64 * 1024;
const HTTP_TIMEOUT_MS = 10_000;
const REPORT_PERIOD_MS = 1_000;
/** How much of a refusal goes into the error. */
const REASON_LENGTH_MAX = 200;
/** What a session is that has ended by itself. */
const GONE: readonly number[] = [404, 410];
/** Sequence numbers begin below this. */
const FIRST_SEQUENCE_COUNT = 0x8000;

export interface WhipClientOptions
  extends Omit<RtcClientOptions, "agreement" | "local" | "srtpProfiles">,
    Partial<Pick<RtcClientOptions, "srtpProfiles">> {
  /** Of the endpoint, such as `http://127.0.0.1:1985/rtc/v1/whep/?app=live&stream=livestream`. */
  readonly url: string;
  readonly role: "publish" | "play";
  /** In order of preference; empty for no video. */
  readonly video: readonly WantedCodec[];
  readonly audio: readonly WantedCodec[];
  readonly bearerToken?: string;
  /** For `https:`, in place of the default verification. */
  readonly tls?: TlsConnectOptions;
  /** Whether lost packets are asked for again, or sent again: who does so is the caller. Default false. */
  readonly isNackOn?: boolean;
  /** Whether transport-wide sequence numbers are offered. Default false. */
  readonly isTwccOn?: boolean;
}

/** A payload and the track it is of. */
export interface WhipPayload extends SentPayload {
  readonly kind: RtpKind;
}

export class WhipClient {
  readonly agreement: Agreement;
  readonly rtc: RtcClient;
  readonly #http: HttpClient;
  readonly #options: WhipClientOptions;
  readonly #ports: RtcClientPorts;
  /** Where the session is deleted; `undefined` if the server did not say, or it has been. */
  #sessionUrl: string | undefined;
  readonly #sources = new Map<RtpKind, SentSource>();
  #reportTimer: Timer | undefined;
  #isClosing = false;

  /**
   * Resolves when there is an answer; when media may flow, and what becomes of them, the handler is
   * told from then on.
   *
   * @throws {ProtocolError} If the server refuses; the message says how.
   * @throws {MalformedError} If its answer is none.
   * @throws Whatever HttpClient does.
   */
  static async connect(
    ports: RtcClientPorts,
    options: WhipClientOptions,
    handler: RtcClientHandler,
  ): Promise<WhipClient> {
    const http = new HttpClient(ports);
    const { crypto } = ports;
    const { identity, role, video, audio, isNackOn = false, isTwccOn = false } = options;
    // Base64 without padding has the characters that ICE may have.
    const word = (size: number): string => encodeBase64(crypto.randomBytes(size));
    const local = { ufrag: word(6), pwd: word(18) };
    const sources = createSources(crypto);
    const offer = createOffer({
      ...{ role, video, audio, isNackOn, isTwccOn, ice: local, rids: [], candidates: [] },
      fingerprint: { algorithm: "sha-256", value: identity.fingerprint },
      sources: role === "publish" ? sources : undefined,
      streamId: sources.cname,
      sessionId: `${sources.audioSsrc}`,
    });
    const response = await http.fetch(
      {
        url: options.url,
        method: "POST",
        fields: [["Content-Type", SDP], ["Accept", SDP], ...authorization(options)],
        body: new TextEncoder().encode(formatSdp(offer)),
        timeoutMs: HTTP_TIMEOUT_MS,
        ...(options.tls === undefined ? {} : { tls: options.tls }),
      },
      ANSWER_SIZE_MAX,
    );
    const text = new TextDecoder().decode(response.body);
    if (response.status !== 201 && response.status !== 200) {
      const reason = text.slice(0, REASON_LENGTH_MAX);
      throw new ProtocolError(`Cannot ${role}: the server answered ${response.status}: ${reason}`);
    }
    const location = response.head.fields.get("location");
    const sessionUrl = location === undefined ? undefined : new URL(location, response.url).href;
    try {
      const agreement = readAnswer(offer, parseSdp(text));
      const session = { http, local, sources, agreement, sessionUrl };
      return new WhipClient(ports, options, handler, session);
    } catch (error) {
      // What went wrong with the answer is told, and not what may go wrong behind it.
      await deleteSession(http, sessionUrl, options).catch(() => undefined);
      throw error;
    }
  }

  private constructor(
    ports: RtcClientPorts,
    options: WhipClientOptions,
    handler: RtcClientHandler,
    session: {
      readonly http: HttpClient;
      readonly local: RtcClientOptions["local"];
      readonly sources: LocalSources;
      readonly agreement: Agreement;
      readonly sessionUrl: string | undefined;
    },
  ) {
    const { agreement, local, sources } = session;
    this.#ports = ports;
    this.#options = options;
    this.#http = session.http;
    this.#sessionUrl = session.sessionUrl;
    this.agreement = agreement;
    this.#createSources(sources);
    const srtpProfiles = options.srtpProfiles ?? ["aes128-cm-sha1-80", "aead-aes-128-gcm"];
    this.rtc = RtcClient.connect(
      ports,
      { ...options, agreement, local, srtpProfiles },
      {
        established: () => {
          this.#beginReports(sources.cname);
          handler.established();
        },
        rtp: (packet, nowMs) => handler.rtp(packet, nowMs),
        rtcp: (packet, nowMs) => handler.rtcp(packet, nowMs),
        closed: (reason, error) => {
          this.#reportTimer?.cancel();
          if (!this.#isClosing) handler.closed(reason, error);
        },
      },
    );
  }

  /** Sends one packet of what is published, if there is a way and the server takes that kind. */
  send(payload: WhipPayload): void {
    const source = this.#sources.get(payload.kind);
    if (source === undefined || !this.rtc.connection.isEstablished) return;
    const [packet, index] = source.next(payload, this.#ports.clock.wallMs());
    this.rtc.connection.sendRtp(packet, index);
  }

  /**
   * Has the session deleted, and ends the connection; the handler is told of no end then.
   *
   * @throws {ProtocolError} If the server refuses to delete it.
   * @throws Whatever HttpClient does.
   */
  async close(): Promise<void> {
    this.#reportTimer?.cancel();
    this.#isClosing = true;
    const url = this.#sessionUrl;
    this.#sessionUrl = undefined;
    try {
      // First: a server forgets a session whose peer has said goodbye.
      await deleteSession(this.#http, url, this.#options);
    } finally {
      this.rtc.close();
    }
  }

  #createSources({ audioSsrc, videoSsrc }: LocalSources): void {
    for (const { kind, direction, payloadType } of this.agreement.sections) {
      if (direction !== "sendonly") continue;
      const view = new DataView(this.#ports.crypto.randomBytes(6).buffer);
      const source = new SentSource({
        ssrc: kind === "audio" ? audioSsrc : videoSsrc,
        payloadType,
        firstSequenceNumber: view.getUint16(0) % FIRST_SEQUENCE_COUNT,
        timestampOffset: view.getUint32(2),
      });
      this.#sources.set(kind, source);
    }
  }

  /** Which time of audio belongs to which of video, the server learns by reports. */
  #beginReports(cname: string): void {
    if (this.#sources.size === 0) return;
    this.#reportTimer = this.#ports.clock.setInterval(REPORT_PERIOD_MS, () => {
      for (const source of this.#sources.values()) {
        const report = source.report();
        if (report === undefined) continue;
        const chunks = [{ ssrc: report.ssrc, cname }];
        const packet = encodeRtcp([report, { type: "source-description", chunks }]);
        this.rtc.connection.sendRtcp(packet);
      }
    });
  }
}

async function deleteSession(
  http: HttpClient,
  url: string | undefined,
  options: WhipClientOptions,
): Promise<void> {
  if (url === undefined) return;
  const fields = authorization(options);
  const tls = options.tls === undefined ? {} : { tls: options.tls };
  const request = { url, method: "DELETE", fields, timeoutMs: HTTP_TIMEOUT_MS, ...tls };
  const { status } = await http.fetch(request, ANSWER_SIZE_MAX);
  if (status < 300 || GONE.includes(status)) return;
  throw new ProtocolError(`Cannot delete session: the server answered ${status}`);
}

function createSources(crypto: RtcClientPorts["crypto"]): LocalSources {
  const view = new DataView(crypto.randomBytes(12).buffer);
  const [audioSsrc, videoSsrc, rtxSsrc] = [view.getUint32(0), view.getUint32(4), view.getUint32(8)];
  return { audioSsrc, videoSsrc, rtxSsrc, cname: `c${audioSsrc.toString(36)}` };
}

function authorization({ bearerToken }: WhipClientOptions): [string, string][] {
  return bearerToken === undefined ? [] : [["Authorization", `Bearer ${bearerToken}`]];
}
