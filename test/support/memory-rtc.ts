/**
 * Clients of WebRTC for the whole server in memory: they ask by HTTP, connect by UDP or TCP, and
 * publish packets of a test or keep those that they get.
 *
 * @module
 */

import { parseRtcp, type RtcpPacket } from "../../src/codec/rtcp/rtcp-packet.ts";
import { encodeHeaderExtension } from "../../src/codec/rtp/header-extension.ts";
import { encodeRtpPacket, parseRtpPacket, type RtpPacket } from "../../src/codec/rtp/rtp-packet.ts";
import { encodeRtxPayload } from "../../src/codec/rtp/rtx.ts";
import { formatSdp } from "../../src/codec/sdp/format-sdp.ts";
import type { IceCredentials } from "../../src/codec/sdp/ice-credentials.ts";
import { parseSdp } from "../../src/codec/sdp/parse-sdp.ts";
import { RtcClient, type RtcClientEnd } from "../../src/protocols/rtc/client/rtc-client.ts";
import type { AgreedSection, Agreement } from "../../src/protocols/rtc/negotiation/agreement.ts";
import type { WantedCodec } from "../../src/protocols/rtc/negotiation/choose-format.ts";
import type { LocalSources } from "../../src/protocols/rtc/negotiation/local-terms.ts";
import { createOffer } from "../../src/protocols/rtc/negotiation/offer.ts";
import { readAnswer } from "../../src/protocols/rtc/negotiation/read-answer.ts";
import { PPS, SPS } from "../remux/mpegts/tracks.ts";
import { testIdentity } from "./dtls-pair.ts";
import { fromHex, joinBytes } from "./hex.ts";
import {
  type FetchedAnswer,
  type FetchOptions,
  type MemoryNetwork,
  settle,
} from "./memory-network.ts";
import { credentials } from "./rtc-peers.ts";

/** Payloads of H.264: parameter sets, a key frame and another frame. */
export const PARAMETER_SETS: Uint8Array = joinBytes(
  fromHex("78"),
  Uint8Array.of(0, SPS.length),
  SPS,
  Uint8Array.of(0, PPS.length),
  PPS,
);
export const IDR: Uint8Array = fromHex("65 88 80 10 ff");
export const NON_IDR: Uint8Array = fromHex("41 9a 02 0b cc");
/** 20 ms of Opus. */
export const SOUND: Uint8Array = fromHex("f8 ff fe");

export const SOURCES: LocalSources = {
  audioSsrc: 0xa0d10,
  videoSsrc: 0x71de0,
  rtxSsrc: 0x71de1,
  cname: "peer",
};

export interface OfferChanges {
  readonly video?: readonly WantedCodec[];
  readonly audio?: readonly WantedCodec[];
  readonly rids?: readonly string[];
  readonly isNackOn?: boolean;
  readonly isTwccOn?: boolean;
  readonly name?: string;
}

/** An offer as text. */
export function offerText(role: "publish" | "play", changes: OfferChanges = {}): string {
  const { name = "peer", ...terms } = changes;
  const offer = createOffer({
    role,
    ice: credentials(name),
    fingerprint: { algorithm: "sha-256", value: testIdentity("ecdsa", "client").fingerprint },
    candidates: [],
    video: [{ codec: "h264" }],
    audio: [{ codec: "opus" }],
    isNackOn: true,
    isTwccOn: true,
    sources: role === "publish" && terms.rids === undefined ? SOURCES : undefined,
    streamId: "-",
    sessionId: "1",
    rids: [],
    ...terms,
  });
  return formatSdp(offer);
}

/** Asks by WHIP or WHEP. @param target Such as `whip/?app=live&stream=show`. */
export function postOffer(
  server: MemoryNetwork,
  target: string,
  offer: string,
  options: FetchOptions = {},
): Promise<FetchedAnswer> {
  return server.fetch(`/rtc/v1/${target}`, {
    method: "POST",
    fields: [["Content-Type", "application/sdp"]],
    body: new TextEncoder().encode(offer),
    ...options,
  });
}

