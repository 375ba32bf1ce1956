/**
 * Goal: an RTMP player keeps up its end of the conversation with servers that insist on it, without
 * which they would hang up on it after a while.
 *
 * Method: a server that says what the test says, over the handshake and chunks of the codecs.
 */

import { describe, expect, onTestFinished, test } from "vitest";
import { ByteWriter } from "../../src/base/byte-writer.ts";
import { PlayerMeter } from "../../src/bench/player-meter.ts";
import { PlayerTotals } from "../../src/bench/player-totals.ts";
import { startRtmpPlayer } from "../../src/bench/rtmp-player.ts";
import { WallTime } from "../../src/bench/wall-time.ts";
import { toAmfObject } from "../../src/codec/amf0/value.ts";
import { ChunkDecoder } from "../../src/codec/rtmp/chunk-decoder.ts";
import { writeChunks } from "../../src/codec/rtmp/chunk-encoder.ts";
import { decodeCommand, encodeCommand } from "../../src/codec/rtmp/command.ts";
import { ServerHandshake } from "../../src/codec/rtmp/handshake.ts";
import { encodeUint32, type RtmpMessage } from "../../src/codec/rtmp/message.ts";
import type { TcpHandler, TcpSocket } from "../../src/runtime/runtime.ts";
import { fromHex } from "../support/hex.ts";
import { KEY_FRAME, MemoryNetwork } from "../support/memory-network.ts";

/** Speaks the handshake and chunks, and answers commands as most servers do. */
class Peer implements TcpHandler {
  readonly received: RtmpMessage[] = [];
  /** What `play` is answered with. */
  playCode = "NetStream.Play.Start";
  readonly #socket: TcpSocket;
  readonly #handshake: ServerHandshake;
  readonly #decoder = new ChunkDecoder({ messageSizeMax: 1 << 16, partialSizeMax: 1 << 17 });
  #isOpen = false;

  constructor(socket: TcpSocket, network: MemoryNetwork) {
    this.#socket = socket;
    this.#handshake = new ServerHandshake(network.runtime.crypto, 0);
  }

  data(bytes: Uint8Array): void {
    if (this.#isOpen) {
      this.#read(bytes);
      return;
    }
    const answer = this.#handshake.receive(bytes);
    if (answer !== undefined) this.#socket.write(answer);
    if (!this.#handshake.isDone) return;
    this.#isOpen = true;
    this.#read(this.#handshake.takeRest());
  }

  drain(): void {
    // Little is sent.
  }

  close(): void {
    // The test looks at the meter.
  }

  send(chunkStreamId: number, typeId: number, payload: Uint8Array): void {
    const writer = new ByteWriter();
    const header = { format: 0, chunkStreamId, timestamp: 0, typeId, messageStreamId: 1 } as const;
    writeChunks(writer, header, payload, 128);
    this.#socket.write(writer.take());
  }

  /** Payloads of messages of that type. */
  of(typeId: number): Uint8Array[] {
    return this.received.filter((message) => message.typeId === typeId).map((m) => m.payload);
  }

  commands(): string[] {
    return this.of(20).map((payload) => decodeCommand(20, payload).name);
  }

  #read(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
    for (let next = this.#decoder.next(); next !== undefined; next = this.#decoder.next()) {
      this.received.push(next);
      if (next.typeId === 20) this.#answer(decodeCommand(20, next.payload));
    }
  }

  #answer({ name, transactionId }: { name: string; transactionId: number }): void {
    const code = this.playCode;
    const level = code.endsWith("Start") ? "status" : "error";
    if (name === "connect") {
      this.send(3, 20, encodeCommand("_result", transactionId, null, [toAmfObject({ code: "x" })]));
    } else if (name === "createStream") {
      this.send(3, 20, encodeCommand("_result", transactionId, null, [1]));
    } else if (name === "play" && code !== "") {
      const status = toAmfObject({ level, code, description: "as asked" });
      this.send(5, 20, encodeCommand("onStatus", 0, null, [status]));
    }
  }
}

class Stage {
  readonly network = new MemoryNetwork();
  readonly totals = new PlayerTotals(1);
  readonly #peers: Peer[] = [];

