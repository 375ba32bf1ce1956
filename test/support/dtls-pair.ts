/**
 * Two DTLS sessions of ours and the network between them, in virtual time.
 *
 * @module
 */

import { isSameBytes } from "../../src/base/bytes.ts";
import {
  createDtlsIdentity,
  type DtlsIdentity,
} from "../../src/protocols/rtc/dtls/dtls-identity.ts";
import { type DtlsKeys, DtlsSession } from "../../src/protocols/rtc/dtls/dtls-session.ts";
import type { SrtpProfile } from "../../src/protocols/rtc/srtp/srtp-keys.ts";
import { MemoryCrypto } from "../../src/runtime/memory/memory-crypto.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import type { Crypto, SigningKeyKind } from "../../src/runtime/runtime.ts";

const CRYPTO = new MemoryCrypto();
const WALL_CLOCK = new ManualClock();
const IDENTITIES = new Map<string, DtlsIdentity>();

/** Made once: RSA takes a while. */
export function testIdentity(kind: SigningKeyKind, name = "peer"): DtlsIdentity {
  const key = `${kind} ${name}`;
  const identity = IDENTITIES.get(key) ?? createDtlsIdentity(CRYPTO, WALL_CLOCK, kind, name);
  IDENTITIES.set(key, identity);
  return identity;
}

/** One end. */
export interface DtlsEndOptions {
  readonly identity?: DtlsIdentity;
  readonly profiles?: readonly SrtpProfile[];
  readonly crypto?: Crypto;
  /** Whose certificate it expects. Default: the other end's. */
  readonly trusted?: DtlsIdentity;
}

/** A datagram on its way; `number` counts those of its sender from 0. */
export interface DtlsDatagram {
  readonly from: "client" | "server";
  readonly number: number;
  readonly bytes: Uint8Array;
}

export interface DtlsPairOptions {
  readonly client?: DtlsEndOptions;
  readonly server?: DtlsEndOptions;
  /**
   * What becomes of a datagram: how long each copy of it takes, in milliseconds. None: it is lost.
   * Default: one, of 5 ms.
   */
  readonly route?: (datagram: DtlsDatagram) => readonly number[];
  /** What arrives instead of it. */
  readonly change?: (datagram: DtlsDatagram) => readonly Uint8Array[];
}

/** What has become of an end. */
export class DtlsEnd {
  readonly sent: Uint8Array[] = [];
  readonly established: DtlsKeys[] = [];
  readonly closed: (Error | undefined)[] = [];
  session!: DtlsSession;

  get keys(): DtlsKeys | undefined {
    return this.established[0];
  }
}

const DELAY_MS = 5;

export class DtlsPair {
  readonly clock: ManualClock = new ManualClock();
  readonly client: DtlsEnd;
  readonly server: DtlsEnd;
  readonly #options: DtlsPairOptions;

  constructor(options: DtlsPairOptions = {}) {
    this.#options = options;
    const clientIdentity = options.client?.identity ?? testIdentity("ecdsa", "client");
    const serverIdentity = options.server?.identity ?? testIdentity("ecdsa", "server");
    this.client = this.#open("client", clientIdentity, serverIdentity);
    this.server = this.#open("server", serverIdentity, clientIdentity);
  }

  /** Starts, and lets time pass until both have keys or `ms` are over. @returns How long it took. */
  run(ms = 20_000): number {
    this.client.session.start();
    for (let passed = 0; passed < ms; passed += 5) {
      if (this.client.keys !== undefined && this.server.keys !== undefined) return passed;
      this.clock.advance(5);
    }
    return ms;
  }

  /** Sent by `from`, now or by somebody else. */
  inject(to: "client" | "server", bytes: Uint8Array): void {
    const copy = bytes.slice();
    this[to].session.receive(copy);
    copy.fill(0xee); // As sockets do: nothing of it may be kept.
  }

  get isEstablished(): boolean {
    const [client, server] = [this.client.keys, this.server.keys];
    return (
      client !== undefined &&
      server !== undefined &&
      isSameBytes(client.local.masterKey, server.remote.masterKey) &&
      isSameBytes(client.local.masterSalt, server.remote.masterSalt) &&
      isSameBytes(client.remote.masterKey, server.local.masterKey) &&
      isSameBytes(client.remote.masterSalt, server.local.masterSalt) &&
      client.local.profile === server.local.profile &&
      !isSameBytes(client.local.masterKey, client.remote.masterKey)
    );
  }

  #open(role: "client" | "server", identity: DtlsIdentity, peer: DtlsIdentity): DtlsEnd {
    const options = this.#options[role] ?? {};
    const trusted = options.trusted ?? peer;
    const end = new DtlsEnd();
    end.session = new DtlsSession(
      {
        ...{ role, identity, clock: this.clock },
        crypto: options.crypto ?? CRYPTO,
        srtpProfiles: options.profiles ?? ["aes128-cm-sha1-80"],
        isTrusted: (certificate) => isSameBytes(certificate, trusted.certificate),
      },
      {
        send: (bytes) => this.#carry(end, { from: role, number: end.sent.length, bytes }),
        established: (keys) => end.established.push(keys),
        closed: (error) => end.closed.push(error),
      },
    );
    return end;
  }

  #carry(end: DtlsEnd, datagram: DtlsDatagram): void {
    end.sent.push(datagram.bytes);
    const to = datagram.from === "client" ? "server" : "client";
    for (const delayMs of this.#options.route?.(datagram) ?? [DELAY_MS]) {
      for (const bytes of this.#options.change?.(datagram) ?? [datagram.bytes]) {
        this.clock.setTimer(delayMs, () => this.inject(to, bytes));
      }
    }
  }
}
