/**
 * Goal: encoders of every make get the answers that SRS gives them, and what they send is handed on; what SRS
 * closes without a word is answered first.
 *
 * Method: a client that follows the dialogues of the captures of SRS talks to a session over a socket in
 * memory; whole answers are compared. FFmpeg's own dialogue is a recording.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type RefusalReason, RefusedError } from "../../../src/base/errors.ts";
import { encodeAmf0 } from "../../../src/codec/amf0/encode.ts";
import { toAmfObject } from "../../../src/codec/amf0/value.ts";
import { RtmpMessageType } from "../../../src/codec/rtmp/message.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { ON_FC_PUBLISH, PUBLISH_START, publish, result } from "./dialogue.ts";
import { setConnectedStage, setStage, settle } from "./raw-peer.ts";

describe("publish", () => {
  test("as Flash Media Live Encoder, FFmpeg and OBS do", async () => {
    const { peer, handler } = await setConnectedStage();
    expect(await peer.call("releaseStream", 2, null, "pub1")).toEqual([result(2, "undefined")]);
    expect(await peer.call("FCPublish", 3, null, "pub1")).toEqual([result(3, "undefined")]);
    expect(await peer.call("createStream", 4)).toEqual([result(4, "1")]);
    expect(await peer.call("publish", 5, null, "pub1?k=v", "live")).toEqual([
      ON_FC_PUBLISH,
      PUBLISH_START,
    ]);
    expect(handler.news()).toEqual(["publish __defaultVhost__ live pub1?k=v fmle-publish"]);
    expect(handler.publishRequest?.mode).toBe("live");
    expect(handler.publishRequest?.connectInfo).toBe(handler.connectInfo);
  });

  test("as Flash and SRS do", async () => {
    const { peer, handler } = await setConnectedStage();
    expect(await peer.call("createStream", 2)).toEqual([result(2, "1")]);
    expect(await peer.call("publish", 3, null, "pub3", "live")).toEqual([PUBLISH_START]);
    expect(handler.news()).toEqual(["publish __defaultVhost__ live pub3 flash-publish"]);
  });

  test("as Haivision does", async () => {
    const { peer, handler } = await setConnectedStage();
    await peer.call("createStream", 2);
    expect(await peer.call("FCPublish", 3, null, "pub4")).toEqual([result(3, "undefined")]);
    expect(await peer.call("publish", 4, null, "pub4")).toEqual([ON_FC_PUBLISH, PUBLISH_START]);
    expect(handler.news()).toEqual(["publish __defaultVhost__ live pub4 haivision-publish"]);
  });

  test("in AMF3 messages", async () => {
    const { peer, handler } = await setConnectedStage();
    const typeId = RtmpMessageType.CommandAmf3;
    peer.send({ typeId, payload: joinBytes(fromHex("00"), encodeAmf0("createStream", 2, null)) });
    peer.send({ typeId, payload: joinBytes(fromHex("00"), encodeAmf0("publish", 3, null, "a")) });
    await settle();
    expect(peer.news().slice(-2)).toEqual([result(2, "1"), PUBLISH_START]);
    expect(handler.news()).toEqual(["publish __defaultVhost__ live a flash-publish"]);
  });

  test("hands on media, and data by name", async () => {
    const { peer, handler } = await publish();
    const at = { messageStreamId: 1, chunkStreamId: 4 };
    const metadata = encodeAmf0("onMetaData", toAmfObject({ width: 1 }));
    const framed = joinBytes(encodeAmf0("@setDataFrame"), metadata);
    peer.send({ ...at, typeId: 18, timestamp: 1, payload: framed });
    peer.send({ ...at, typeId: 15, timestamp: 2, payload: joinBytes(fromHex("00"), metadata) });
    peer.send({ ...at, typeId: 8, timestamp: 0xffff_ffff, payload: fromHex("af01aa") });
    peer.send({ ...at, typeId: 9, timestamp: 4, payload: new Uint8Array(5000) });
    peer.send({ ...at, typeId: 18, payload: fromHex("05") }); // No name: nobody knows what for.
    peer.send({ ...at, typeId: 19, payload: fromHex("aa") }); // A shared object.
    peer.send({ ...at, typeId: 99, payload: fromHex("aa") });
    await settle();
    expect(handler.media).toEqual([
      ["data onMetaData", 1, metadata.length],
      ["data onMetaData", 2, metadata.length],
      ["audio", 0xffff_ffff, 3],
      ["video", 4, 5000],
    ]);
  });

  test("takes aggregates apart", async () => {
    const { peer, handler } = await publish();
    const payload = fromHex(
      "09 000002 000000 00 000000 1701 0000000d 08 000003 000017 00 000000 af0121 0000000e",
    );
    peer.send({ typeId: 22, timestamp: 500, messageStreamId: 1, payload });
    await settle();
    expect(handler.media).toEqual([
      ["video", 500, 2],
      ["audio", 523, 3],
    ]);
  });

  test("lets messages be large only while it lasts", async () => {
    const { peer, handler } = await publish();
    peer.send({ typeId: 9, payload: new Uint8Array(200_000) });
    await settle();
    expect(handler.media).toEqual([["video", 0, 200_000]]);
    peer.command("deleteStream", 0, null, 1);
    peer.send({ typeId: 9, payload: new Uint8Array(200_000) });
    await settle();
    expect(handler.errors[0]?.message).toContain("Cannot take message of 200000 bytes");
  });

  test("drops media that belongs to no stream", async () => {
    const { peer, handler } = await setConnectedStage();
    for (const typeId of [8, 9, 15, 18, 22]) peer.send({ typeId, payload: fromHex("ff") });
    await settle();
    expect(handler.news()).toEqual([]);
    expect(peer.isClosed).toBe(false);
  });

  test("ends by FCUnpublish, and may begin anew", async () => {
    const { peer, handler } = await setConnectedStage();
    for (const [name, id] of [
      ["releaseStream", 2],
      ["FCPublish", 3],
      ["createStream", 4],
      ["publish", 5],
    ] as const) {
      peer.command(name, id, null, "pub2");
    }
    await settle();
    peer.news();
    expect(await peer.call("FCUnpublish", 6, null, "pub2")).toEqual([
      'csid=5 sid=1 onFCUnpublish 0 null {code:"NetStream.Unpublish.Success",description:"Stop publishing stream."}',
      "csid=3 sid=1 _result 6 null undefined",
      'csid=5 sid=1 onStatus 0 null {level:"status",code:"NetStream.Unpublish.Success",description:"Stream is now unpublished",clientid:"ASAICiss"}',
    ]);
    expect(await peer.call("deleteStream", 7, null, 1)).toEqual([result(7, "null")]);
    expect(handler.news()).toEqual([
      "publish __defaultVhost__ live pub2 fmle-publish",
      "unpublish",
    ]);

    await peer.call("createStream", 8);
    expect(await peer.call("publish", 9, null, "pub22")).toEqual([PUBLISH_START]);
    expect(handler.news()).toEqual(["publish __defaultVhost__ live pub22 flash-publish"]);
    expect(await peer.call("FCUnpublish", 10, null, "x")).toHaveLength(3);
    expect(await peer.call("FCUnpublish", 11, null, "x")).toEqual([result(11, "undefined")]);
  });

  test.each([
    ["closeStream", []],
    ["deleteStream", [null, 1]],
  ])("ends by %s", async (name, rest) => {
    const { peer, handler } = await publish();
    await peer.call(name, 0, ...rest);
    expect(handler.news()).toEqual(["unpublish"]);
    expect(peer.isClosed).toBe(false);
  });

  test("ends when the next one begins, and with the connection", async () => {
    const { peer, handler } = await publish("one");
    expect(await peer.call("publish", 4, null, "two")).toContain(PUBLISH_START);
    expect(handler.news()).toEqual([
      "unpublish",
      "publish __defaultVhost__ live two flash-publish",
    ]);
    peer.socket.end();
    await settle();
    expect(handler.news()).toEqual(["unpublish", "closed"]);
    expect(handler.errors).toEqual([undefined]);
  });

  test.each<[RefusalReason, string]>([
    ["stream_busy", "NetStream.Publish.BadName"],
    ["bad_name", "NetStream.Publish.BadName"],
    ["forbidden", "NetStream.Publish.Rejected"],
    ["vhost_disabled", "NetStream.Publish.Rejected"],
    ["too_many_connections", "NetStream.Publish.Rejected"],
  ])("is refused by onStatus, then the connection ends: %s", async (reason, code) => {
    const { peer, handler } = await setConnectedStage();
    handler.refusal = new RefusedError(reason, "Cannot have it");
    expect(await peer.call("publish", 5, null, "a")).toContain(
      `csid=5 sid=1 onStatus 0 null {level:"error",code:"${code}",description:"Cannot have it",clientid:"ASAICiss"}`,
    );
    expect(peer.isClosed).toBe(true);
    expect(handler.errors).toEqual([handler.refusal]);
  });

  test.each<[string | null, string]>([
    ["", "empty"],
    ["..", "upward"],
    ["a/../../b", "upward, in the middle"],
    [null, "none"],
    ["a\0b", "with NUL"],
  ])("is refused for the name %j (%s)", async (name) => {
    const { peer, handler } = await setConnectedStage();
    const answers = await peer.call("publish", 5, null, name);
    expect(answers.at(-1)).toContain("NetStream.Publish.BadName");
    expect(handler.news()).toEqual(["closed"]);
    expect(handler.errors[0]).toMatchObject({ reason: "bad_name" });
  });

  test("ends the session if what takes the media cannot go on", async () => {
    const { peer, handler } = await publish();
    const error = new Error("no more");
    handler.onMedia = () => {
      throw error;
    };
    peer.send({ typeId: 9, payload: fromHex("1701") });
    await settle();
    expect(handler.news()).toEqual(["unpublish", "closed"]);
    expect(handler.errors).toEqual([error]);
  });
});

describe("FFmpeg", () => {
  function capture(name: string): Uint8Array {
    return new Uint8Array(
      readFileSync(new URL(`../../fixtures/rtmp/${name}.bin`, import.meta.url)),
    );
  }

  test.each([1, 1000, 65_536])("publishes, cut into pieces of %i bytes", async (pieceSize) => {
    const { peer, handler } = setStage();
    const bytes = capture("ffmpeg-publish").subarray(0, 16_384);
    for (let offset = 0; offset < bytes.length; offset += pieceSize) {
      peer.write(bytes.slice(offset, offset + pieceSize));
    }
    await settle();
    expect(handler.news()).toEqual([
      "connect rtmp://127.0.0.1:19360/live",
      "publish __defaultVhost__ live livestream?k=v fmle-publish",
    ]);
    expect(handler.media.slice(0, 4).map(([type, timestamp]) => [type, timestamp])).toEqual([
      ["data onMetaData", 0],
      ["video", 0],
      ["audio", 0],
      ["audio", 0],
    ]);
    expect(peer.isClosed).toBe(false);
  });
});
