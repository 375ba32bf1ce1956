/**
 * Goal: where key frames are rare, who comes or changes to another layer begins with a new one that the
 * publisher is asked for, and not with seconds of packets at once; if none comes, it is as before.
 *
 * Method: the whole server in memory, a publisher of one key frame for each layer and of those that it
 * is asked for, some time after.
 */

import { expect, test } from "vitest";
import type { RtpPacket } from "../../../src/codec/rtp/rtp-packet.ts";
import { joinBytes } from "../../support/hex.ts";
import {
  IDR,
  MemoryRtcPeer,
  NON_IDR,
  PARAMETER_SETS,
  passRtc,
  RTC_CONFIG,
  SOURCES,
} from "../../support/memory-rtc.ts";
import { MemoryServer } from "../../support/memory-server.ts";

const SHOW = "app=live&stream=show";
const FRAME_MS = 40;

/** Of pictures, in bytes, by the name of the layer; the one without a name is alone. */
const PLAIN = { "": 1_000 };
const LAYERS = { h: 1_000, l: 300 };

interface Layer {
  readonly rid: string;
  readonly ssrc: number;
  readonly size: number;
  dueMs: number;
}

class RarePublisher {
  readonly server: MemoryServer;
  readonly peer: MemoryRtcPeer;
  readonly #layers: readonly Layer[];
  readonly #answerMs: number;
  #timeMs = 0;
  #heardCount = 0;

  private constructor(peer: MemoryRtcPeer, server: MemoryServer, sizes: object, answerMs: number) {
    this.server = server;
    this.peer = peer;
    this.#answerMs = answerMs;
    this.#layers = Object.entries(sizes).map(([rid, size], index) => {
      return { rid, size, ssrc: SOURCES.videoSsrc + index, dueMs: 0 };
    });
  }

  static async start(answerMs: number, sizes: object = PLAIN): Promise<RarePublisher> {
    const server = await MemoryServer.start(RTC_CONFIG);
    const rids = Object.keys(sizes).filter((rid) => rid !== "");
    const peer = await MemoryRtcPeer.join(server, "publish", SHOW, rids.length > 0 ? { rids } : {});
    return new RarePublisher(peer, server, sizes, answerMs);
  }

  /** Of which layers it has been asked for a key frame so far. */
  get asked(): string[] {
    return this.peer.feedback("pli").map(({ mediaSsrc }) => {
      return this.#layers.find(({ ssrc }) => ssrc === mediaSsrc)?.rid ?? "?";
    });
  }

  async run(ms: number): Promise<void> {
    for (const endMs = this.#timeMs + ms; this.#timeMs < endMs; this.#timeMs += FRAME_MS) {
      const { asked } = this;
      for (const layer of this.#layers) {
        const isAsked = asked.slice(this.#heardCount).includes(layer.rid);
        if (isAsked) layer.dueMs = Math.min(layer.dueMs, this.#timeMs + this.#answerMs);
        await this.#send(layer);
      }
      this.#heardCount = asked.length;
      await passRtc(this.server, FRAME_MS);
    }
  }

  async #send(layer: Layer): Promise<void> {
    const timestamp = this.#timeMs * 90;
    const id = this.peer.section("video").extensions.rtpStreamId ?? 0;
    const value = new TextEncoder().encode(layer.rid);
    const changes = { ssrc: layer.ssrc, elements: layer.rid === "" ? [] : [{ id, value }] };
    const isKeyFrame = this.#timeMs >= layer.dueMs;
    if (isKeyFrame) {
      layer.dueMs = Number.POSITIVE_INFINITY;
      const sets = { ...changes, isMarked: false };
      await this.peer.send(this.peer.video(PARAMETER_SETS, timestamp, sets));
    }
    const picture = joinBytes(isKeyFrame ? IDR : NON_IDR, new Uint8Array(layer.size));
    await this.peer.send(this.peer.video(picture, timestamp, changes));
  }
}

const sizeOf = (packets: readonly RtpPacket[]): number =>
  packets.reduce((sum, { payload }) => sum + payload.length, 0);

let count = 0;

/** A player, how long it takes until there is a picture, and how much has come after a second. */
async function watch(publisher: RarePublisher, query = SHOW) {
  count += 1;
  const name = `view${count}`;
  const player = await MemoryRtcPeer.join(publisher.server, "play", query, { name });
  let firstMs = 0;
  for (; player.packets("video").length === 0 && firstMs < 900; firstMs += FRAME_MS) {
    await publisher.run(FRAME_MS);
  }
  await publisher.run(1_000 - firstMs);
  return { player, firstMs, size: sizeOf(player.packets("video")) };
}

test("who comes begins with a key frame that the publisher is asked for", async () => {
  const publisher = await RarePublisher.start(80);
  await publisher.run(1_000);
  const before = publisher.asked.length;
  expect((await watch(publisher)).firstMs).toBe(0);
  expect(publisher.asked).toHaveLength(before);
  await publisher.run(3_000);
  const { player, firstMs, size } = await watch(publisher);
  expect(publisher.asked).toHaveLength(before + 1);
  // By a burst there was a picture at once, and there were 151 kB.
  expect(firstMs).toBeLessThanOrEqual(160);
  expect(size).toBeLessThan(26_000);
  const packets = player.packets("video");
  expect(packets[0]?.payload).toEqual(PARAMETER_SETS);
  const [first] = packets;
  expect(packets.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
    packets.map((_, index) => ((first?.sequenceNumber ?? 0) + index) & 0xffff),
  );
});

test("if none comes it begins with the last one, and the next who comes at once", async () => {
  const publisher = await RarePublisher.start(Number.POSITIVE_INFINITY);
  await publisher.run(5_000);
  const first = await watch(publisher);
  expect(first.firstMs).toBeGreaterThan(480);
  expect(first.firstMs).toBeLessThanOrEqual(560);
  expect(first.size).toBeGreaterThan(140_000);
  expect((await watch(publisher)).firstMs).toBe(0);
});

test("who changes to another layer does so at a key frame that is asked for", async () => {
  const publisher = await RarePublisher.start(80, LAYERS);
  // Layers are packetized while somebody plays.
  const other = await watch(publisher);
  await publisher.run(4_000);
  const before = publisher.asked.length;
  const { player } = await watch(publisher, `${SHOW}&layer=l`);
  expect(publisher.asked.slice(before)).toEqual(["h", "l"]);
  expect(player.packets("video").at(-1)?.payload.length).toBeLessThan(400);
  expect(sizeOf(player.packets("video"))).toBeLessThan(26_000);
  expect(other.player.ends).toEqual([]);
});
