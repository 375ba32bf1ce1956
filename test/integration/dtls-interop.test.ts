/**
 * Goal: other implementations of DTLS 1.2 agree with ours on the keys of SRTP, in both roles, with both
 * kinds of keys and both profiles.
 *
 * Method: `openssl s_client` and `s_server` over UDP of the loopback interface, which print what their
 * exporter gives, also with a small MTU, with which they cut every message; werift over memory, with
 * and without the extended master secret.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { DtlsClient, DtlsServer } from "werift";
import { isSameBytes } from "../../src/base/bytes.ts";
import type { DtlsIdentity } from "../../src/protocols/rtc/dtls/dtls-identity.ts";
import { type DtlsKeys, DtlsSession } from "../../src/protocols/rtc/dtls/dtls-session.ts";
import type { SrtpProfile } from "../../src/protocols/rtc/srtp/srtp-keys.ts";
import { createNodeRuntime } from "../../src/runtime/node.ts";
import type { Runtime, SigningKeyKind } from "../../src/runtime/runtime.ts";
import { testIdentity } from "../support/dtls-pair.ts";
import { fromHex, joinBytes } from "../support/hex.ts";
import { Program } from "../support/program.ts";
import { waitFor } from "../support/wait.ts";

type Role = "client" | "server";

/** What the others call our profiles, and how long keys and salts of both sides are. */
const PROFILES = {
  "aes128-cm-sha1-80": { openssl: "SRTP_AES128_CM_SHA1_80", id: 1, saltSize: 14 },
  "aead-aes-128-gcm": { openssl: "SRTP_AEAD_AES_128_GCM", id: 7, saltSize: 12 },
} as const;
const NAMES = Object.keys(PROFILES) as SrtpProfile[];
const KINDS: SigningKeyKind[] = ["ecdsa", "rsa"];
const ROLES: Role[] = ["client", "server"];

const runtime: Runtime = createNodeRuntime();
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dtls-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** One session of ours, and what became of it. */
class Ours {
  readonly session: DtlsSession;
  keys: DtlsKeys | undefined;
  readonly ends: (Error | undefined)[] = [];
  readonly #role: Role;

  constructor(
    role: Role,
    setup: { own: DtlsIdentity; peer: DtlsIdentity; profile: SrtpProfile },
    send: (datagram: Uint8Array) => void,
  ) {
    this.#role = role;
    this.session = new DtlsSession(
      {
        ...{ role, crypto: runtime.crypto, clock: runtime.clock, identity: setup.own },
        srtpProfiles: [setup.profile],
        isTrusted: (certificate) => isSameBytes(certificate, setup.peer.certificate),
      },
      { send, established: (keys) => (this.keys = keys), closed: (error) => this.ends.push(error) },
    );
  }

  /** As an exporter gives it: keys and salts, the client's first. */
  get material(): Uint8Array {
    const { local, remote } = this.keys ?? {};
    const [client, server] = this.#role === "client" ? [local, remote] : [remote, local];
    if (client === undefined || server === undefined) return new Uint8Array();
    return joinBytes(
      ...[client.masterKey, server.masterKey],
      ...[client.masterSalt, server.masterSalt],
    );
  }
}

function certificatePem({ certificate }: DtlsIdentity): string {
  const base64 = Buffer.from(certificate).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}

