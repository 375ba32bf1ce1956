/**
 * Goal: whatever a player asks for while it reads slowly, what it reads is whole: blocks that it shares
 * with others are never cut off in the middle.
 *
 * Method: a handler that plays an endless row of blocks to a client on a socket of little room; the
 * client stops reading in mid-block, asks for something else, reads on, and decodes all of it.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { RefusedError } from "../../../src/base/errors.ts";
import { encodeAmf0 } from "../../../src/codec/amf0/encode.ts";
import { type AmfValue, toAmfObject } from "../../../src/codec/amf0/value.ts";
import { writeChunks } from "../../../src/codec/rtmp/chunk-encoder.ts";
import { PLAY_START, PUBLISH_START } from "./dialogue.ts";
import { type Stage, setConnectedStage, settle } from "./raw-peer.ts";

const CAPACITY = 4096;
/** Video messages in a block: so large that the socket never has room for one of them. */
const BLOCK_LENGTH = 3;
const VIDEO_SIZE = 20_000;

/** Plays block after block: message `n` of playback `p` is of bytes `p`, at time `n`. */
class BlockPlayer {
  readonly #stage: Stage;
  readonly #blockCountMax: number;
  #playback = 0;
  #block = 0;
  #rest: Uint8Array = new Uint8Array();

  constructor(stage: Stage, blockCountMax: number) {
    this.#stage = stage;
    this.#blockCountMax = blockCountMax;
    stage.handler.onStart = () => this.#start();
    stage.handler.onDrain = () => this.#pump();
  }

