/**
 * Goal: both ends shake hands with each other and with what is out there: clients that sign and
 * clients that do not, behind a proxy or not; and other protocols are told apart at once.
 *
 * Method: digests are computed here once more, from their description; a C1 that FFmpeg signed is the
 * proof that it is the right one; all bytes arrive one by one as well.
 */

import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { ClientHandshake, ServerHandshake } from "../../../src/codec/rtmp/handshake.ts";
import {
  CLIENT_KEY,
  type DigestSchema,
  findDigest,
  type HandshakeCrypto,
  SERVER_KEY,
  writeDigest,
} from "../../../src/codec/rtmp/handshake-digest.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

const SIZE = 1536;
const FFMPEG = new Uint8Array(
  readFileSync(new URL("../../fixtures/rtmp/ffmpeg-publish.bin", import.meta.url)),
);

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(data).digest());
}

/** Random bytes that are the same on every run, and different from call to call. */
function createCrypto(): HandshakeCrypto {
  let count = 0;
  return {
    randomBytes: (size) => {
      count += 1;
      const salt = count * 31;
      return Uint8Array.from(
        { length: size },
        (_, index) => (index * 7 + salt + (index >> 3)) & 0xff,
      );
    },
    hmac: (_name, key, data) => hmac(key, data),
  };
}

function signedC1(schema: DigestSchema): Uint8Array {
  const crypto = createCrypto();
  const c1 = crypto.randomBytes(SIZE);
  writeDigest(crypto, c1, CLIENT_KEY, schema);
  return c1;
}

/** The digest that `key` must have made, computed without the code under test. */
function digestAt(
  packet: Uint8Array,
  key: string,
  block: number,
): { found: Uint8Array; expected: Uint8Array } {
  const sum = packet.subarray(block, block + 4).reduce((total, byte) => total + byte, 0);
  const offset = block + 4 + (sum % 728);
  const rest = joinBytes(packet.subarray(0, offset), packet.subarray(offset + 32));
  return {
    found: packet.subarray(offset, offset + 32),
    expected: hmac(new TextEncoder().encode(key), rest),
  };
}

const SERVER_NAME = "Genuine Adobe Flash Media Server 001";
const SUFFIX = fromHex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae");

