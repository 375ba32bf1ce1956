/**
 * Goal: each peer gets the packets that a sender of its own would have made for it, whatever is made
 * ahead, in groups and in memory that is used again.
 *
 * Method: against SrtpSender, which golden vectors hold to the specifications; with vectors of
 * WebAssembly and without; all sizes, orders of chance, and receivers that open what comes.
 */

import { describe, expect, test } from "vitest";
import { isSameBytes } from "../../../../src/base/bytes.ts";
import { createSrtpLanes } from "../../../../src/protocols/rtc/srtp/create-srtp-lanes.ts";
import { PlainSrtpLanes } from "../../../../src/protocols/rtc/srtp/plain-srtp-lanes.ts";
import { SrtpFanout } from "../../../../src/protocols/rtc/srtp/srtp-fanout.ts";
import type { SrtpKeys, SrtpProfile } from "../../../../src/protocols/rtc/srtp/srtp-keys.ts";
import { PAYLOAD_SIZE_MAX, type SrtpLanes } from "../../../../src/protocols/rtc/srtp/srtp-lanes.ts";
import { SrtpReceiver } from "../../../../src/protocols/rtc/srtp/srtp-receiver.ts";
import type { SrtpSendStream } from "../../../../src/protocols/rtc/srtp/srtp-send-stream.ts";
import { SrtpSender } from "../../../../src/protocols/rtc/srtp/srtp-sender.ts";
import { WasmSrtpLanes } from "../../../../src/protocols/rtc/srtp/wasm-srtp-lanes.ts";
import { MemoryRuntime } from "../../../../src/runtime/memory/memory-runtime.ts";
import { type NotedDatagram, NotingSocket } from "../../../support/noting-socket.ts";
import { createRandom } from "../../../support/seeded-random.ts";

const { crypto } = new MemoryRuntime();

interface Peer {
  readonly sender: SrtpSender;
  readonly receiver: SrtpReceiver;
  readonly stream: SrtpSendStream;
  readonly ssrc: number;
  readonly port: number;
}

const LANES: Record<string, () => SrtpLanes> = {
  vectors: () => {
    const lanes = WasmSrtpLanes.create();
    if (lanes === undefined) throw new Error("This runtime has no vectors");
    return lanes;
  },
  "plain numbers": () => new PlainSrtpLanes(),
};

function createKeys(profile: SrtpProfile): SrtpKeys {
  const masterSalt = crypto.randomBytes(profile === "aead-aes-128-gcm" ? 12 : 14);
  return { profile, masterKey: crypto.randomBytes(16), masterSalt };
}

class Stage {
  readonly socket: NotingSocket = new NotingSocket();
  readonly fanout: SrtpFanout;
  #nextPort = 1000;

  constructor(lanes: SrtpLanes) {
    this.fanout = new SrtpFanout(crypto, this.socket, lanes);
  }

  join(profile: SrtpProfile = "aes128-cm-sha1-80", isSparse = false): Peer {
    const keys = createKeys(profile);
    const port = this.#nextPort++;
    const ssrc = port * 3_000_017;
    const sender = new SrtpSender(crypto, keys);
    const target = { destination: this.fanout.destination("10.0.0.1", port) };
    const stream = this.fanout.createStream(sender, { ssrc: ssrc >>> 0, target, isSparse });
    const receiver = new SrtpReceiver(crypto, keys);
    return { sender, receiver, stream, ssrc: ssrc >>> 0, port };
  }

  add(peer: Peer, index: number, headerSize = 12): Uint8Array {
    const header = createHeader(peer.ssrc, index, headerSize);
    // Room behind the header, as in a buffer that is used for headers of all sizes.
    this.fanout.add(peer.stream, Uint8Array.of(...header, 0xdd, 0xdd), headerSize, index);
    return header;
  }

  take(): NotedDatagram[] {
    this.fanout.end();
    return this.socket.sent.splice(0);
  }
}

function createHeader(ssrc: number, index: number, size: number): Uint8Array {
  const header = crypto.randomBytes(size);
  const view = new DataView(header.buffer);
  header[0] = size > 12 ? 0x90 : 0x80;
  view.setUint16(2, index % 65_536);
  view.setUint32(8, ssrc);
  if (size > 12) view.setUint32(12, 0xbede_0000 + (size - 16) / 4);
  return header;
}

function join(header: Uint8Array, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(header.length + payload.length);
  packet.set(header);
  packet.set(payload, header.length);
  return packet;
}

function bytesTo(port: number, packets: readonly NotedDatagram[]): string[] {
  return packets.filter((packet) => packet.port === port).map(({ bytes }) => bytes.join());
}

