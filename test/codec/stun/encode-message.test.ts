/**
 * Goal: what is written is what other implementations write, and what they believe.
 *
 * Method: byte for byte against messages that aioice 0.8.0 has made, and against the vector of RFC 5769
 * whose filling is zeros; everything is parsed again.
 */

import { describe, expect, test } from "vitest";
import { parseIpAddress } from "../../../src/base/ip-address.ts";
import { StunAttributeType } from "../../../src/codec/stun/attribute.ts";
import {
  encodeBindingMessage,
  encodeBindingSuccess,
} from "../../../src/codec/stun/encode-message.ts";
import { isFingerprintValid } from "../../../src/codec/stun/fingerprint.ts";
import {
  encodeIceRole,
  encodePriority,
  encodeUseCandidate,
  findIceRole,
} from "../../../src/codec/stun/ice-attribute.ts";
import { isIntegrityValid } from "../../../src/codec/stun/integrity.ts";
import { findStunAttribute, parseStunMessage, StunClass } from "../../../src/codec/stun/message.ts";
import { encodeTextAttribute, findTextAttribute } from "../../../src/codec/stun/text-attribute.ts";
import { findXorMappedAddress } from "../../../src/codec/stun/xor-mapped-address.ts";
import { fromHex } from "../../support/hex.ts";
import { LONG_TERM, LONG_TERM_REQUEST, REQUEST, SHORT_TERM, TRANSACTION_ID } from "./vectors.ts";

const AIOICE_REQUEST = fromHex(`
  00010048 2112a442 b7e7a701bc34d686fa87dfae
  00060009 6576746a 3a683676 59000000
  00240004 6e0001ff
  802a0008 932ff9b1 51263b36
  00250000
  00080014 9722b22f 7aced880 9ee6b97a 2d6327ec 2882d509
  80280004 1d7c6f47
`);

const AIOICE_ERROR = fromHex(`
  01110038 2112a442 b7e7a701bc34d686fa87dfae
  00090011 00000457 526f6c65 20436f6e 666c6963 74000000
  00080014 31128121 1954e91b 36277b00 9303cc0f b479f995
  80280004 b6d2d64f
`);

describe("encodeBindingSuccess", () => {
  test.each([
    [
      "192.0.2.1",
      `0101002c 2112a442 b7e7a701bc34d686fa87dfae
       00200008 0001a147 e112a643
       00080014 74c9371e bf314854 8518699c 3e3174c2 0dd9e68a
       80280004 fae4043a`,
    ],
    [
      "2001:db8:1234:5678:11:2233:4455:6677",
      `01010038 2112a442 b7e7a701bc34d686fa87dfae
       00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
       00080014 ee33a055 5319eec1 0ad5fbfd f8733d19 6e552b3c
       80280004 5ded7186`,
    ],
  ])("answers %s as aioice does", (address, hex) => {
    const ip = parseIpAddress(address) ?? new Uint8Array(0);
    const bytes = encodeBindingSuccess(parseStunMessage(REQUEST), ip, 32_853, SHORT_TERM);
    expect(bytes).toEqual(fromHex(hex));
    expect(findXorMappedAddress(parseStunMessage(bytes))).toEqual({ address, port: 32_853 });
  });

  test("answers IPv4 behind IPv6 as IPv4", () => {
    const ip = parseIpAddress("::ffff:192.0.2.1") ?? new Uint8Array(0);
    const message = parseStunMessage(
      encodeBindingSuccess(parseStunMessage(REQUEST), ip, 65_535, SHORT_TERM),
    );
    expect(findXorMappedAddress(message)).toEqual({ address: "192.0.2.1", port: 65_535 });
  });

  test("has no answer to what is no address", () => {
    const request = parseStunMessage(REQUEST);
    expect(() => encodeBindingSuccess(request, new Uint8Array(5), 1, SHORT_TERM)).toThrow(
      "Assertion",
    );
  });
});

describe("encodeBindingMessage", () => {
  test("writes a request as aioice does", () => {
    const bytes = encodeBindingMessage({
      class: StunClass.Request,
      transactionId: TRANSACTION_ID,
      attributes: [
        encodeTextAttribute(StunAttributeType.Username, "evtj:h6vY"),
        encodePriority(0x6e00_01ff),
        encodeIceRole({ role: "controlling", tieBreaker: 0x932f_f9b1_5126_3b36n }),
        encodeUseCandidate(),
      ],
      integrity: SHORT_TERM,
    });
    expect(bytes).toEqual(AIOICE_REQUEST);
  });

  test("writes an error as aioice does", () => {
    const bytes = encodeBindingMessage({
      class: StunClass.Error,
      transactionId: TRANSACTION_ID,
      attributes: [
        {
          type: StunAttributeType.ErrorCode,
          value: fromHex("00000457 526f6c6520436f6e666c696374"),
        },
      ],
      integrity: SHORT_TERM,
    });
    expect(bytes).toEqual(AIOICE_ERROR);
  });

  test("writes the request of RFC 5769, 2.4, and a fingerprint behind it", () => {
    const { Username, Nonce, Realm } = StunAttributeType;
    const bytes = encodeBindingMessage({
      class: StunClass.Request,
      transactionId: LONG_TERM_REQUEST.subarray(8, 20),
      attributes: [
        encodeTextAttribute(Username, "マトリックス"),
        encodeTextAttribute(Nonce, "f//499k954d6OL34oL9FSTvy64sA"),
        encodeTextAttribute(Realm, "example.org"),
      ],
      integrity: LONG_TERM,
    });
    const expected = LONG_TERM_REQUEST.slice();
    expected[3] = 0x68; // FINGERPRINT is counted.
    expect(bytes.subarray(0, -8)).toEqual(expected);
    const message = parseStunMessage(bytes);
    expect(isIntegrityValid(message, LONG_TERM)).toBe(true);
    expect(isFingerprintValid(message)).toBe(true);
  });

  test("writes an indication, which is not protected", () => {
    const bytes = encodeBindingMessage({
      class: StunClass.Indication,
      transactionId: TRANSACTION_ID,
      attributes: [encodeTextAttribute(StunAttributeType.Software, "test vector")],
    });
    const message = parseStunMessage(bytes);
    expect(message.class).toBe(StunClass.Indication);
    expect(findTextAttribute(message, StunAttributeType.Software)).toBe("test vector");
    expect(isIntegrityValid(message, SHORT_TERM)).toBe(false);
    expect(isFingerprintValid(message)).toBe(true);
  });

  test("writes what is not known", () => {
    const bytes = encodeBindingMessage({
      class: StunClass.Error,
      transactionId: TRANSACTION_ID,
      attributes: [
        { type: StunAttributeType.UnknownAttributes, value: fromHex("0026 7fff 0001") },
        encodeIceRole({ role: "controlled", tieBreaker: 2n ** 64n - 1n }),
      ],
    });
    const message = parseStunMessage(bytes);
    expect(findStunAttribute(message, StunAttributeType.UnknownAttributes)).toEqual(
      fromHex("0026 7fff 0001"),
    );
    expect(findIceRole(message)).toEqual({ role: "controlled", tieBreaker: 2n ** 64n - 1n });
  });

  test("writes no message with another transaction id than there can be", () => {
    const transactionId = new Uint8Array(11);
    expect(() =>
      encodeBindingMessage({ class: StunClass.Request, transactionId, attributes: [] }),
    ).toThrow("Assertion");
  });
});
