/**
 * Goal: keys, records and the hash of a handshake are what OpenSSL makes of the same secret.
 *
 * Method: a captured handshake whose master secret is known: both Finished messages are decrypted and
 * computed, the signatures verified, and the exporter's bytes are those that OpenSSL printed.
 */

import { expect, test } from "vitest";
import {
  encodeHandshakeMessage,
  HandshakeType,
  parseHandshakeFragments,
} from "../../../../src/codec/dtls/handshake-message.ts";
import { parseClientHello, parseServerHello } from "../../../../src/codec/dtls/hello.ts";
import {
  parseCertificate,
  parseCertificateVerify,
  parseServerKeyExchange,
} from "../../../../src/codec/dtls/key-exchange.ts";
import { parseDtlsRecords } from "../../../../src/codec/dtls/record.ts";
import { findCertificatePublicKey } from "../../../../src/codec/x509/certificate-public-key.ts";
import { expandSecret } from "../../../../src/protocols/rtc/dtls/prf.ts";
import { RecordCipher } from "../../../../src/protocols/rtc/dtls/record-cipher.ts";
import { splitKeyingMaterial } from "../../../../src/protocols/rtc/srtp/srtp-keys.ts";
import { MemoryCrypto } from "../../../../src/runtime/memory/memory-crypto.ts";
import {
  DATAGRAMS,
  KEYING_MATERIAL,
  MASTER_SECRET,
} from "../../../codec/dtls/openssl-handshake.ts";
import { readMessages } from "../../../codec/dtls/read-messages.ts";
import { joinBytes } from "../../../support/hex.ts";

const crypto = new MemoryCrypto();
// The first hello and its answer do not count; a session ticket follows the client's Finished.
const MESSAGES = readMessages(DATAGRAMS).slice(2, -1);
const TICKET = readMessages(DATAGRAMS).slice(-1).map(encodeHandshakeMessage);

function bodyOf(type: number, index = 0): Uint8Array {
  return MESSAGES.filter((message) => message.type === type)[index]?.body ?? new Uint8Array();
}

const CLIENT_RANDOM = parseClientHello(bodyOf(HandshakeType.ClientHello)).random;
const SERVER_RANDOM = parseServerHello(bodyOf(HandshakeType.ServerHello)).random;

function expand(label: string, seed: Uint8Array, size: number): Uint8Array {
  return expandSecret(crypto, MASTER_SECRET, { label, seed, size });
}

function transcript(count = MESSAGES.length): Uint8Array {
  return joinBytes(...MESSAGES.slice(0, count).map(encodeHandshakeMessage));
}

test("the exporter makes the keys of SRTP", () => {
  const seed = joinBytes(CLIENT_RANDOM, SERVER_RANDOM);
  const material = expand("EXTRACTOR-dtls_srtp", seed, 60);
  expect(material).toEqual(KEYING_MATERIAL);
  const { client, server } = splitKeyingMaterial("aes128-cm-sha1-80", material);
  expect(client.masterKey).toEqual(KEYING_MATERIAL.subarray(0, 16));
  expect(server.masterKey).toEqual(KEYING_MATERIAL.subarray(16, 32));
  expect(client.masterSalt).toEqual(KEYING_MATERIAL.subarray(32, 46));
  expect(server.masterSalt).toEqual(KEYING_MATERIAL.subarray(46));
});

test("both sides sign with the keys of their certificates", () => {
  const { parameters, signature } = parseServerKeyExchange(bodyOf(HandshakeType.ServerKeyExchange));
  const serverKey = findCertificatePublicKey(parseCertificate(bodyOf(HandshakeType.Certificate)));
  const signed = joinBytes(CLIENT_RANDOM, SERVER_RANDOM, parameters);
  expect(crypto.verifySigned(serverKey, signed, signature)).toBe(true);
  const clientKey = findCertificatePublicKey(
    parseCertificate(bodyOf(HandshakeType.Certificate, 1)),
  );
  const proof = parseCertificateVerify(bodyOf(HandshakeType.CertificateVerify)).signature;
  expect(crypto.verifySigned(clientKey, transcript(MESSAGES.length - 1), proof)).toBe(true);
  expect(crypto.verifySigned(clientKey, transcript(), proof)).toBe(false);
});

test("both Finished messages are decrypted once, and are what the hash says", () => {
  const block = expand("key expansion", joinBytes(SERVER_RANDOM, CLIENT_RANDOM), 40);
  const ciphers = {
    client: new RecordCipher(crypto, block.slice(0, 16), block.slice(32, 36)),
    server: new RecordCipher(crypto, block.slice(16, 32), block.slice(36, 40)),
  };
  let heard = transcript();
  for (const from of ["client", "server"] as const) {
    const records = DATAGRAMS.filter((one) => one.from === from)
      .flatMap(({ bytes }) => parseDtlsRecords(bytes))
      .filter(({ epoch }) => epoch === 1);
    // OpenSSL has cut the server's into two.
    const fragments = records.flatMap((record) => {
      const opened = ciphers[from].unprotect(record);
      expect(ciphers[from].unprotect(record)).toBeUndefined();
      return parseHandshakeFragments(opened ?? new Uint8Array());
    });
    const type = HandshakeType.Finished;
    const messageSequence = from === "client" ? 5 : 7;
    expect(fragments[0]).toMatchObject({ type, messageSequence, length: 12 });
    const body = expand(`${from} finished`, crypto.hash("sha256", heard), 12);
    expect(joinBytes(...fragments.map(({ bytes }) => bytes))).toEqual(body);
    const message = encodeHandshakeMessage({ type, messageSequence, body });
    heard = joinBytes(heard, message, ...TICKET);
  }
});
