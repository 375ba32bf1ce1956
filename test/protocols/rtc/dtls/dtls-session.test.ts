/**
 * Goal: both roles agree on the same keys whatever the network does to their datagrams, in bounded
 * time, and nobody but the peer can change or end what has been agreed on.
 *
 * Method: the two roles against each other in virtual time; each single datagram lost, repeated, or
 * held back; chance by seeds; then forgeries of all kinds at a session that is established.
 */

import { describe, expect, test } from "vitest";
import type { SrtpProfile } from "../../../../src/protocols/rtc/srtp/srtp-keys.ts";
import type { SigningKeyKind } from "../../../../src/runtime/runtime.ts";
import { type DtlsDatagram, DtlsPair, testIdentity } from "../../../support/dtls-pair.ts";
import { joinBytes } from "../../../support/hex.ts";
import { noise } from "../../../support/noise.ts";
import { createRandom } from "../../../support/seeded-random.ts";

const BOTH: SrtpProfile[] = ["aead-aes-128-gcm", "aes128-cm-sha1-80"];
const KINDS: SigningKeyKind[] = ["ecdsa", "rsa"];

function isNumber({ from, number }: DtlsDatagram, other: DtlsDatagram["from"], index: number) {
  return from === other && number === index;
}

describe("handshake", () => {
  test("takes two round trips, and leaves no timer", () => {
    const pair = new DtlsPair();
    expect(pair.run()).toBe(20);
    expect(pair.isEstablished).toBe(true);
    expect(pair.client.keys?.local.profile).toBe("aes128-cm-sha1-80");
    expect(pair.clock.timerCount).toBe(0);
    pair.clock.advance(60_000);
    expect(pair.client.established).toHaveLength(1);
    expect(pair.server.established).toHaveLength(1);
    expect([...pair.client.closed, ...pair.server.closed]).toEqual([]);
  });

  test.each(KINDS.flatMap((client) => KINDS.map((server) => ({ client, server }))))(
    "by keys of $client and $server",
    ({ client, server }) => {
      const pair = new DtlsPair({
        client: { identity: testIdentity(client, "client") },
        server: { identity: testIdentity(server, "server") },
      });
      pair.run();
      expect(pair.isEstablished).toBe(true);
    },
  );

  test.each([
    [BOTH, BOTH, "aead-aes-128-gcm"],
    [[...BOTH].reverse(), BOTH, "aead-aes-128-gcm"],
    [BOTH, [...BOTH].reverse(), "aes128-cm-sha1-80"],
    [["aes128-cm-sha1-80"], BOTH, "aes128-cm-sha1-80"],
    [BOTH, ["aes128-cm-sha1-80"], "aes128-cm-sha1-80"],
  ] as const)("the client offers %j, the server prefers %j: %s", (client, server, profile) => {
    const pair = new DtlsPair({ client: { profiles: client }, server: { profiles: server } });
    pair.run();
    expect(pair.isEstablished).toBe(true);
    expect(pair.client.keys?.local.profile).toBe(profile);
    expect(pair.client.keys?.local.masterSalt).toHaveLength(profile.startsWith("aead") ? 12 : 14);
  });

  test("no two have the same keys", () => {
    const [first, second] = [new DtlsPair(), new DtlsPair()];
    first.run();
    second.run();
    expect(first.client.keys?.local.masterKey).not.toEqual(second.client.keys?.local.masterKey);
  });
});