export interface JoinOptions extends OfferChanges {
  readonly transport?: "udp" | "tcp";
  /** Media are not protected; `encrypt=false` has to be in the query. */
  readonly isPlain?: boolean;
  /** Of HTTP. */
  readonly port?: number;
}

interface Joined {
  readonly answer: FetchedAnswer;
  readonly agreement: Agreement;
  readonly local: IceCredentials;
}

/** Lets what is on its way arrive: a handshake goes to and fro some times. */
export async function settleRtc(): Promise<void> {
  for (let i = 0; i < 3; i++) await settle();
}

export class MemoryRtcPeer {
  readonly server: MemoryNetwork;
  readonly answer: FetchedAnswer;
  readonly agreement: Agreement;
  readonly client: RtcClient;
  readonly rtp: RtpPacket[] = [];
  readonly rtcp: RtcpPacket[] = [];
  readonly ends: RtcClientEnd[] = [];
  isEstablished = false;
  /** Of the next packets, by SSRC. */
  readonly #sequenceNumbers = new Map<number, number>();
  #transportSequence = 0;
  #sentMs = 0;

  private constructor(
    server: MemoryNetwork,
    { answer, agreement, local }: Joined,
    { transport, isPlain = false }: JoinOptions,
  ) {
    this.server = server;
    this.answer = answer;
    this.agreement = agreement;
    this.client = RtcClient.connect(
      server.runtime,
      {
        ...{ agreement, local, identity: testIdentity("ecdsa", "client") },
        ...{ srtpProfiles: ["aes128-cm-sha1-80"], isEncrypted: !isPlain },
        ...(transport === undefined ? {} : { transport }),
      },
      {
        established: () => {
          this.isEstablished = true;
        },
        rtp: (packet) => this.rtp.push(parseRtpPacket(packet.slice())),
        rtcp: (packet) => this.rtcp.push(...parseRtcp(packet)),
        closed: (reason) => this.ends.push(reason),
      },
    );
  }

  /** Asks, and connects. @throws {Error} If the server refuses. */
  static async join(
    server: MemoryNetwork,
    role: "publish" | "play",
    query: string,
    options: JoinOptions = {},
  ): Promise<MemoryRtcPeer> {
    const offer = offerText(role, options);
    const path = role === "publish" ? "whip" : "whep";
    const { port } = options;
    const asked = port === undefined ? {} : { port };
    const answer = await postOffer(server, `${path}/?${query}`, offer, asked);
    if (answer.status !== 201) throw new Error(`${answer.status}: ${answer.text}`);
    const agreement = readAnswer(parseSdp(offer), parseSdp(answer.text));
    const local = credentials(options.name ?? "peer");
    const peer = new MemoryRtcPeer(server, { answer, agreement, local }, options);
    await settleRtc();
    if (!peer.isEstablished) await passRtc(server, 100);
    if (!peer.isEstablished) throw new Error(`Not established: ${server.logText}`);
    return peer;
  }

  get location(): string {
    return this.answer.head.fields.get("location") ?? "";
  }

  section(kind: "audio" | "video"): AgreedSection {
    const section = this.agreement.sections.find((one) => one.kind === kind);
    if (section === undefined) throw new Error(`There is no ${kind}`);
    return section;
  }

  /** Packets of the picture, or of the sound, that have come, those that are sent again not counted. */
  packets(kind: "audio" | "video"): RtpPacket[] {
    const { payloadType } = this.section(kind);
    return this.rtp.filter((packet) => packet.payloadType === payloadType);
  }

  /** Feedback of a kind that has come. */
  feedback<Type extends RtcpPacket["type"]>(type: Type): Extract<RtcpPacket, { type: Type }>[] {
    return this.rtcp.filter((one) => one.type === type) as Extract<RtcpPacket, { type: Type }>[];
  }

  /** Makes a packet of the picture; its number is the next. */
  video(payload: Uint8Array, timestamp: number, changes: PacketChanges = {}): Uint8Array {
    return this.#packet("video", payload, timestamp, { ssrc: SOURCES.videoSsrc, ...changes });
  }

  audio(payload: Uint8Array, timestamp: number, changes: PacketChanges = {}): Uint8Array {
    return this.#packet("audio", payload, timestamp, { ssrc: SOURCES.audioSsrc, ...changes });
  }

