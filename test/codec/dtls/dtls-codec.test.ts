/**
 * Goal: records and handshake messages are read and written as other implementations do it; whatever
 * comes, nothing but MalformedError is thrown.
 *
 * Method: a handshake of OpenSSL's, read field by field and written again byte by byte; then every
 * truncation of each of its messages, every byte changed, and noise.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  ExtensionType,
  encodeUint16List,
  encodeUseSrtp,
  parseUint16List,
} from "../../../src/codec/dtls/extension.ts";
import {
  encodeHandshakeMessage,
  type HandshakeFragment,
  HandshakeType,
  parseHandshakeFragments,
  writeHandshakeFragment,
} from "../../../src/codec/dtls/handshake-message.ts";
import {
  encodeClientHello,
  encodeHelloVerifyRequest,
  encodeServerHello,
  parseClientHello,
  parseHelloVerifyRequest,
  parseServerHello,
} from "../../../src/codec/dtls/hello.ts";
import {
  encodeCertificate,
  encodeCertificateRequest,
  encodeClientKeyExchange,
  encodeServerParameters,
  encodeSigned,
  parseCertificate,
  parseCertificateVerify,
  parseClientKeyExchange,
  parseServerKeyExchange,
} from "../../../src/codec/dtls/key-exchange.ts";
import {
  DtlsContentType,
  parseDtlsRecords,
  writeDtlsRecord,
} from "../../../src/codec/dtls/record.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { DATAGRAMS } from "./openssl-handshake.ts";
import { readMessages } from "./read-messages.ts";

const MESSAGES = readMessages(DATAGRAMS);

function bodyOf(type: number, index = 0): Uint8Array {
  const body = MESSAGES.filter((message) => message.type === type)[index]?.body;
  if (body === undefined) throw new Error(`No message ${type}`);
  return body;
}

const PARSERS: Readonly<Record<string, (body: Uint8Array) => unknown>> = {
  [HandshakeType.ClientHello]: parseClientHello,
  [HandshakeType.ServerHello]: parseServerHello,
  [HandshakeType.HelloVerifyRequest]: parseHelloVerifyRequest,
  [HandshakeType.Certificate]: parseCertificate,
  [HandshakeType.ServerKeyExchange]: parseServerKeyExchange,
  [HandshakeType.CertificateVerify]: parseCertificateVerify,
  [HandshakeType.ClientKeyExchange]: parseClientKeyExchange,
};

describe("records", () => {
  test("are what datagrams are made of, and are written again", () => {
    for (const { bytes } of DATAGRAMS) {
      const writer = new ByteWriter();
      for (const record of parseDtlsRecords(bytes)) writeDtlsRecord(writer, record);
      expect(writer.take()).toEqual(bytes);
    }
    const kinds = DATAGRAMS.flatMap(({ bytes }) =>
      parseDtlsRecords(bytes).map(({ contentType, epoch }) => `${contentType}/${epoch}`),
    );
    expect(kinds).toContain("20/0");
    expect(kinds).toContain("22/1");
  });

  test("have sequence numbers of 48 bits", () => {
    const bytes = fromHex("17 fefd 0001 fedcba987654 0002 abcd");
    const record = {
      ...{ contentType: DtlsContentType.ApplicationData, version: 0xfefd, epoch: 1 },
      sequenceNumber: 0xfedc_ba98_7654,
      fragment: fromHex("abcd"),
    };
    expect(parseDtlsRecords(bytes)).toEqual([record]);
    const writer = new ByteWriter();
    writeDtlsRecord(writer, record);
    expect(writer.take()).toEqual(bytes);
  });

  test("that are cut off end the list, those of another protocol are left out", () => {
    const record = fromHex("16 fefd 0000 000000000000 0001 0a");
    const other = fromHex("16 0303 0000 000000000001 0001 0b");
    const datagram = joinBytes(other, record, record);
    expect(parseDtlsRecords(datagram)).toHaveLength(2);
    for (let size = 0; size < datagram.length; size++) {
      const count = Math.max(0, Math.floor(size / record.length) - 1);
      expect(parseDtlsRecords(datagram.subarray(0, size))).toHaveLength(count);
    }
  });
});

describe("messages", () => {
  test("come in the order of the specification", () => {
    expect(MESSAGES.map(({ type }) => type)).toEqual([1, 3, 1, 2, 11, 12, 13, 14, 11, 16, 15, 4]);
  });

  test("ClientHello, first without a cookie and then with it", () => {
    const first = parseClientHello(bodyOf(HandshakeType.ClientHello));
    const second = parseClientHello(bodyOf(HandshakeType.ClientHello, 1));
    expect(first.version).toBe(0xfefd);
    expect(first.random).toEqual(second.random);
    expect(first.cookie).toHaveLength(0);
    expect(second.cookie).toEqual(
      parseHelloVerifyRequest(bodyOf(HandshakeType.HelloVerifyRequest)),
    );
    expect(second.cookie).toHaveLength(20);
    expect(first.cipherSuites).toContain(0xc02b);
    expect(first.cipherSuites).toHaveLength(28);
    const { extensions } = first;
    expect([...extensions.keys()]).toEqual([11, 10, 35, 14, 22, 23, 13]);
    const list = (type: number) => parseUint16List(extensions.get(type) ?? new Uint8Array());
    expect(list(ExtensionType.SupportedGroups)).toEqual([23]);
    expect(list(ExtensionType.UseSrtp)).toEqual([1]);
    expect(list(ExtensionType.SignatureAlgorithms)).toContain(0x0403);
    expect(encodeUseSrtp([1])).toEqual(extensions.get(ExtensionType.UseSrtp));
    expect(encodeUint16List([23])).toEqual(extensions.get(ExtensionType.SupportedGroups));
  });

  test("are written again as they were", () => {
    const hello = bodyOf(HandshakeType.ClientHello, 1);
    expect(encodeClientHello(parseClientHello(hello))).toEqual(hello);
    const serverHello = bodyOf(HandshakeType.ServerHello);
    expect(encodeServerHello(parseServerHello(serverHello))).toEqual(serverHello);
    const verify = bodyOf(HandshakeType.HelloVerifyRequest);
    expect(encodeHelloVerifyRequest(parseHelloVerifyRequest(verify))).toEqual(verify);
    const certificate = bodyOf(HandshakeType.Certificate);
    expect(encodeCertificate(parseCertificate(certificate))).toEqual(certificate);
    const exchange = bodyOf(HandshakeType.ServerKeyExchange);
    const { publicKey, parameters, scheme, signature } = parseServerKeyExchange(exchange);
    expect(publicKey).toHaveLength(65);
    expect(encodeServerParameters(publicKey)).toEqual(parameters);
    expect(encodeSigned(parameters, scheme, signature)).toEqual(exchange);
    const proof = bodyOf(HandshakeType.CertificateVerify);
    const signed = parseCertificateVerify(proof);
    expect(signed.scheme).toBe(0x0403);
    expect(encodeSigned(new Uint8Array(), signed.scheme, signed.signature)).toEqual(proof);
    const point = bodyOf(HandshakeType.ClientKeyExchange);
    expect(encodeClientKeyExchange(parseClientKeyExchange(point))).toEqual(point);
  });

  test("ServerHello says what was chosen", () => {
    const { version, cipherSuite, extensions } = parseServerHello(
      bodyOf(HandshakeType.ServerHello),
    );
    expect([version, cipherSuite]).toEqual([0xfefd, 0xc02b]);
    expect(extensions.has(ExtensionType.ExtendedMasterSecret)).toBe(true);
    expect(extensions.get(ExtensionType.RenegotiationInfo)).toEqual(Uint8Array.of(0));
    expect(extensions.get(ExtensionType.UseSrtp)).toEqual(fromHex("0002 0001 00"));
  });

  test("CertificateRequest wants ECDSA and RSA with SHA-256", () => {
    expect(encodeCertificateRequest([0x0403, 0x0401])).toEqual(fromHex("0240010004040304010000"));
  });

  test("a curve that is not P-256, and a list without a certificate, are refused", () => {
    const body = bodyOf(HandshakeType.ServerKeyExchange).slice();
    body[2] = 29;
    expect(() => parseServerKeyExchange(body)).toThrow(MalformedError);
    expect(() => parseCertificate(new Uint8Array(3))).toThrow("there is none");
  });
});

describe("fragments", () => {
  test("are written as they are read", () => {
    for (const { bytes } of DATAGRAMS) {
      for (const record of parseDtlsRecords(bytes)) {
        if (record.contentType !== DtlsContentType.Handshake || record.epoch > 0) continue;
        const writer = new ByteWriter();
        for (const one of parseHandshakeFragments(record.fragment)) {
          writeHandshakeFragment(writer, one);
        }
        expect(writer.take()).toEqual(record.fragment);
      }
    }
  });

  test("a message as it goes into the hash is one fragment", () => {
    const message = { type: 14, messageSequence: 0x102, body: Uint8Array.of(7, 8) };
    const bytes = encodeHandshakeMessage(message);
    expect(bytes).toEqual(fromHex("0e 000002 0102 000000 000002 0708"));
    expect(parseHandshakeFragments(bytes)).toMatchObject([{ type: 14, messageSequence: 0x102 }]);
  });

  test("are no longer than their message, which has a limit", () => {
    const fragment = (length: number, offset: number, size: number): Uint8Array => {
      const writer = new ByteWriter();
      const bytes = new Uint8Array(size);
      const whole: HandshakeFragment = {
        ...{ type: 1, length, messageSequence: 0, fragmentOffset: offset, bytes },
      };
      writeHandshakeFragment(writer, whole);
      return writer.take();
    };
    expect(parseHandshakeFragments(fragment(16_384, 16_000, 384))).toHaveLength(1);
    expect(() => parseHandshakeFragments(fragment(16_385, 0, 10))).toThrow(MalformedError);
    expect(() => parseHandshakeFragments(fragment(100, 99, 2))).toThrow(MalformedError);
    expect(() => parseHandshakeFragments(fragment(100, 101, 0))).toThrow(MalformedError);
  });
});

describe("hostile input", () => {
  test("every truncation of every message, and every byte changed", () => {
    for (const { type, body } of MESSAGES) {
      const parse = PARSERS[type];
      if (parse === undefined) continue;
      expect(() => parse(body)).not.toThrow();
      for (let size = 0; size < body.length; size++) {
        unlessMalformed(() => parse(body.subarray(0, size)));
      }
      for (let offset = 0; offset < body.length; offset++) {
        const changed = body.slice();
        changed[offset] = (changed[offset] ?? 0) ^ 0xff;
        unlessMalformed(() => parse(changed));
      }
      // Whatever has a size in front of it is missed when it is cut off.
      expect(unlessMalformed(() => parse(body.subarray(0, 3)))).toBeUndefined();
    }
  });

  test("noise", () => {
    for (const bytes of noise(5_000, 120)) {
      for (const parse of Object.values(PARSERS)) unlessMalformed(() => parse(bytes));
      unlessMalformed(() => parseHandshakeFragments(bytes));
      unlessMalformed(() => parseUint16List(bytes));
      expect(parseDtlsRecords(bytes).length).toBeLessThan(10);
    }
  });
});