describe.each(ROLES)("OpenSSL is the %s", (theirRole) => {
  const ourRole = theirRole === "client" ? "server" : "client";

  const cases = [
    ...NAMES.map((profile) => ({ profile, own: "ecdsa" as const, their: "ecdsa" as const })),
    ...KINDS.map((their) => ({ profile: NAMES[0] as SrtpProfile, own: "rsa" as const, their })),
  ];
  test.each([
    ...cases.map((one) => ({ ...one, mtu: 1_400 })),
    { profile: "aead-aes-128-gcm" as const, own: "rsa" as const, their: "rsa" as const, mtu: 256 },
  ])("$profile, our key $own, theirs $their, MTU $mtu", async ({ profile, own, their, mtu }) => {
    const peer = testIdentity(their, "openssl");
    const [certificate, key] = [join(folder, `${their}.crt`), join(folder, `${their}.key`)];
    writeFileSync(certificate, certificatePem(peer));
    writeFileSync(key, peer.key.pem);
    let address: { host: string; port: number } | undefined;
    const socket = await runtime.udp.bind(
      { host: "127.0.0.1", port: 0 },
      {
        datagram: (bytes, host, port) => {
          address = { host, port };
          ours.session.receive(bytes);
        },
        error: () => undefined,
      },
    );
    onTestFinished(() => socket.close());
    const setup = { own: testIdentity(own, "ours"), peer, profile };
    const ours: Ours = new Ours(ourRole, setup, (datagram) => {
      if (address !== undefined) socket.send(datagram, address.host, address.port);
    });
    const size = 32 + 2 * PROFILES[profile].saltSize;
    const port = theirRole === "server" ? await freePort() : socket.port;
    const program = new Program(
      "openssl",
      [
        ...(theirRole === "server"
          ? ["s_server", "-accept", `127.0.0.1:${port}`, "-Verify", "1"]
          : ["s_client", "-connect", `127.0.0.1:${port}`]),
        ...["-dtls1_2", "-cert", certificate, "-key", key, "-mtu", `${mtu}`],
        ...["-use_srtp", PROFILES[profile].openssl],
        ...["-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", `${size}`],
      ],
      { hasInput: true },
    );
    onTestFinished(async () => void (await program.end()));
    if (theirRole === "server") {
      await waitFor("openssl to listen", () => program.stdout.includes("ACCEPT"));
      address = { host: "127.0.0.1", port };
    }
    ours.session.start();
    await waitFor("our keys", () => ours.keys !== undefined || ours.ends.length > 0);
    expect(ours.ends).toEqual([]);
    const material = await waitFor("theirs", () =>
      /Keying material: ([0-9A-F]+)\n/.exec(program.stdout)?.at(1),
    );
    expect(ours.material).toEqual(fromHex(material));
    expect(ours.material).toHaveLength(size);
    // Only its client says so.
    if (theirRole === "client") expect(program.stdout).toContain("Extended master secret: yes");
    ours.session.close();
  });
});

async function freePort(): Promise<number> {
  const handler = { datagram: () => undefined, error: () => undefined };
  const socket = await runtime.udp.bind({ host: "127.0.0.1", port: 0 }, handler);
  await socket.close();
  return socket.port;
}

describe.each(ROLES)("werift is the %s", (theirRole) => {
  const ourRole = theirRole === "client" ? "server" : "client";

  test.each(
    NAMES.flatMap((profile) => [
      { profile, isExtended: true },
      { profile, isExtended: false },
    ]),
  )("$profile, extended master secret: $isExtended", async ({ profile, isExtended }) => {
    const peer = testIdentity("ecdsa", "werift");
    const transport = {
      ...{ type: "memory", closed: false, address: { address: "127.0.0.1", port: 9, family: "" } },
      onData: (_data: Buffer): void => undefined,
      send: async (data: Buffer): Promise<void> => ours.session.receive(data),
      close: async (): Promise<void> => undefined,
    };
    const setup = { own: testIdentity("ecdsa", "ours"), peer, profile };
    const ours: Ours = new Ours(ourRole, setup, (datagram) => {
      queueMicrotask(() => transport.onData(Buffer.from(datagram)));
    });
    onTestFinished(() => ours.session.close());
    const { id, saltSize } = PROFILES[profile];
    const options = {
      ...{ transport, srtpProfiles: [id], certificateRequest: true },
      ...{ cert: certificatePem(peer), key: peer.key.pem, extendedMasterSecret: isExtended },
      signatureHash: { signature: 3, hash: 4 },
    } as unknown as ConstructorParameters<typeof DtlsClient>[0];
    const theirs = theirRole === "client" ? new DtlsClient(options) : new DtlsServer(options);
    let isConnected = false;
    theirs.onConnect.subscribe(() => {
      isConnected = true;
    });
    if (theirs instanceof DtlsClient) void theirs.connect();
    ours.session.start();
    await waitFor("both to be connected", () => isConnected && ours.keys !== undefined);
    expect(ours.ends).toEqual([]);
    const { localKey, localSalt, remoteKey, remoteSalt } = theirs.extractSessionKeys(16, saltSize);
    expect(ours.keys?.remote.masterKey).toEqual(new Uint8Array(localKey));
    expect(ours.keys?.remote.masterSalt).toEqual(new Uint8Array(localSalt));
    expect(ours.keys?.local.masterKey).toEqual(new Uint8Array(remoteKey));
    expect(ours.keys?.local.masterSalt).toEqual(new Uint8Array(remoteSalt));
    expect(theirs.srtp.srtpProfile).toBe(id);
  });
});