  /** Sends packets to the server. */
  async send(...packets: readonly Uint8Array[]): Promise<void> {
    for (const packet of packets) this.client.connection.sendRtp(packet, this.#nextIndex(packet));
    await settleRtc();
  }

  /** Sends a packet again, in the stream for that. */
  async sendAgain(packet: Uint8Array): Promise<void> {
    const { sequenceNumber, timestamp, isMarked, payload } = parseRtpPacket(packet);
    const { rtxPayloadType: payloadType = 0 } = this.section("video");
    const header = {
      ...{ payloadType, timestamp, isMarked, ssrc: SOURCES.rtxSsrc },
      sequenceNumber: this.#next(SOURCES.rtxSsrc),
    };
    await this.send(encodeRtpPacket(header, encodeRtxPayload(sequenceNumber, payload)));
  }

  async sendRtcp(packet: Uint8Array): Promise<void> {
    this.client.connection.sendRtcp(packet);
    await settleRtc();
  }

  /** Sends a key frame with its parameter sets, and the sound of the time. */
  async sendKeyFrame(timeMs: number, changes: PacketChanges = {}): Promise<void> {
    const timestamp = timeMs * 90;
    await this.send(
      this.video(PARAMETER_SETS, timestamp, { isMarked: false, ...changes }),
      this.video(IDR, timestamp, changes),
    );
  }

  async sendFrame(timeMs: number, changes: PacketChanges = {}): Promise<void> {
    await this.send(this.video(NON_IDR, timeMs * 90, changes));
  }

  /** Sends 40 ms of sound. */
  async sendSound(timeMs: number): Promise<void> {
    const timestamps = [timeMs * 48, (timeMs + 20) * 48];
    await this.send(...timestamps.map((timestamp) => this.audio(SOUND, timestamp)));
  }

  /** Sends a frame every 40 ms with its sound, beginning with a key frame, as time passes. */
  async run(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const timeMs = this.#sentMs;
      this.#sentMs += 40;
      await this.sendSound(timeMs);
      if (i === 0) await this.sendKeyFrame(timeMs);
      else await this.sendFrame(timeMs);
      await passRtc(this.server, 40);
    }
  }

  close(): void {
    this.client.close();
  }

  #packet(
    kind: "audio" | "video",
    payload: Uint8Array,
    timestamp: number,
    { ssrc = 0, isMarked = kind === "video", sequenceNumber, elements = [] }: PacketChanges,
  ): Uint8Array {
    const { payloadType, extensions } = this.section(kind);
    const { transportWideSequenceNumber: id } = extensions;
    const value = new Uint8Array(2);
    new DataView(value.buffer).setUint16(0, this.#transportSequence++ & 0xffff);
    const all = [...(id === undefined ? [] : [{ id, value }]), ...elements];
    return encodeRtpPacket(
      {
        ...{ payloadType, isMarked, ssrc, timestamp: timestamp >>> 0 },
        sequenceNumber: sequenceNumber ?? this.#next(ssrc),
      },
      payload,
      all.length === 0 ? undefined : encodeHeaderExtension(all),
    );
  }

  #next(ssrc: number): number {
    const number = this.#sequenceNumbers.get(ssrc) ?? 100;
    this.#sequenceNumbers.set(ssrc, (number + 1) & 0xffff);
    return number;
  }

  /** For SRTP, which counts packets beyond 16 bits: those of tests stay within. */
  #nextIndex(packet: Uint8Array): number {
    return parseRtpPacket(packet).sequenceNumber;
  }
}

export interface PacketChanges {
  readonly ssrc?: number;
  readonly isMarked?: boolean;
  readonly sequenceNumber?: number;
  /** Further elements of the header extension. */
  readonly elements?: readonly { readonly id: number; readonly value: Uint8Array }[];
}

/** Lets time pass, in steps of 10 ms, and everything arrive. */
export async function passRtc(server: MemoryNetwork, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    server.runtime.clock.advance(Math.min(10, ms - passed));
    await settleRtc();
  }
}

/** A server with WebRTC. */
export const RTC_CONFIG = { rtc_server: { enabled: true } };