describe.each(Object.entries(LANES))("SrtpFanout with %s", (_name, createLanes) => {
  test("protects payloads of every size", () => {
    const stage = new Stage(createLanes());
    const peers = Array.from({ length: 4 }, () => stage.join());
    const payload = crypto.randomBytes(PAYLOAD_SIZE_MAX);
    const wrongSizes: number[] = [];
    for (let size = 0; size <= PAYLOAD_SIZE_MAX; size++) {
      const part = payload.subarray(0, size);
      const index = 65_000 + size;
      stage.fanout.begin(part);
      const headers = peers.map((peer) => stage.add(peer, index));
      const sent = stage.take();
      for (const [i, { sender, port }] of peers.entries()) {
        const expected = sender.protectRtp(join(headers[i] ?? part, part), index);
        const actual = sent.find((datagram) => datagram.port === port)?.bytes;
        if (!isSameBytes(actual, expected)) wrongSizes.push(size);
      }
    }
    expect(wrongSizes).toEqual([]);
  });

  test("protects headers of every size, side by side", () => {
    const stage = new Stage(createLanes());
    const peers = Array.from({ length: 100 }, () => stage.join());
    const payload = crypto.randomBytes(777);
    stage.fanout.begin(payload);
    const headers = peers.map((peer, i) => stage.add(peer, 5, 12 + 4 * (i % 14)));
    const sent = stage.take();
    expect(sent.length).toBe(100);
    for (const [i, { sender, port }] of peers.entries()) {
      const expected = sender.protectRtp(join(headers[i] ?? payload, payload), 5);
      expect(sent.find((datagram) => datagram.port === port)?.bytes).toEqual(expected);
    }
    expect(() => stage.add(stage.join(), 1, 68)).toThrow("Assertion failed");
    expect(() => stage.add(stage.join(), 1, 22)).toThrow("Assertion failed");
  });

  test("serves peers of both profiles, sparse streams, and any number of them", () => {
    const stage = new Stage(createLanes());
    const random = createRandom(5);
    const peers = Array.from({ length: 60 }, (_, i) =>
      stage.join(i % 3 === 0 ? "aead-aes-128-gcm" : "aes128-cm-sha1-80", i % 5 === 0),
    );
    for (let index = 65_500; index < 65_545; index++) {
      const payload = crypto.randomBytes(random(4) === 0 ? random(1200) : 1200);
      stage.fanout.begin(payload);
      const headers = new Map(peers.map((peer) => [peer.port, stage.add(peer, index, 20)]));
      const sent = stage.take();
      expect(sent.length).toBe(peers.length);
      for (const { bytes, port } of sent) {
        const peer = peers[port - 1000];
        const expected = join(headers.get(port) ?? payload, payload);
        expect(isSameBytes(peer?.receiver.unprotectRtp(bytes), expected)).toBe(true);
      }
    }
  });

  test("takes indices in any order, again and again, and far apart", () => {
    const stage = new Stage(createLanes());
    const random = createRandom(11);
    const payloads = new Map<number, Uint8Array>();
    const peers = Array.from({ length: 5 }, (_, i) => stage.join(undefined, i === 4));
    let newest = 65_530;
    for (let i = 0; i < 1500; i++) {
      const kind = random(10);
      newest += kind < 6 ? 1 : kind === 6 ? random(40) : 0;
      const index = kind < 7 ? newest : Math.max(0, newest - random(60));
      const payload = payloads.get(index) ?? crypto.randomBytes(random(1300));
      payloads.set(index, payload);
      stage.fanout.begin(payload);
      const peer = peers[random(5)];
      if (peer === undefined) continue;
      const header = stage.add(peer, index, 12 + 4 * random(3));
      const expected = peer.sender.protectRtp(join(header, payload), index);
      expect(stage.take()).toEqual([{ bytes: expected, address: "10.0.0.1", port: peer.port }]);
    }
  });

  test("fills groups with the packets of one stream, in their order", () => {
    const stage = new Stage(createLanes());
    const random = createRandom(3);
    const peers = [stage.join(), stage.join()];
    const expected: NotedDatagram[] = [];
    for (let index = 0; index < 400; index++) {
      const payload = crypto.randomBytes(Math.min(1200, 100 * (1 + random(99))));
      stage.fanout.begin(payload);
      // Some payloads are not for all, and some headers are larger than the others.
      for (const peer of peers.slice(Math.trunc(random(3) / 2))) {
        const header = stage.add(peer, index, 12 + 8 * Math.trunc(random(9) / 8));
        const bytes = peer.sender.protectRtp(join(header, payload), index);
        expected.push({ bytes, address: "10.0.0.1", port: peer.port });
      }
      if (random(20) > 0) continue;
      const sent = stage.take();
      const wanted = expected.splice(0);
      for (const { port } of peers) expect(bytesTo(port, sent)).toEqual(bytesTo(port, wanted));
    }
  });

  test("protects packets of several payloads together", () => {
    const lanes = createLanes();
    const stage = new Stage(lanes);
    const peer = stage.join();
    let groupCount = 0;
    const { protect } = lanes;
    lanes.protect = (...fields) => {
      groupCount += 1;
      protect.apply(lanes, fields);
    };
    for (let index = 0; index < 16; index++) {
      stage.fanout.begin(new Uint8Array(1200).fill(index));
      stage.add(peer, index);
    }
    expect(stage.take().map(({ bytes }) => peer.receiver.unprotectRtp(bytes)?.at(-1))).toEqual(
      Array.from({ length: 16 }, (_, index) => index),
    );
    expect(groupCount).toBe(4);
  });

  test("keeps packets of one stream apart that have the same payload", () => {
    const stage = new Stage(createLanes());
    const peer = stage.join();
    const payload = crypto.randomBytes(1000);
    const other = crypto.randomBytes(1100);
    stage.fanout.begin(Uint8Array.of(1));
    stage.add(peer, 99);
    stage.take();
    stage.fanout.begin(payload);
    const headers = [100, 200, 3].map((index) => stage.add(peer, index));
    stage.fanout.begin(other);
    headers.push(stage.add(peer, 400));
    const expected = [100, 200, 3, 400].map((index, i) => {
      const body = index === 400 ? other : payload;
      return peer.sender.protectRtp(join(headers[i] ?? body, body), index);
    });
    expect(stage.take().map(({ bytes }) => bytes)).toEqual(expected);
  });

  test("sends what waits for a stream that is closed, and wipes and lends its memory again", () => {
    const lanes = createLanes();
    const stage = new Stage(lanes);
    const payload = crypto.randomBytes(1200);
    let sizeBefore = 0;
    for (let round = 0; round < 300; round++) {
      const peer = stage.join();
      stage.fanout.begin(payload);
      const header = stage.add(peer, round);
      peer.stream.close();
      peer.stream.close();
      const expected = peer.sender.protectRtp(join(header, payload), round);
      expect(stage.take().map(({ bytes }) => bytes)).toEqual([expected]);
      expect(() => stage.add(peer, round + 1)).toThrow("Assertion failed");
      if (round === 0) sizeBefore = lanes.bytes.length;
    }
    expect(lanes.bytes.length).toBe(sizeBefore);
    expect(new Set(lanes.bytes.subarray(lanes.layout.heap))).toEqual(new Set([0]));
  });
});

