/**
 * Goal: a handshake with a peer that does not prove what it has to fails, with an error that says
 * which proof; what anybody may have sent ends nothing.
 *
 * Method: one end of ours lies (other certificate, other key, other hash of the handshake), or the
 * network changes a message on its way; strangers' datagrams are put in at each step.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../../src/base/byte-writer.ts";
import { ProtocolError } from "../../../../src/base/errors.ts";
import { ExtensionType } from "../../../../src/codec/dtls/extension.ts";
import {
  HANDSHAKE_HEADER_SIZE,
  HandshakeType,
  parseHandshakeFragments,
  writeHandshakeFragment,
} from "../../../../src/codec/dtls/handshake-message.ts";
import { encodeClientHello, parseClientHello } from "../../../../src/codec/dtls/hello.ts";
import {
  DtlsContentType,
  parseDtlsRecords,
  writeDtlsRecord,
} from "../../../../src/codec/dtls/record.ts";
import { MemoryCrypto } from "../../../../src/runtime/memory/memory-crypto.ts";
import type { HashName } from "../../../../src/runtime/runtime.ts";
import {
  type DtlsDatagram,
  DtlsPair,
  type DtlsPairOptions,
  testIdentity,
} from "../../../support/dtls-pair.ts";
import { noise } from "../../../support/noise.ts";

/** Says a wrong hash of the handshake in the `nth` place where it needs one. */
class LyingCrypto extends MemoryCrypto {
  #count = 0;
  readonly #nth: number;

  constructor(nth: number) {
    super();
    this.#nth = nth;
  }