  static async play(playCode = "NetStream.Play.Start"): Promise<Stage> {
    const stage = new Stage();
    const { runtime } = stage.network;
    const listener = await runtime.tcp.listen({ host: "127.0.0.1", port: 1935 }, (socket) => {
      const peer = new Peer(socket, stage.network);
      peer.playCode = playCode;
      stage.#peers.push(peer);
      socket.handler = peer;
    });
    onTestFinished(() => listener.close());
    const meter = new PlayerMeter(stage.totals, new WallTime(runtime.clock));
    const url = "rtmp://127.0.0.1/live/show?k=v";
    const player = startRtmpPlayer(runtime, { url, meter, tls: {} });
    onTestFinished(() => player.stop());
    await stage.network.advance(100);
    return stage;
  }

  get peer(): Peer {
    const [peer] = this.#peers;
    if (peer === undefined) throw new Error("Nobody has connected");
    return peer;
  }
}

describe("startRtmpPlayer()", () => {
  test("asks for the stream, with its query, and is connected once the server agrees", async () => {
    const { peer, totals } = await Stage.play();
    expect(peer.commands()).toEqual(["connect", "createStream", "play"]);
    const play = peer.received.find(({ chunkStreamId }) => chunkStreamId === 5);
    expect(play?.messageStreamId).toBe(1);
    expect(decodeCommand(20, play?.payload ?? fromHex("")).args).toEqual(["show?k=v", -2]);
    const connect = decodeCommand(20, peer.of(20)[0] ?? fromHex(""));
    expect(connect.object).toEqual(
      expect.objectContaining(toAmfObject({ app: "live", tcUrl: "rtmp://127.0.0.1/live" })),
    );
    expect(totals.joinedCount).toBe(1);
  });

  test("answers pings", async () => {
    const { peer, network } = await Stage.play();
    peer.send(2, 4, fromHex("0006 12345678"));
    await network.advance(1);
    expect(peer.of(4).at(-1)).toEqual(fromHex("0007 12345678"));
  });

  test("acknowledges what the server wants acknowledged", async () => {
    const { peer, network } = await Stage.play();
    peer.send(2, 5, encodeUint32(20_000));
    for (let i = 0; i < 30; i++) peer.send(6, 9, new Uint8Array(1_000));
    await network.advance(1);
    const [first, ...rest] = peer.of(3);
    expect(rest).toEqual([]);
    // Every byte counts, the handshake's too.
    const total = new DataView((first ?? new Uint8Array(4)).buffer).getUint32(0);
    expect(total).toBeGreaterThanOrEqual(20_000);
    expect(total).toBeLessThan(40_000);
  });

  test("takes a new chunk size", async () => {
    const { peer, network, totals } = await Stage.play();
    peer.send(2, 1, encodeUint32(100_000));
    const writer = new ByteWriter();
    const payload = new Uint8Array(5_000);
    payload.set(KEY_FRAME);
    const header = {
      format: 0,
      chunkStreamId: 6,
      timestamp: 0,
      typeId: 9,
      messageStreamId: 1,
    } as const;
    writeChunks(writer, header, payload, 100_000);
    writeChunks(writer, { ...header, typeId: 8, chunkStreamId: 4 }, fromHex("af012100"), 100_000);
    const [[, socket] = []] = network.runtime.tcp.connections;
    socket?.write(writer.take());
    await network.advance(1);
    expect([totals.firstFrameCount, totals.losses.count]).toEqual([1, 0]);
  });

  test("counts as connected when media comes, where a server says nothing before", async () => {
    const { peer, network, totals } = await Stage.play("");
    expect(totals.joinedCount).toBe(0);
    peer.send(6, 9, KEY_FRAME);
    await network.advance(1);
    expect([totals.joinedCount, totals.firstFrameCount]).toEqual([1, 1]);
  });

  test("tells why it is refused", async () => {
    const { totals } = await Stage.play("NetStream.Play.StreamNotFound");
    expect(totals.failures.report()).toEqual([
      {
        reason: 'Cannot go on: the server answered "NetStream.Play.StreamNotFound" (as asked)',
        count: 1,
      },
    ]);
  });

  test("is lost to a server that sends no chunks", async () => {
    const { peer, network, totals } = await Stage.play();
    peer.send(2, 1, encodeUint32(0));
    await network.advance(1);
    expect(totals.losses.report()).toEqual([{ reason: "Cannot use chunk size 0", count: 1 }]);
  });
});