describe("createSrtpLanes()", () => {
  test("takes vectors where there are some, and else plain numbers", () => {
    expect(createSrtpLanes()).toBeInstanceOf(WasmSrtpLanes);
    const { WebAssembly } = globalThis;
    try {
      Reflect.deleteProperty(globalThis, "WebAssembly");
      expect(createSrtpLanes()).toBeInstanceOf(PlainSrtpLanes);
    } finally {
      globalThis.WebAssembly = WebAssembly;
    }
  });
});

describe("SrtpFanout", () => {
  test("sends at the end what began before, in its order", () => {
    const stage = new Stage(new PlainSrtpLanes());
    const peers = [stage.join(), stage.join("aead-aes-128-gcm")];
    for (let index = 0; index < 3; index++) {
      stage.fanout.begin(Uint8Array.of(index));
      for (const peer of peers) stage.add(peer, index);
    }
    expect(stage.socket.sent).toEqual([]);
    const sent = stage.take();
    for (const peer of peers) {
      const own = sent.filter(({ port }) => port === peer.port);
      const opened = own.map(({ bytes }) => peer.receiver.unprotectRtp(bytes)?.[12]);
      expect(opened).toEqual([0, 1, 2]);
    }
    expect(stage.take()).toEqual([]);
  });

  test.each(["aes128-cm-sha1-80", "aead-aes-128-gcm"] as const)(
    "delivers packets of %s instead of sending them, and follows the target",
    (profile) => {
      const stage = new Stage(new PlainSrtpLanes());
      const peer = stage.join(profile);
      const delivered: Uint8Array[] = [];
      const deliver = (packet: Uint8Array): void => void delivered.push(packet.slice());
      stage.fanout.begin(Uint8Array.of(1, 2, 3));
      peer.stream.target = { deliver };
      const header = stage.add(peer, 7);
      expect(stage.take()).toEqual([]);
      expect(delivered).toEqual([peer.sender.protectRtp(join(header, Uint8Array.of(1, 2, 3)), 7)]);
      peer.stream.target = { destination: stage.fanout.destination("10.0.0.9", 9) };
      stage.fanout.begin(Uint8Array.of(4));
      stage.add(peer, 8);
      expect(stage.take()).toMatchObject([{ address: "10.0.0.9", port: 9 }]);
      expect(delivered.length).toBe(1);
    },
  );

  test("refuses a payload that does not fit", () => {
    const stage = new Stage(new PlainSrtpLanes());
    const payload = new Uint8Array(PAYLOAD_SIZE_MAX + 1);
    expect(() => stage.fanout.begin(payload)).toThrow("Assertion failed");
  });
});