describe("datagrams on a rough way", () => {
  // Four without losses: hello, server's flight, client's flight, server's Finished.
  const DATAGRAMS = (["client", "server"] as const).flatMap((from) =>
    [0, 1, 2].map((index) => [from, index] as const),
  );

  test.each(DATAGRAMS)("the %s's datagram %i is lost", (from, index) => {
    const pair = new DtlsPair({ route: (one) => (isNumber(one, from, index) ? [] : [5]) });
    expect(pair.run()).toBeLessThan(400);
    expect(pair.isEstablished).toBe(true);
  });

  test.each(DATAGRAMS)("the %s's datagram %i comes three times", (from, index) => {
    const pair = new DtlsPair({ route: (one) => (isNumber(one, from, index) ? [5, 6, 90] : [5]) });
    expect(pair.run()).toBeLessThan(200);
    expect(pair.isEstablished).toBe(true);
    pair.clock.advance(30_000);
    // Who gets a flight again says no more than needed.
    expect(pair.client.sent.length + pair.server.sent.length).toBeLessThanOrEqual(10);
    expect([...pair.client.closed, ...pair.server.closed]).toEqual([]);
  });

  test.each([10, 25, 40])("%i percent are lost, in both directions", (percent) => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = createRandom(seed * 7_919);
      random(1);
      const pair = new DtlsPair({ route: () => (random(100) < percent ? [] : [5]) });
      pair.run(30_000);
      expect(pair.isEstablished, `seed ${seed}`).toBe(true);
    }
  });

  test("they are lost, repeated, and overtake each other, cut into single records", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = createRandom(seed * 104_729);
      random(1);
      const pair = new DtlsPair({
        client: { identity: testIdentity("rsa", "client") },
        server: { identity: testIdentity("rsa", "server") },
        change: ({ bytes }) => shuffle(splitRecords(bytes), random),
        route: () => {
          const [chance, delayMs] = [random(100), 1 + random(80)];
          if (chance < 10) return [];
          return chance < 25 ? [delayMs, 1 + random(200)] : [delayMs];
        },
      });
      pair.run(30_000);
      expect(pair.isEstablished, `seed ${seed}`).toBe(true);
      pair.clock.advance(60_000);
      expect([...pair.client.closed, ...pair.server.closed], `seed ${seed}`).toEqual([]);
      expect(pair.clock.timerCount).toBe(0);
    }
  });

  test("messages are cut into small fragments, in any order, some of them twice", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = createRandom(seed * 15_485_863);
      random(1);
      const pair = new DtlsPair({
        client: { identity: testIdentity("rsa", "client") },
        change: ({ bytes }) => {
          const pieces = splitRecords(bytes).flatMap((record) =>
            cutMessage(record, 10 + random(90)),
          );
          return shuffle([...pieces, ...pieces.slice(0, 3)], random);
        },
      });
      expect(pair.run(), `seed ${seed}`).toBe(20);
      expect(pair.isEstablished, `seed ${seed}`).toBe(true);
    }
  });

  test("records in the reverse order need no second flight, Finished first", () => {
    const pair = new DtlsPair({ change: ({ bytes }) => splitRecords(bytes).reverse() });
    expect(pair.run()).toBe(20);
    expect(pair.isEstablished).toBe(true);
    expect(pair.client.sent).toHaveLength(2);
    expect(pair.server.sent).toHaveLength(2);
  });

  test("a CertificateVerify comes behind Finished", () => {
    // The client's second flight: Certificate, ClientKeyExchange, CertificateVerify, CCS, Finished.
    const pair = new DtlsPair({
      change: ({ from, number, bytes }) => {
        if (from === "server" || number === 0) return [bytes];
        const [certificate, keyExchange, verify, change, finished] = splitRecords(bytes);
        const order = [certificate, keyExchange, change, finished, verify];
        return order.flatMap((record) => (record === undefined ? [] : [record]));
      },
    });
    expect(pair.run()).toBe(20);
    expect(pair.isEstablished).toBe(true);
  });

  test("nobody answers: the client gives up after ten seconds", () => {
    const pair = new DtlsPair({ route: () => [] });
    pair.run(60_000);
    expect(pair.client.sent).toHaveLength(9);
    expect(pair.clock.timerCount).toBe(0);
    expect(pair.isEstablished).toBe(false);
  });

  test("the server repeats its last flight for who has not got it, not without end", () => {
    const pair = new DtlsPair({
      route: ({ from, number }) => (from === "server" && number > 0 ? [] : [5]),
    });
    pair.run(60_000);
    expect(pair.server.keys).toBeDefined();
    expect(pair.client.keys).toBeUndefined();
    expect(pair.server.sent.length).toBeLessThanOrEqual(12);
  });
});