describe("ServerHandshake", () => {
  test("answers a client that does not sign: S2 is C1", () => {
    const handshake = new ServerHandshake(createCrypto(), 0x0102_0304);
    const c1 = Uint8Array.from({ length: SIZE }, (_, index) => (index < 8 ? 0 : index & 0xff));
    const answer = handshake.receive(joinBytes(fromHex("03"), c1));
    expect(answer).toHaveLength(1 + 2 * SIZE);
    expect(answer?.[0]).toBe(3);
    expect(answer?.subarray(1, 9)).toEqual(fromHex("01020304 00000000"));
    expect(answer?.subarray(1 + SIZE)).toEqual(c1);
    expect(handshake.isDigest).toBe(false);
    expect(handshake.isDone).toBe(false);

    expect(handshake.receive(joinBytes(new Uint8Array(SIZE), fromHex("0200")))).toBeUndefined();
    expect(handshake.isDone).toBe(true);
    expect(handshake.takeRest()).toEqual(fromHex("0200"));
  });

  test.each([
    [0, 772],
    [1, 8],
  ] as const)("answers a client that signs by schema %i in the same way", (schema, block) => {
    const handshake = new ServerHandshake(createCrypto(), 0);
    const c1 = signedC1(schema);
    const answer = handshake.receive(joinBytes(fromHex("03"), c1)) ?? new Uint8Array();
    expect(handshake.isDigest).toBe(true);

    const s1 = answer.subarray(1, 1 + SIZE);
    expect(s1.subarray(4, 8)).not.toEqual(new Uint8Array(4));
    const s1Digest = digestAt(s1, SERVER_NAME, block);
    expect(s1Digest.found).toEqual(s1Digest.expected);

    const s2 = answer.subarray(1 + SIZE);
    const c1Digest = digestAt(c1, "Genuine Adobe Flash Player 001", block).found;
    const key = hmac(joinBytes(new TextEncoder().encode(SERVER_NAME), SUFFIX), c1Digest);
    expect(s2.subarray(SIZE - 32)).toEqual(hmac(key, s2.subarray(0, SIZE - 32)));
  });

  test("knows FFmpeg's digest", () => {
    const handshake = new ServerHandshake(createCrypto(), 0);
    expect(handshake.receive(FFMPEG.slice(0, 1 + SIZE))).toHaveLength(1 + 2 * SIZE);
    expect(handshake.isDigest).toBe(true);
    handshake.receive(FFMPEG.slice(1 + SIZE));
    expect(handshake.isDone).toBe(true);
    expect(handshake.takeRest()).toEqual(FFMPEG.subarray(1 + 2 * SIZE));
  });

  test("does not care how the bytes are cut", () => {
    const whole = new ServerHandshake(createCrypto(), 0);
    const expected = whole.receive(FFMPEG.slice(0, 3500));
    const handshake = new ServerHandshake(createCrypto(), 0);
    const answers: Uint8Array[] = [];
    let offset = 0;
    for (; !handshake.isDone; offset++) {
      const answer = handshake.receive(FFMPEG.slice(offset, offset + 1));
      if (answer !== undefined) answers.push(answer);
    }
    expect(offset).toBe(1 + 2 * SIZE);
    expect(answers).toEqual([expected]);
    expect(handshake.takeRest()).toHaveLength(0);
  });

  test("reads the address that a proxy puts in front", () => {
    const hello = joinBytes(fromHex("03"), new Uint8Array(SIZE));
    for (const [prefix, address] of [
      ["f3 0004 c0000207", "192.0.2.7"],
      ["f3 0006 c0000207 ffff", "192.0.2.7"],
      ["f3 0000", undefined],
    ] as const) {
      const bytes = joinBytes(fromHex(prefix), hello);
      const handshake = new ServerHandshake(createCrypto(), 0);
      const answers: Uint8Array[] = [];
      for (const byte of bytes) {
        const answer = handshake.receive(Uint8Array.of(byte));
        if (answer !== undefined) answers.push(answer);
      }
      expect(answers).toHaveLength(1);
      expect(handshake.proxiedAddress).toBe(address);
    }
  });

  test("takes versions from 3 to 31, but for those that encrypt", () => {
    for (let version = 0; version < 256; version++) {
      if (version === 0xf3) continue;
      const receive = () => new ServerHandshake(createCrypto(), 0).receive(Uint8Array.of(version));
      if (version >= 3 && version < 32 && ![6, 8, 9].includes(version)) receive();
      else expect(receive, `version ${version}`).toThrow(MalformedError);
    }
  });

  test.each([
    ["RTMPE", fromHex("06"), "Cannot speak RTMPE: version 6 is encrypted"],
    ["HTTP", new TextEncoder().encode("GET / HTTP/1.1"), "Cannot speak RTMP version 71"],
    ["TLS", fromHex("160301"), "none"],
    ["a proxy header of 64 KiB", fromHex("f3 ffff"), "Cannot read proxy header of 65535 bytes"],
    [
      "a proxy header and nonsense",
      fromHex("f3 0004 01020304 f3"),
      "Cannot speak RTMP version 243",
    ],
  ])("meets %s", (_name, bytes, message) => {
    const receive = () => new ServerHandshake(createCrypto(), 0).receive(bytes);
    if (message === "none") expect(receive()).toBeUndefined();
    else expect(receive).toThrow(message);
  });

  test("throws nothing but MalformedError on noise", () => {
    for (const random of noise(2000, 40)) {
      try {
        const handshake = new ServerHandshake(createCrypto(), 0);
        handshake.receive(random);
        handshake.receive(random);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  });
});

describe("ClientHandshake", () => {
  test("signs C1 as Flash Player does", () => {
    const start = new ClientHandshake(createCrypto()).start();
    expect(start[0]).toBe(3);
    const digest = digestAt(start.subarray(1), "Genuine Adobe Flash Player 001", 8);
    expect(digest.found).toEqual(digest.expected);
  });

  test("agrees with the server, byte by byte", () => {
    const client = new ClientHandshake(createCrypto());
    const server = new ServerHandshake(createCrypto(), 0);
    const answer = server.receive(client.start()) ?? new Uint8Array();
    const replies: Uint8Array[] = [];
    for (const byte of joinBytes(answer, fromHex("02"))) {
      const reply = client.receive(Uint8Array.of(byte));
      if (reply !== undefined) replies.push(reply);
    }
    expect(client.isDone).toBe(true);
    expect(client.isDigest).toBe(true);
    expect(client.takeRest()).toEqual(fromHex("02"));

    const [c2 = new Uint8Array()] = replies;
    const s1Digest = digestAt(answer.subarray(1, 1 + SIZE), SERVER_NAME, 8).found;
    const player = new TextEncoder().encode("Genuine Adobe Flash Player 001");
    const key = hmac(joinBytes(player, SUFFIX), s1Digest);
    expect(c2.subarray(SIZE - 32)).toEqual(hmac(key, c2.subarray(0, SIZE - 32)));
    server.receive(c2);
    expect(server.isDone).toBe(true);
  });

  test("answers a server that does not sign: C2 is S1", () => {
    const client = new ClientHandshake(createCrypto());
    client.start();
    const s1 = Uint8Array.from({ length: SIZE }, (_, index) => index & 0xff);
    expect(client.receive(joinBytes(fromHex("03"), s1))).toEqual(s1);
    expect(client.isDigest).toBe(false);
  });

  test("refuses a server of another protocol", () => {
    const client = new ClientHandshake(createCrypto());
    client.start();
    expect(() => client.receive(new TextEncoder().encode("HTTP/1.1 400"))).toThrow(MalformedError);
  });
});

describe("findDigest()", () => {
  test("finds only what the key has signed, unchanged", () => {
    const crypto = createCrypto();
    const c1 = signedC1(0);
    expect(findDigest(crypto, c1, CLIENT_KEY)?.schema).toBe(0);
    expect(findDigest(crypto, c1, SERVER_KEY)).toBeUndefined();
    c1[700] = (c1[700] ?? 0) ^ 1;
    expect(findDigest(crypto, c1, CLIENT_KEY)).toBeUndefined();
  });
});
