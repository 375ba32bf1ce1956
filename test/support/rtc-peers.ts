/**
 * A server of WebRTC connections on a network in memory, and clients of it, in virtual time.
 *
 * @module
 */

import type { IceCredentials } from "../../src/codec/sdp/ice-credentials.ts";
import {
  RtcClient,
  type RtcClientEnd,
  type RtcClientHandler,
  type RtcClientOptions,
} from "../../src/protocols/rtc/client/rtc-client.ts";
import type { DtlsIdentity } from "../../src/protocols/rtc/dtls/dtls-identity.ts";
import {
  type HostEndpoint,
  hostCandidates,
} from "../../src/protocols/rtc/negotiation/host-candidates.ts";
import {
  RtcConnection,
  type RtcConnectionHandler,
  type RtcConnectionOptions,
} from "../../src/protocols/rtc/transport/rtc-connection.ts";
import { RtcMux } from "../../src/protocols/rtc/transport/rtc-mux.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import type { Runtime, TcpListener, UdpSocket } from "../../src/runtime/runtime.ts";
import { testIdentity } from "./dtls-pair.ts";

const HOST = "127.0.0.1";

/** What a connection, or a client, was told. */
export class RtcRecord implements RtcConnectionHandler, RtcClientHandler {
  establishedCount = 0;
  movedCount = 0;
  readonly rtpPackets: Uint8Array[] = [];
  readonly rtcpPackets: Uint8Array[] = [];
  readonly ends: (readonly [RtcClientEnd, string | undefined])[] = [];

  established(): void {
    this.establishedCount += 1;
  }

  moved(): void {
    this.movedCount += 1;
  }

  rtp(packet: Uint8Array): void {
    this.rtpPackets.push(packet.slice());
  }

  rtcp(packet: Uint8Array): void {
    this.rtcpPackets.push(packet.slice());
  }

  closed(reason: RtcClientEnd, error?: Error): void {
    this.ends.push([reason, error?.message]);
  }
}

/** A session on the server, and who is to be its peer. */
export class ServedPeer {
  readonly server: RtcRecord = new RtcRecord();
  readonly client: RtcRecord = new RtcRecord();
  readonly connection: RtcConnection;
  readonly identity: DtlsIdentity;
  readonly clientOptions: RtcClientOptions;

  constructor(served: RtcTestServer, number: number, changes: PeerChanges) {
    const { runtime } = served;
    const local = credentials(`srv${number}`);
    const remote = credentials(`cli${number}`);
    this.identity = testIdentity("ecdsa", "client");
    const identity = testIdentity("ecdsa", "server");
    const setup = changes.connection?.setup ?? "passive";
    this.connection = new RtcConnection(
      {
        ...{ crypto: runtime.crypto, clock: runtime.clock, identity, local, remote, setup },
        ...{ fingerprints: [this.identity.fingerprint], isEncrypted: true, isStunStrict: true },
        ...{ srtpProfiles: ["aes128-cm-sha1-80"], setupTimeoutMs: 10_000, stunTimeoutMs: 30_000 },
        ...changes.connection,
      },
      this.server,
    );
    this.clientOptions = {
      identity: this.identity,
      local: remote,
      srtpProfiles: ["aead-aes-128-gcm", "aes128-cm-sha1-80"],
      host: HOST,
      agreement: {
        remoteIce: { ...local, isLite: true, canTrickle: false },
        remoteFingerprints: [{ algorithm: "sha-256", value: identity.fingerprint }],
        candidates: hostCandidates(served.endpoints),
        setup: setup === "passive" ? "active" : "passive",
      },
      ...changes.client,
    };
  }
}

export interface PeerChanges {
  readonly connection?: Partial<RtcConnectionOptions>;
  readonly client?: Partial<RtcClientOptions>;
}

export class RtcTestServer<Given extends Runtime = MemoryRuntime> {
  readonly runtime: Given;
  readonly mux: RtcMux;
  readonly endpoints: HostEndpoint[] = [];
  #udp: UdpSocket | undefined;
  #tcp: TcpListener | undefined;
  #count = 0;

  constructor(runtime: Given) {
    this.runtime = runtime;
    this.mux = new RtcMux(runtime);
  }

  get udp(): UdpSocket {
    if (this.#udp === undefined) throw new Error("Not listening");
    return this.#udp;
  }

  get port(): number {
    return this.udp.port;
  }

  /** On a UDP port and a TCP port. */
  async listen(): Promise<void> {
    const { handler, opened } = this.mux.openUdp(() => undefined);
    this.#udp = await this.runtime.udp.bind({ host: HOST, port: 0 }, handler);
    opened(this.#udp);
    const accept = (socket: Parameters<RtcMux["acceptTcp"]>[0]) => this.mux.acceptTcp(socket);
    this.#tcp = await this.runtime.tcp.listen({ host: HOST, port: 0 }, accept);
    this.endpoints.push(
      { transport: "udp", address: HOST, port: this.#udp.port },
      { transport: "tcp", address: HOST, port: this.#tcp.port },
    );
  }

  get tcpPort(): number {
    return this.#tcp?.port ?? 0;
  }

  async close(): Promise<void> {
    await this.#udp?.close();
    await this.#tcp?.close();
  }

  /** A session that waits for its peer. */
  addPeer(changes: PeerChanges = {}): ServedPeer {
    this.#count += 1;
    const peer = new ServedPeer(this as unknown as RtcTestServer, this.#count, changes);
    this.mux.add(peer.connection);
    return peer;
  }

  connect(peer: ServedPeer): RtcClient {
    return RtcClient.connect(this.runtime, peer.clientOptions, peer.client);
  }
}

/** On a network in memory, listening. */
export async function createMemoryServer(): Promise<RtcTestServer> {
  const server = new RtcTestServer(new MemoryRuntime());
  await server.listen();
  return server;
}

export function credentials(name: string): IceCredentials {
  return { ufrag: name, pwd: `${name}-password-of-enough-letters` };
}

/** Lets what is on its way arrive. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 60; i++) await Promise.resolve();
}

/** Lets time pass for clients, and for the connections whose deadlines somebody has to look at. */
export async function pass(
  { runtime }: RtcTestServer,
  ms: number,
  connections: readonly RtcConnection[] = [],
): Promise<void> {
  const stepMs = Math.min(ms, 50);
  for (let passed = 0; passed < ms; passed += stepMs) {
    runtime.clock.advance(stepMs);
    await settle();
    for (const connection of connections) connection.checkDeadline(runtime.clock.monotonicMs());
  }
}

/** Of 12 bytes and a payload. */
export function rtpPacket(
  sequenceNumber: number,
  payload: readonly number[] = [1, 2, 3],
): Uint8Array {
  const packet = new Uint8Array(12 + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint16(0, 0x8060);
  view.setUint16(2, sequenceNumber);
  view.setUint32(8, 0x1234_5678);
  packet.set(payload, 12);
  return packet;
}

/** A receiver report without blocks. */
export function rtcpPacket(ssrc = 7): Uint8Array {
  const packet = Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 0);
  new DataView(packet.buffer).setUint32(4, ssrc);
  return packet;
}