  #start(): void {
    this.#playback += 1;
    this.#block = 0;
    this.#rest = new Uint8Array();
    this.#pump();
  }

  #pump(): void {
    for (;;) {
      if (this.#rest.length === 0) {
        if (this.#block === this.#blockCountMax) return;
        this.#rest = this.#encode();
        this.#block += 1;
      }
      const taken = this.#stage.session.writeShared(this.#rest);
      this.#rest = this.#rest.subarray(taken);
      if (this.#rest.length > 0) return;
    }
  }

  #encode(): Uint8Array {
    const writer = new ByteWriter();
    for (let i = 0; i < BLOCK_LENGTH; i++) {
      const timestamp = this.#block * BLOCK_LENGTH + i;
      const header = {
        format: 0,
        chunkStreamId: 6,
        timestamp,
        typeId: 9,
        messageStreamId: 1,
      } as const;
      const payload = new Uint8Array(VIDEO_SIZE).fill(this.#playback);
      writeChunks(writer, header, payload, this.#stage.session.connection.chunkSize);
    }
    return writer.take();
  }
}

/** A player that has stopped reading somewhere in the first block. */
async function playHalfABlock(blockCountMax = 2): Promise<Stage> {
  const stage = await setConnectedStage({}, CAPACITY);
  new BlockPlayer(stage, blockCountMax);
  stage.peer.news();
  stage.peer.command("play", 0, null, "a");
  // One read, then no more.
  const { socket } = stage.peer;
  const inner = socket.handler;
  socket.handler = {
    data: (bytes) => {
      inner.data(bytes);
      socket.pause();
    },
    drain: () => inner.drain(),
    close: () => inner.close(),
  };
  await settle();
  expect(stage.peer.received.filter(({ typeId }) => typeId === 9)).toEqual([]);
  socket.handler = inner;
  return stage;
}

/** What the player got: the statuses, and the videos as `playback/time`; each video must be whole. */
function story(stage: Stage): string[] {
  return stage.peer.received
    .filter(({ typeId, chunkStreamId }) => typeId === 9 || (typeId === 20 && chunkStreamId === 5))
    .map(({ typeId, payload, timestamp }) => {
      if (typeId !== 9)
        return /Net\w+\.\w+\.\w+/.exec(new TextDecoder().decode(payload))?.[0] ?? "?";
      const [playback] = payload;
      // Byte by byte, as `toEqual` compares, takes a second.
      const isWhole = payload.length === VIDEO_SIZE && payload.every((byte) => byte === playback);
      expect(isWhole, `${playback}/${timestamp}`).toBe(true);
      return `${playback}/${timestamp}`;
    });
}

const STARTED = ["NetStream.Play.Reset", "NetStream.Play.Start"];
const FIRST_BLOCK = ["1/0", "1/1", "1/2"];

describe("in the middle of a block", () => {
  test.each<[name: string, commands: [name: string, ...rest: AmfValue[]][]]>([
    ["closeStream", [["closeStream"]]],
    ["deleteStream", [["deleteStream", null, 1]]],
    ["FCUnpublish", [["FCUnpublish", null, "a"]]],
  ])("%s lets it end, and nothing follows", async (_name, commands) => {
    const stage = await playHalfABlock();
    for (const [name, ...rest] of commands) stage.peer.command(name, 9, ...rest);
    stage.peer.command("_checkbw", 10);
    await settle();
    expect(stage.handler.events.at(-1)).toBe("stop");
    stage.peer.socket.resume();
    await settle();
    expect(story(stage)).toEqual([...STARTED, ...FIRST_BLOCK]);
    expect(stage.peer.news().slice(-1)).toEqual(["csid=3 sid=0 _result 10 null null"]);
    expect(stage.peer.isClosed).toBe(false);
  });

  test.each<[name: string, commands: [name: string, ...rest: AmfValue[]][]]>([
    ["play", [["play", null, "b"]]],
    ["play2", [["play2", null, toAmfObject({ streamName: "b" })]]],
    ["closeStream and play", [["closeStream"], ["createStream"], ["play", null, "b"]]],
    [
      "deleteStream and play",
      [
        ["deleteStream", null, 1],
        ["play", null, "b"],
      ],
    ],
  ])("%s begins the next behind it", async (_name, commands) => {
    const stage = await playHalfABlock();
    for (const [name, ...rest] of commands) stage.peer.command(name, 0, ...rest);
    await settle();
    expect(stage.handler.events.at(-1)).toBe("start");
    stage.peer.socket.resume();
    await settle();
    expect(story(stage)).toEqual([
      ...STARTED,
      ...FIRST_BLOCK,
      ...STARTED,
      ...["2/0", "2/1", "2/2", "2/3", "2/4", "2/5"],
    ]);
  });

  test("one change after the other", async () => {
    const stage = await playHalfABlock();
    for (let i = 0; i < 5; i++) {
      stage.peer.command("closeStream", 0);
      stage.peer.command("play", 0, null, "b");
      await settle();
    }
    stage.peer.socket.resume();
    await settle();
    const videos = story(stage).filter((line) => !line.startsWith("Net"));
    expect(videos.slice(0, 4)).toEqual([...FIRST_BLOCK, "6/0"]);
    expect(videos).toHaveLength(3 + 6);
  });

  test("publish is answered behind it", async () => {
    const stage = await playHalfABlock();
    stage.peer.command("publish", 0, null, "b");
    await settle();
    stage.peer.socket.resume();
    await settle();
    expect(story(stage)).toEqual([...STARTED, ...FIRST_BLOCK, "NetStream.Publish.Start"]);
    expect(stage.peer.news().at(-1)).toBe(PUBLISH_START);
    stage.peer.send({ typeId: 9, payload: new Uint8Array(100) });
    await settle();
    expect(stage.handler.media).toEqual([["video", 0, 100]]);
  });

  test("a refusal is understood, and the connection ends behind it", async () => {
    const stage = await playHalfABlock();
    stage.handler.refusal = new RefusedError("forbidden", "Cannot have it");
    stage.peer.command("play", 0, null, "b");
    await settle();
    stage.peer.socket.resume();
    await settle();
    expect(story(stage)).toEqual([...STARTED, ...FIRST_BLOCK, "NetStream.Play.Failed"]);
    expect(stage.peer.isClosed).toBe(true);
  });

  test("pause and the answers to calls wait for it", async () => {
    const stage = await playHalfABlock(1);
    stage.peer.command("pause", 0, null, true, 0);
    stage.peer.command("_checkbw", 5);
    await settle();
    stage.peer.socket.resume();
    await settle();
    expect(story(stage)).toEqual([...STARTED, ...FIRST_BLOCK, "NetStream.Pause.Notify"]);
  });

  test("whatever the socket takes at a time", async () => {
    for (let capacity = 4000; capacity < 4200; capacity += 7) {
      const stage = await setConnectedStage({}, capacity);
      new BlockPlayer(stage, 2);
      stage.peer.socket.pause();
      stage.peer.command("play", 0, null, "a");
      await settle();
      stage.peer.write(encodeCommands(["closeStream", "play"]));
      await settle();
      stage.peer.socket.resume();
      await settle();
      expect(story(stage), `${capacity}`).toEqual([
        ...STARTED,
        ...FIRST_BLOCK,
        ...STARTED,
        ...["2/0", "2/1", "2/2", "2/3", "2/4", "2/5"],
      ]);
    }
  });
});

test("a player that reads gets block after block", async () => {
  const stage = await setConnectedStage({}, CAPACITY);
  new BlockPlayer(stage, 10);
  stage.peer.news();
  stage.peer.command("play", 0, null, "a");
  await settle();
  expect(story(stage)).toEqual([
    ...STARTED,
    ...Array.from({ length: 30 }, (_, index) => `1/${index}`),
  ]);
  expect(stage.peer.news().slice(0, PLAY_START.length)).toEqual(PLAY_START);
});

/** Several commands in one read. */
function encodeCommands(names: readonly string[]): Uint8Array {
  const writer = new ByteWriter();
  for (const name of names) {
    const header = {
      format: 0,
      chunkStreamId: 3,
      timestamp: 0,
      typeId: 20,
      messageStreamId: 1,
    } as const;
    writeChunks(writer, header, encodeAmf0(name, 0, null, "b"), 128);
  }
  return writer.take();
}
