/**
 * What it costs to send one stream by SRTP to many viewers, measured from within: run by each runtime,
 * prints JSON.
 *
 * Usage: srtp-cost.ts PORT VIEWERS SECONDS (PORT: of a UDP socket on loopback, which need not read)
 *
 * @module
 */

import { SrtpFanout } from "../../src/protocols/rtc/srtp/srtp-fanout.ts";
import type { SrtpProfile } from "../../src/protocols/rtc/srtp/srtp-keys.ts";
import type { SrtpSendStream } from "../../src/protocols/rtc/srtp/srtp-send-stream.ts";
import { SrtpSender } from "../../src/protocols/rtc/srtp/srtp-sender.ts";
import type { SrtpTarget } from "../../src/protocols/rtc/srtp/srtp-stream-options.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import type { UdpSocket } from "../../src/runtime/runtime.ts";
import { VIEWERS_AT_ONCE } from "../../src/servers/rtc/rtp-broadcast.ts";

/** Packets in a second of processor time. */
export interface SrtpCost {
  readonly runtime: string;
  /** The same bytes for all, not protected. */
  readonly bare: number;
  readonly counterMode: Protection;
  readonly galoisMode: Protection;
}

export interface Protection {
  readonly sent: number;
  /** Protected and thrown away. */
  readonly kept: number;
  /** Sent, but protected each by itself, as for a single peer. */
  readonly oneByOne: number;
}

const [port = 0, viewerCount = 1000, seconds = 2] = process.argv.slice(2).map(Number);

/** A stream of 600 kbps: bytes of a packet with its header, without its tag. */
const SIZES = { video: 1200, audio: 120 };
/** Packets of each picture, of 25 in a second, of which there are 62. */
const PICTURES = Array.from({ length: 25 }, (_, index) => (index % 2 === 0 ? 2 : 3));
/** Packets of sound for each picture. */
const SOUND_COUNT = 2;

/** With the extension for transport-wide sequence numbers. */
const HEADER_SIZE = 20;
const TAG_SIZE = 10;
const ROUNDS = 3;

const runtime = await createRuntime();
const { crypto, host, clock, udp } = runtime;

interface Viewer {
  readonly sender: SrtpSender;
  readonly away: SrtpTarget;
  readonly video: SrtpSendStream;
  readonly audio: SrtpSendStream;
}

/** A socket, and a way to wait until all that it was given has been sent. */
async function open(): Promise<{ socket: UdpSocket; settle: () => Promise<void> }> {
  let arrived = (): void => undefined;
  const error = (fault: Error): void => void host.print(fault.message, "stderr");
  const probe = await udp.bind(
    { host: "127.0.0.1", port: 0 },
    { datagram: () => arrived(), error },
  );
  const socket = await udp.bind(
    { host: "127.0.0.1", port: 0, sendBufferSize: 4 << 20 },
    { datagram: () => undefined, error },
  );
  const settle = (): Promise<void> =>
    new Promise((resolve) => {
      arrived = resolve;
      socket.send(new Uint8Array(1), "127.0.0.1", probe.port);
    });
  return { socket, settle };
}

const { socket, settle } = await open();
const fanout = new SrtpFanout(crypto, socket);
const HOST = "127.0.0.1";
const nowhere: SrtpTarget = { deliver: () => undefined };

function createViewers(profile: SrtpProfile): Viewer[] {
  const saltSize = profile === "aead-aes-128-gcm" ? 12 : 14;
  return Array.from({ length: viewerCount }, (_, index) => {
    const keys = {
      profile,
      masterKey: crypto.randomBytes(16),
      masterSalt: crypto.randomBytes(saltSize),
    };
    const sender = new SrtpSender(crypto, keys);
    // One for each, as if they were elsewhere: what goes to one destination can be sent together.
    const away = { destination: fanout.destination(HOST, port) };
    return {
      sender,
      away,
      video: fanout.createStream(sender, { ssrc: 2 * index, target: away }),
      audio: fanout.createStream(sender, { ssrc: 2 * index + 1, target: away }),
    };
  });
}

type Kind = "video" | "audio";

/** Sends `count` packets to all. */
type SendAll = (kind: Kind, payload: Uint8Array, sequenceNumber: number, count: number) => void;

/** Each measurement goes on behind the one before, as streams do. */
const SEQUENCE_NUMBERS_EACH = 1_000_000;
let firstSequenceNumber = 0;

