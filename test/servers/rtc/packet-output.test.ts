/**
 * Goal: each viewer gets its packets by the way on which it is, and what has been handed over stays what
 * it was when the next packet is made.
 *
 * Method: paths that keep what they are given, in both profiles, held against receivers with the keys.
 */

import { expect, test } from "vitest";
import type { SrtpProfile } from "../../../src/protocols/rtc/srtp/srtp-keys.ts";
import { SrtpReceiver } from "../../../src/protocols/rtc/srtp/srtp-receiver.ts";
import { SrtpSender } from "../../../src/protocols/rtc/srtp/srtp-sender.ts";
import type { RtcPath } from "../../../src/protocols/rtc/transport/rtc-path.ts";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import type { UdpSocket } from "../../../src/runtime/runtime.ts";
import { PacketOutput, type PacketPeer } from "../../../src/servers/rtc/packet-output.ts";
import { RtpHeaderWriter } from "../../../src/servers/rtc/rtp-header-writer.ts";
import { type NotedDatagram, NotingSocket } from "../../support/noting-socket.ts";

const { crypto } = new MemoryRuntime();
const PROFILES: readonly SrtpProfile[] = ["aes128-cm-sha1-80", "aead-aes-128-gcm"];
const SSRC = 0x1234_5678;

type Sent = Pick<NotedDatagram, "bytes" | "port">;

/** @param kept By a path of UDP what it is sent, as a socket may; a path of TCP copies it. */
function pathOf(socket: UdpSocket | undefined, port: number, kept: Sent[]): RtcPath {
  const isTcp = socket === undefined;
  return {
    ...{ protocol: isTcp ? "tcp" : "udp", address: "10.0.0.1", port, udp: socket, isOpen: true },
    send: (bytes) => void kept.push({ bytes: isTcp ? bytes.slice() : bytes, port }),
  };
}

function open(profile: SrtpProfile) {
  const own = new NotingSocket();
  const output = new PacketOutput(crypto, own);
  const masterSalt = crypto.randomBytes(profile === "aead-aes-128-gcm" ? 12 : 14);
  const keys = { profile, masterKey: crypto.randomBytes(16), masterSalt };
  const connection: PacketPeer["connection"] & { path: RtcPath | undefined } = {
    ...{ path: undefined, sender: new SrtpSender(crypto, keys), sentSize: 0 },
    sendRtp: () => undefined,
    sendRtcp: () => undefined,
  };
  const source = output.createSource({ connection }, SSRC, false);
  const header = new RtpHeaderWriter({ ssrc: SSRC, payloadType: 96, sequenceId: undefined });
  const receiver = new SrtpReceiver(crypto, keys);
  let sequence = 0;
  return {
    own,
    /** The viewer is there from now on. */
    move: (path: RtcPath | undefined): void => {
      connection.path = path;
      output.moveSource(source);
    },
    /** Sends packets with a byte of payload each. */
    send: (...payloads: readonly number[]): void => {
      for (const payload of payloads) {
        header.set(false, ++sequence, 0);
        output.send(source, header, Uint8Array.of(payload), sequence);
      }
      output.flush();
    },
    opened: (sent: readonly Sent[]): (number | undefined)[] =>
      sent.map(({ bytes }) => receiver.unprotectRtp(bytes)?.[12]),
  };
}

test.each(PROFILES)("%s: by batches of its own socket, wherever the viewer moves", (profile) => {
  const { own, move, opened, send } = open(profile);
  send(1); // Nowhere yet.
  move(pathOf(own, 5, []));
  send(2, 3);
  move(pathOf(own, 6, []));
  send(4);
  expect(own.sent.map(({ port }) => port)).toEqual([5, 5, 6]);
  expect(opened(own.sent)).toEqual([2, 3, 4]);
});

test.each(PROFILES)("%s: by another socket and by TCP, and what they keep stays so", (profile) => {
  const { own, move, opened, send } = open(profile);
  const kept: Sent[] = [];
  move(pathOf(new NotingSocket(), 5, kept));
  send(1, 2, 3);
  move(pathOf(undefined, 6, kept));
  send(4, 5);
  expect(own.sent).toEqual([]);
  expect(kept.map(({ port }) => port)).toEqual([5, 5, 5, 6, 6]);
  expect(opened(kept)).toEqual([1, 2, 3, 4, 5]);
});
