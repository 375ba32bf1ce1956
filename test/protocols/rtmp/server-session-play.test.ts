/**
 * Goal: players of every make get the answers that SRS gives them; what SRS closes without a word is
 * answered first.
 *
 * Method: a client that follows the dialogues of the captures of SRS talks to a session over a socket in
 * memory; whole answers are compared. FFmpeg's own dialogue is a recording.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type RefusalReason, RefusedError } from "../../../src/base/errors.ts";
import { toAmfObject } from "../../../src/codec/amf0/value.ts";
import { encodeSetBufferLength } from "../../../src/codec/rtmp/message.ts";
import { RedirectError } from "../../../src/protocols/rtmp/session-handler.ts";
import { fromHex } from "../../support/hex.ts";
import { PLAY_START, play, result } from "./dialogue.ts";
import { setConnectedStage, setStage, settle } from "./raw-peer.ts";

describe("play", () => {
  test("as players do", async () => {
    const { peer, handler } = await setConnectedStage();
    expect(await peer.call("_checkbw", 2)).toEqual([result(2, "null")]);
    expect(await peer.call("createStream", 3)).toEqual([result(3, "1")]);
    expect(await peer.call("getStreamLength", 4, null, "livestream")).toEqual([result(4, "0")]);
    peer.send({ typeId: 4, chunkStreamId: 2, payload: encodeSetBufferLength(1, 3000) });
    const seen: string[][] = [];
    handler.onStart = () => void seen.push(handler.news());
    expect(await peer.call("play", 0, null, "livestream?k=v", -2000)).toEqual(PLAY_START);
    expect(seen).toEqual([["play __defaultVhost__ live livestream?k=v", "start"]]);
    expect(handler.playRequest).toMatchObject({
      start: -2000,
      durationSeconds: undefined,
      bufferLengthMs: 3000,
    });
  });

  test("as librtmp does, for a server that would rather be subscribed to", async () => {
    const { peer } = await setConnectedStage();
    expect(await peer.call("FCSubscribe", 2, null, "livestream")).toEqual([
      result(2, "null"),
      'csid=5 sid=1 onFCSubscribe 0 null {code:"NetStream.Play.Start",description:"Started playing stream."}',
    ]);
  });

  test("tells start, duration and stream of other forms", async () => {
    const { peer, handler } = await setConnectedStage();
    await peer.call("play", 0, null, "a", -1, 20);
    expect(handler.playRequest).toMatchObject({ start: -1, durationSeconds: 20 });
    await peer.call("play", 0, null, "a", -1, -1, true);
    expect(handler.playRequest).toMatchObject({ start: -1, durationSeconds: undefined });
    await peer.call("play2", 0, null, toAmfObject({ streamName: "b", oldStreamName: "a" }));
    expect(handler.playRequest).toMatchObject({ url: { stream: "b" }, start: -2 });
    expect(handler.news().filter((event) => event !== "start")).toEqual([
      "play __defaultVhost__ live a",
      "stop",
      "play __defaultVhost__ live a",
      "stop",
      "play __defaultVhost__ live b",
    ]);
  });

  test("takes the stream from tcUrl if it is only there", async () => {
    const { peer, handler } = setStage();
    await peer.shakeHands();
    await peer.connect({ tcUrl: "rtmp://127.0.0.1/live/livestream" });
    expect(await peer.call("play", 0, null, "")).toEqual(PLAY_START);
    expect(handler.news().at(-2)).toBe("play __defaultVhost__ live livestream");
  });

  test("pauses and goes on", async () => {
    const { peer, handler } = await play();
    peer.news();
    expect(await peer.call("pause", 5, null, true, 1000)).toEqual([
      'csid=5 sid=1 onStatus 0 null {level:"status",code:"NetStream.Pause.Notify",description:"Paused stream."}',
      "csid=2 sid=0 type=4 000100000001",
    ]);
    expect(await peer.call("pause", 6, null, false, 1000)).toEqual([
      'csid=5 sid=1 onStatus 0 null {level:"status",code:"NetStream.Unpause.Notify",description:"Unpaused stream."}',
      "csid=2 sid=0 type=4 000000000001",
    ]);
    expect(handler.news()).toEqual(["pause", "unpause"]);
  });

  test("answers calls that mean nothing, if they want it, and pings", async () => {
    const { peer, handler } = await play();
    peer.news();
    expect(await peer.call("someCall", 7, null, "x")).toEqual([result(7, "null")]);
    expect(await peer.call("seek", 0, null, 1000)).toEqual([]);
    expect(await peer.call("_result", 8, null)).toEqual([]);
    expect(await peer.call("_error", 8, null)).toEqual([]);
    expect(await peer.call("onStatus", 8, null)).toEqual([]);
    peer.send({ typeId: 4, chunkStreamId: 2, payload: fromHex("0006 00003039") });
    await settle();
    expect(peer.news()).toEqual(["csid=2 sid=0 type=4 000700003039"]);
    expect(handler.news()).toEqual([]);
  });

  test("ends by closeStream, and may begin anew", async () => {
    const { peer, handler } = await play();
    await peer.call("closeStream", 0);
    expect(handler.news()).toEqual(["stop"]);
    await peer.call("createStream", 9);
    peer.news();
    expect(await peer.call("play", 0, null, "livestream")).toEqual(PLAY_START);
    expect(await peer.call("pause", 3, null, true)).toHaveLength(2);
    await peer.call("deleteStream", 0, null, 1);
    expect(await peer.call("pause", 4, null, true)).toEqual([result(4, "null")]);
  });

  test("gives way to publishing, and the other way about", async () => {
    const { peer, handler } = await play();
    await peer.call("publish", 0, null, "b");
    await peer.call("play", 0, null, "c");
    expect(handler.news()).toEqual([
      "stop",
      "publish __defaultVhost__ live b flash-publish",
      "unpublish",
      "play __defaultVhost__ live c",
      "start",
    ]);
  });

  test.each<[RefusalReason, string]>([
    ["not_found", "NetStream.Play.StreamNotFound"],
    ["bad_name", "NetStream.Play.StreamNotFound"],
    ["forbidden", "NetStream.Play.Failed"],
  ])("is refused by onStatus, then the connection ends: %s", async (reason, code) => {
    const { peer, handler } = await setConnectedStage();
    peer.news();
    handler.refusal = new RefusedError(reason, "Cannot have it");
    expect(await peer.call("play", 5, null, "a")).toEqual([
      `csid=5 sid=1 onStatus 0 null {level:"error",code:"${code}",description:"Cannot have it",clientid:"ASAICiss"}`,
    ]);
    expect(peer.isClosed).toBe(true);
    expect(handler.errors).toEqual([handler.refusal]);
  });

  test("is sent elsewhere as by SRS, and closed at the next call", async () => {
    const { peer, handler } = await setConnectedStage();
    peer.news();
    handler.refusal = new RedirectError(
      "rtmp://127.0.0.1:19350/live",
      "rtmp://127.0.0.1:19350/live/livestream?k=v",
    );
    expect(await peer.call("play", 0, null, "livestream?k=v")).toEqual([
      'csid=5 sid=0 onStatus 0 null {level:"error",code:"NetConnection.Connect.Rejected",description:"RTMP 302 Redirect",ex:{code:302,redirect:"rtmp://127.0.0.1:19350/live",redirect2:"rtmp://127.0.0.1:19350/live/livestream?k=v"}}',
    ]);
    expect(peer.isClosed).toBe(false);
    await peer.call("close", 0);
    expect(peer.isClosed).toBe(true);
    expect(handler.errors).toEqual([undefined]);
  });

  test("is closed soon after it was sent elsewhere", async () => {
    const { peer, handler, session } = await setConnectedStage();
    handler.refusal = new RedirectError("rtmp://a/live", "rtmp://a/live/b");
    await peer.call("play", 0, null, "b");
    for (const nowMs of [0, 1000, 2999]) session.checkDeadline(nowMs);
    await settle();
    expect(peer.isClosed).toBe(false);
    session.checkDeadline(3000);
    await settle();
    expect(peer.isClosed).toBe(true);
  });
});

describe("FFmpeg", () => {
  function capture(name: string): Uint8Array {
    return new Uint8Array(
      readFileSync(new URL(`../../fixtures/rtmp/${name}.bin`, import.meta.url)),
    );
  }

  test("plays", async () => {
    const { peer, handler } = setStage();
    peer.write(capture("ffmpeg-play"));
    await settle();
    expect(handler.news()).toEqual([
      "connect rtmp://127.0.0.1:19360/live",
      "play __defaultVhost__ live livestream?k=v",
      "start",
    ]);
    expect(peer.news().slice(-4)).toEqual(PLAY_START);
  });
});