describe("an established session", () => {
  function establish(): { pair: DtlsPair; all: { to: "client" | "server"; bytes: Uint8Array }[] } {
    const pair = new DtlsPair();
    pair.run();
    expect(pair.isEstablished).toBe(true);
    const all = [
      ...pair.client.sent.map((bytes) => ({ to: "server" as const, bytes })),
      ...pair.server.sent.map((bytes) => ({ to: "client" as const, bytes })),
    ];
    return { pair, all };
  }

  /** It is as it was, says nothing, and can still be ended by the peer. */
  function expectUntouched(pair: DtlsPair, sentCount: number): void {
    expect(pair.client.established).toHaveLength(1);
    expect(pair.server.established).toHaveLength(1);
    expect([...pair.client.closed, ...pair.server.closed]).toEqual([]);
    expect(pair.client.sent.length + pair.server.sent.length).toBe(sentCount);
    pair.client.session.close();
    pair.clock.advance(100);
    expect(pair.server.closed).toEqual([undefined]);
    expect(pair.client.closed).toEqual([]);
  }

  test("is not touched by datagrams that are replayed, to either end", () => {
    const { pair, all } = establish();
    for (const { bytes } of [...all, ...all]) {
      pair.inject("server", bytes);
      pair.inject("client", bytes);
    }
    expectUntouched(pair, 4);
  });

  test("is not touched by datagrams that are cut off or changed", () => {
    const { pair, all } = establish();
    for (const { to, bytes } of all) {
      for (let size = 0; size < bytes.length; size++) pair.inject(to, bytes.subarray(0, size));
      for (let offset = 0; offset < bytes.length; offset++) {
        const changed = bytes.slice();
        changed[offset] = (changed[offset] ?? 0) ^ 0x81;
        pair.inject(to, changed);
      }
    }
    expectUntouched(pair, 4);
  });

  test("is not touched by noise, nor by noise that looks like records", () => {
    const { pair } = establish();
    for (const bytes of noise(800, 200)) {
      pair.inject("server", bytes);
      if (bytes.length > 13) {
        for (const epoch of [0, 1, 2]) {
          for (const contentType of [20, 21, 22, 23, 24]) {
            pair.inject("client", toRecord(contentType, epoch, bytes));
          }
        }
      }
    }
    expectUntouched(pair, 4);
  });

  test.each([
    ["close_notify", Uint8Array.of(1, 0)],
    ["a fatal alert", Uint8Array.of(2, 40)],
  ])("is not ended by %s that is not protected, or by other keys", (_name, alert) => {
    const { pair } = establish();
    const other = new DtlsPair();
    other.run();
    other.client.session.close();
    for (const to of ["client", "server"] as const) {
      pair.inject(to, toRecord(21, 0, alert));
      pair.inject(to, toRecord(21, 1, alert));
      pair.inject(to, other.client.sent.at(-1) ?? new Uint8Array());
    }
    expectUntouched(pair, 4);
  });

  test("takes no new ClientHello, and keeps its keys", () => {
    const { pair } = establish();
    const before = pair.server.keys;
    const other = new DtlsPair({ route: () => [] });
    other.run(100);
    for (const bytes of other.client.sent) pair.inject("server", bytes);
    expect(pair.server.keys).toBe(before);
    expectUntouched(pair, 4);
  });

  test("ends by the peer's protected close_notify, once", () => {
    const { pair } = establish();
    pair.server.session.close();
    pair.server.session.close();
    pair.clock.advance(100);
    expect(pair.client.closed).toEqual([undefined]);
    expect(pair.server.closed).toEqual([]);
    pair.inject("client", pair.server.sent.at(-1) ?? new Uint8Array());
    expect(pair.client.closed).toHaveLength(1);
  });
});

function toRecord(contentType: number, epoch: number, fragment: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(13 + fragment.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, contentType);
  view.setUint16(1, 0xfefd);
  view.setUint16(3, epoch);
  view.setUint32(7, 77);
  view.setUint16(11, fragment.length);
  bytes.set(fragment, 13);
  return bytes;
}

function splitRecords(datagram: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let offset = 0; offset < datagram.length; ) {
    const size = 13 + ((datagram[offset + 11] ?? 0) << 8) + (datagram[offset + 12] ?? 0);
    records.push(datagram.subarray(offset, offset + size));
    offset += size;
  }
  return records;
}

/** A record of one whole message that is not protected, as records of fragments of it. */
function cutMessage(record: Uint8Array, size: number): Uint8Array[] {
  const isPlain = record[0] === 22 && record[4] === 0;
  if (!isPlain) return [record];
  const [header, body] = [record.subarray(13, 25), record.subarray(25)];
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset === 0 || offset < body.length; offset += size) {
    const bytes = body.subarray(offset, offset + size);
    const fragment = joinBytes(header, bytes);
    const view = new DataView(fragment.buffer);
    view.setUint16(7, offset); // The low 16 bits of 24.
    view.setUint16(10, bytes.length);
    pieces.push(toRecord(22, 0, fragment));
  }
  return pieces;
}

function shuffle<Item>(items: Item[], random: (limit: number) => number): Item[] {
  for (let i = items.length - 1; i > 0; i--) {
    const other = random(i + 1);
    [items[i], items[other]] = [items[other] as Item, items[i] as Item];
  }
  return items;
}