  override hash(name: HashName, data: Uint8Array): Uint8Array {
    const hash = super.hash(name, data);
    this.#count += 1;
    if (this.#count === this.#nth) hash[0] = (hash[0] ?? 0) ^ 1;
    return hash;
  }
}

/** Changes the body of one kind of message where it stands in a record of its own. */
function changing(
  type: number,
  change: (body: Uint8Array) => Uint8Array,
): NonNullable<DtlsPairOptions["change"]> {
  return ({ bytes }: DtlsDatagram) => {
    const writer = new ByteWriter();
    for (const record of parseDtlsRecords(bytes)) {
      const isOpen = record.contentType === DtlsContentType.Handshake && record.epoch === 0;
      const [message] = isOpen ? parseHandshakeFragments(record.fragment) : [];
      if (message?.type !== type) {
        writeDtlsRecord(writer, record);
        continue;
      }
      const body = change(message.bytes.slice());
      const inner = new ByteWriter(HANDSHAKE_HEADER_SIZE + body.length);
      writeHandshakeFragment(inner, { ...message, length: body.length, bytes: body });
      writeDtlsRecord(writer, { ...record, fragment: inner.take() });
    }
    return [writer.take()];
  };
}

function flipLast(body: Uint8Array): Uint8Array {
  body[body.length - 1] = (body[body.length - 1] ?? 0) ^ 1;
  return body;
}

function expectRefusal(
  options: DtlsPairOptions,
  by: "client" | "server",
  message: string | RegExp,
): DtlsPair {
  const pair = new DtlsPair(options);
  pair.run(1_000);
  const [error] = pair[by].closed;
  expect(error).toBeInstanceOf(ProtocolError);
  expect(error?.message).toMatch(message);
  expect(pair[by].closed).toHaveLength(1);
  expect(pair[by].keys).toBeUndefined();
  return pair;
}

describe("proofs", () => {
  const other = testIdentity("ecdsa", "other");

  test("the client's certificate has another fingerprint", () => {
    const pair = expectRefusal({ server: { trusted: other } }, "server", "another fingerprint");
    expect(pair.client.keys).toBeUndefined();
    // It is told, but by a message without protection, which ends nothing.
    expect(pair.client.closed).toEqual([]);
    expect(pair.client.session.complaint).toBe(40);
  });

  test("the server's certificate has another fingerprint", () => {
    const pair = expectRefusal({ client: { trusted: other } }, "client", "another fingerprint");
    expect(pair.server.keys).toBeUndefined();
    expect(pair.server.session.complaint).toBe(40);
  });

  test("the client shows a certificate whose key it does not have", () => {
    const identity = { ...testIdentity("ecdsa", "client"), key: other.key };
    expectRefusal({ client: { identity } }, "server", "signature is wrong");
  });

  test("the server shows a certificate whose key it does not have", () => {
    const identity = { ...testIdentity("ecdsa", "server"), key: other.key };
    expectRefusal({ server: { identity } }, "client", "signature is wrong");
  });

  test.each([
    [HandshakeType.CertificateVerify, "server"],
    [HandshakeType.ServerKeyExchange, "client"],
  ] as const)("the signature in message %i was changed", (type, by) => {
    expectRefusal({ change: changing(type, flipLast) }, by, "signature is wrong");
  });

  // With an extended master secret the first hash goes into it: then nothing can be decrypted.
  test("the client's Finished is wrong", () => {
    const pair = expectRefusal(
      { client: { crypto: new LyingCrypto(2) } },
      "server",
      "seen another",
    );
    expect(pair.server.sent).toHaveLength(2); // Its first flight, and an alert.
  });

  test("the server's Finished is wrong", () => {
    expectRefusal({ server: { crypto: new LyingCrypto(3) } }, "client", "seen another");
  });

  test("somebody takes the extended master secret out of the hello: neither is established", () => {
    const strip = changing(HandshakeType.ClientHello, (body) => {
      const hello = parseClientHello(body);
      const extensions = new Map(hello.extensions);
      extensions.delete(ExtensionType.ExtendedMasterSecret);
      return encodeClientHello({ ...hello, extensions });
    });
    expectRefusal({ change: strip }, "server", "signature is wrong");
  });

  test("a message was changed that nothing signs but Finished: neither is established", () => {
    const change = changing(HandshakeType.CertificateRequest, (body) => {
      body[1] = 2; // Another type of certificate.
      return body;
    });
    expectRefusal({ change }, "server", /signature is wrong|seen another/);
  });
});

describe("what cannot be agreed on", () => {
  const hello = (change: (hello: ReturnType<typeof parseClientHello>) => object) =>
    changing(HandshakeType.ClientHello, (body) => {
      const parsed = parseClientHello(body);
      return encodeClientHello({ ...parsed, ...change(parsed) });
    });
  const without = (type: number, value?: Uint8Array) =>
    hello(({ extensions }) => {
      const changed = new Map(extensions);
      changed.delete(type);
      if (value !== undefined) changed.set(type, value);
      return { extensions: changed };
    });

  test("the SRTP profile", () => {
    expectRefusal(
      { client: { profiles: ["aead-aes-128-gcm"] }, server: { profiles: ["aes128-cm-sha1-80"] } },
      "server",
      "SRTP profile",
    );
    expectRefusal({ change: without(ExtensionType.UseSrtp) }, "server", "SRTP profile");
  });

  test("the cipher suite", () => {
    expectRefusal({ change: hello(() => ({ cipherSuites: [0x002f] })) }, "server", "cipher suite");
  });

  test("the curve and the signature", () => {
    const x25519 = Uint8Array.of(0, 2, 0, 29);
    const sha1 = Uint8Array.of(0, 2, 2, 3);
    const { SupportedGroups, SignatureAlgorithms } = ExtensionType;
    expectRefusal({ change: without(SupportedGroups, x25519) }, "server", "curve");
    expectRefusal({ change: without(SignatureAlgorithms, sha1) }, "server", "signature");
  });

  test.each([
    [HandshakeType.ClientHello, "server"],
    [HandshakeType.ServerHello, "client"],
  ] as const)("the version in message %i", (type, by) => {
    const change = changing(type, (body) => {
      body[1] = 0xff; // 1.0
      return body;
    });
    expectRefusal({ change }, by, "DTLS");
  });

  test("a cipher suite that was not offered is chosen", () => {
    const change = changing(HandshakeType.ServerHello, (body) => {
      body[36] = 0x30; // Behind version, random and an empty session id.
      return body;
    });
    expectRefusal({ change }, "client", "not offered");
  });

  test("the server signs by another key than its cipher suite is for", () => {
    const change = changing(HandshakeType.ServerHello, (body) => {
      body[36] = 0x2f;
      return body;
    });
    expectRefusal({ change }, "client", "not that of its cipher suite");
  });

  test("a point that is none of the curve", () => {
    expectRefusal(
      { change: changing(HandshakeType.ClientKeyExchange, flipLast) },
      "server",
      "the point is none",
    );
  });

  test("a client without a certificate", () => {
    const change = changing(HandshakeType.Certificate, () => new Uint8Array(3));
    const pair = new DtlsPair({
      change: (one) => (one.from === "client" ? change(one) : [one.bytes]),
    });
    pair.run(1_000);
    expect(pair.server.closed[0]?.message).toMatch("there is none");
    expect(pair.client.session.complaint).toBe(50);
  });

  test("a message that was not to come", () => {
    const change: DtlsPairOptions["change"] = ({ from, number, bytes }) => {
      if (from === "client" || number > 0) return [bytes];
      const writer = new ByteWriter();
      for (const record of parseDtlsRecords(bytes)) {
        const fragment = record.fragment.slice();
        if (fragment[0] === HandshakeType.ServerKeyExchange)
          fragment[0] = HandshakeType.Certificate;
        writeDtlsRecord(writer, { ...record, fragment });
      }
      return [writer.take()];
    };
    expectRefusal({ change }, "client", "message 11 was not to come");
  });
});

describe("strangers during a handshake", () => {
  const alert = Uint8Array.of(21, 254, 253, 0, 0, 0, 0, 0, 0, 9, 9, 0, 2, 2, 40);
  const closeNotify = Uint8Array.of(21, 254, 253, 0, 0, 0, 0, 0, 0, 9, 9, 0, 2, 1, 0);
  /** Of handshake, message sequence 0 to 3, as long as it says or cut off. */
  const handshakeJunk = [0, 1, 2, 3].map((sequence) =>
    Uint8Array.of(
      22,
      254,
      253,
      0,
      0,
      0,
      0,
      0,
      0,
      9,
      9,
      0,
      13,
      20,
      0,
      0,
      12,
      0,
      sequence,
      0,
      0,
      0,
      0,
      0,
      12,
      1,
    ),
  );
  const finished = handshakeJunk.map((junk) => {
    const whole = new Uint8Array(37);
    whole.set(junk);
    whole[12] = 24;
    return whole;
  });

  test("alerts, noise and a Finished that is not protected end nothing", () => {
    const strangers = [alert, closeNotify, ...handshakeJunk, ...finished, ...noise(50, 80)];
    const pair: DtlsPair = new DtlsPair({
      change: ({ from, bytes }) => {
        for (const bytes of strangers) {
          pair.inject("client", bytes);
          pair.inject("server", bytes);
        }
        return [bytes, ...(from === "client" ? strangers : [])];
      },
    });
    pair.run(2_000);
    expect(pair.isEstablished).toBe(true);
    expect([...pair.client.closed, ...pair.server.closed]).toEqual([]);
  });

  test("a hello that is repeated a thousand times is answered ten times", () => {
    const pair = new DtlsPair({ route: ({ from }) => (from === "client" ? [5] : []) });
    pair.client.session.start();
    pair.clock.advance(10);
    expect(pair.server.sent).toHaveLength(1);
    const [hello = new Uint8Array()] = pair.client.sent;
    for (let i = 0; i < 1_000; i++) pair.inject("server", hello);
    expect(pair.server.sent).toHaveLength(10);
    expect(pair.server.closed).toEqual([]);
  });

  test("records of the next epoch are kept up to a limit, and cost no more", () => {
    const early = new Uint8Array(13 + 200);
    early.set([22, 254, 253, 0, 1, 0, 0, 0, 0, 0, 5, 0, 200]);
    const pair: DtlsPair = new DtlsPair({
      change: ({ bytes }) => {
        for (let i = 0; i < 100; i++) pair.inject("server", early);
        return [bytes];
      },
    });
    pair.run(2_000);
    expect(pair.isEstablished).toBe(true);
  });
});
