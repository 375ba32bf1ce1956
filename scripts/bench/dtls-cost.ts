/**
 * What it costs to agree on keys with a peer by DTLS, measured from within: run by each runtime, prints
 * JSON.
 *
 * Usage: dtls-cost.ts SECONDS
 *
 * @module
 */

import {
  createDtlsIdentity,
  type DtlsIdentity,
} from "../../src/protocols/rtc/dtls/dtls-identity.ts";
import { DtlsSession } from "../../src/protocols/rtc/dtls/dtls-session.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import type { SigningKeyKind } from "../../src/runtime/runtime.ts";

/** Microseconds of one handshake. */
export interface DtlsCost {
  readonly runtime: string;
  readonly ecdsa: RoleCosts;
  readonly rsa: RoleCosts;
}

export interface RoleCosts {
  readonly serverUs: number;
  readonly clientUs: number;
}

type Role = "client" | "server";

const [seconds = 2] = process.argv.slice(2).map(Number);
const ROUNDS = 5;

const runtime = await createRuntime();
const { crypto, clock, host } = runtime;

/** One handshake, its datagrams handed over at once; adds what each role took to `spentMs`. */
function shakeHands(identities: Record<Role, DtlsIdentity>, spentMs: Record<Role, number>): void {
  const waiting: { readonly to: Role; readonly bytes: Uint8Array }[] = [];
  let established = 0;
  const open = (role: Role, to: Role): DtlsSession =>
    new DtlsSession(
      {
        ...{ role, crypto, clock, identity: identities[role] },
        srtpProfiles: ["aes128-cm-sha1-80"],
        isTrusted: () => true,
      },
      {
        send: (bytes) => void waiting.push({ to, bytes }),
        established: () => {
          established += 1;
        },
        closed: (error) => {
          throw error ?? new Error("Closed");
        },
      },
    );
  const measured = <Value>(role: Role, act: () => Value): Value => {
    const startMs = performance.now();
    const value = act();
    spentMs[role] += performance.now() - startMs;
    return value;
  };
  const sessions = {
    client: measured("client", () => open("client", "server")),
    server: measured("server", () => open("server", "client")),
  };
  measured("client", () => sessions.client.start());
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { to, bytes } = next;
    measured(to, () => sessions[to].receive(bytes));
  }
  if (established !== 2) throw new Error("No keys");
}

/** The best of some rounds. The client's key is always ECDSA, as that of browsers. */
function measure(kind: SigningKeyKind): RoleCosts {
  const identities = {
    client: createDtlsIdentity(crypto, clock, "ecdsa", "client"),
    server: createDtlsIdentity(crypto, clock, kind, "server"),
  };
  let [serverUs, clientUs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    const spentMs = { client: 0, server: 0 };
    let count = 0;
    for (
      const startMs = performance.now();
      performance.now() - startMs < 1_000 * seconds;
      count++
    ) {
      shakeHands(identities, spentMs);
    }
    serverUs = Math.min(serverUs, (1_000 * spentMs.server) / count);
    clientUs = Math.min(clientUs, (1_000 * spentMs.client) / count);
  }
  return { serverUs, clientUs };
}

const cost: DtlsCost = { runtime: runtime.name, ecdsa: measure("ecdsa"), rsa: measure("rsa") };
host.print(JSON.stringify(cost), "stdout");