/** Sends the stream as fast as it goes; returns packets in a second of processor time. */
async function measure(send: SendAll): Promise<number> {
  const video = crypto.randomBytes(SIZES.video - HEADER_SIZE);
  const audio = crypto.randomBytes(SIZES.audio - HEADER_SIZE);
  const sequenceNumbers = { video: firstSequenceNumber, audio: firstSequenceNumber };
  firstSequenceNumber += SEQUENCE_NUMBERS_EACH;
  const run = async (): Promise<number> => {
    let packetCount = 0;
    const start = host.cpuMs();
    const endMs = clock.monotonicMs() + (seconds * 1000) / ROUNDS;
    while (clock.monotonicMs() < endMs) {
      for (const count of PICTURES) {
        send("video", video, sequenceNumbers.video, count);
        sequenceNumbers.video += count;
        await settle();
        for (let sound = 0; sound < SOUND_COUNT; sound++) {
          send("audio", audio, sequenceNumbers.audio++, 1);
          await settle();
        }
        packetCount += (count + SOUND_COUNT) * viewerCount;
      }
    }
    const end = host.cpuMs();
    return (packetCount * 1000) / (end.user + end.system - start.user - start.system);
  };
  await run();
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) best = Math.max(best, await run());
  return Math.round(best);
}

function sendBare(): SendAll {
  const batch = socket.createBatch();
  const groups = groupsOf(Array.from({ length: viewerCount }, () => batch.destination(HOST, port)));
  const packets = {
    video: new Uint8Array(SIZES.video + TAG_SIZE),
    audio: new Uint8Array(SIZES.audio + TAG_SIZE),
  };
  return (kind, _payload, _sequenceNumber, count) => {
    for (const some of groups) {
      for (let i = 0; i < count; i++) for (const one of some) batch.add(packets[kind], one);
    }
    batch.flush();
  };
}

const header = new Uint8Array(HEADER_SIZE);
header.set([0x90, 96]);
header.set([0xbe, 0xde, 0, 1, 0x51], 12);
const headerView = new DataView(header.buffer);

function sendProtected(viewers: readonly Viewer[], target?: SrtpTarget): SendAll {
  for (const { video, audio, away } of viewers) {
    video.target = target ?? away;
    audio.target = target ?? away;
  }
  const groups = groupsOf(viewers);
  return (kind, payload, sequenceNumber, count) => {
    for (const some of groups) {
      for (let i = 0; i < count; i++) sendPacket(some, kind, payload, sequenceNumber + i);
    }
    fanout.end();
  };
}

function sendPacket(viewers: readonly Viewer[], kind: Kind, payload: Uint8Array, index: number) {
  fanout.begin(payload);
  headerView.setUint16(2, index);
  for (let i = 0; i < viewers.length; i++) {
    const stream = viewers[i]?.[kind];
    if (stream === undefined) continue;
    headerView.setUint16(17, index + i);
    fanout.add(stream, header, HEADER_SIZE, index);
  }
}

function groupsOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  const groups: (readonly T[])[] = [];
  for (let i = 0; i < all.length; i += VIEWERS_AT_ONCE)
    groups.push(all.slice(i, i + VIEWERS_AT_ONCE));
  return groups;
}

function sendOneByOne(viewers: readonly Viewer[]): SendAll {
  return (_kind, payload, sequenceNumber, count) => {
    const packet = new Uint8Array(HEADER_SIZE + payload.length);
    packet.set(payload, HEADER_SIZE);
    for (let i = 0; i < count; i++) {
      headerView.setUint16(2, sequenceNumber + i);
      for (const { sender } of viewers) {
        packet.set(header);
        socket.send(sender.protectRtp(packet, sequenceNumber + i), HOST, port);
      }
    }
  };
}

async function measureProtection(profile: SrtpProfile): Promise<Protection> {
  const viewers = createViewers(profile);
  const sent = await measure(sendProtected(viewers));
  const kept = await measure(sendProtected(viewers, nowhere));
  const oneByOne = await measure(sendOneByOne(viewers));
  for (const { video, audio } of viewers) {
    video.close();
    audio.close();
  }
  return { sent, kept, oneByOne };
}

const cost: SrtpCost = {
  runtime: runtime.name,
  bare: await measure(sendBare()),
  counterMode: await measureProtection("aes128-cm-sha1-80"),
  galoisMode: await measureProtection("aead-aes-128-gcm"),
};
host.print(JSON.stringify(cost));
host.exit(0);
