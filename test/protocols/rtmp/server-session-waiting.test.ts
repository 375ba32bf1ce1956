/**
 * Goal: nobody waits for ever, neither the client for the handler nor the server for the client, and what is
 * under way when either leaves comes to its end.
 *
 * Method: questions that the test answers when it likes, and a clock that it turns.
 */

import { describe, expect, test } from "vitest";
import { RefusedError, TimeoutError } from "../../../src/base/errors.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { PUBLISH_START, play, publish } from "./dialogue.ts";
import { type Stage, setConnectedStage, setStage, settle } from "./raw-peer.ts";

describe("while a question is open", () => {
  test("what the client sends waits, and then counts", async () => {
    const { peer, handler } = await setConnectedStage();
    handler.isThinking = true;
    peer.command("publish", 3, null, "a");
    peer.send({ typeId: 9, timestamp: 5, payload: new Uint8Array(100_000) });
    await settle();
    expect(handler.news()).toEqual(["publish __defaultVhost__ live a flash-publish"]);
    expect(handler.media).toEqual([]);
    handler.question.yes();
    await settle();
    expect(peer.news().at(-1)).toBe(PUBLISH_START);
    expect(handler.media).toEqual([["video", 5, 100_000]]);
  });

  test("a client that sends on and on is held back", async () => {
    const { peer, handler } = await setConnectedStage({}, 32 * 1024);
    handler.isThinking = true;
    peer.command("publish", 3, null, "a");
    await settle();
    let taken = 0;
    for (let i = 0; i < 100; i++) {
      taken += peer.socket.write(new Uint8Array(16_384));
      await settle();
    }
    expect(taken).toBeGreaterThan(64 * 1024);
    expect(taken).toBeLessThan(256 * 1024);
  });

  test("what is held back goes on when the question is answered", async () => {
    const { peer, handler } = await setConnectedStage();
    handler.isThinking = true;
    peer.command("publish", 3, null, "a");
    await settle();
    for (let i = 0; i < 10; i++) {
      peer.send({ typeId: 9, timestamp: i, payload: new Uint8Array(50_000) });
      await settle();
    }
    handler.question.yes();
    await settle();
    expect(handler.media).toHaveLength(10);
    peer.send({ typeId: 9, timestamp: 10, payload: fromHex("27") });
    await settle();
    expect(handler.media).toHaveLength(11);
  });

  test("a client that leaves is noticed, and what it was granted is given back", async () => {
    const { peer, handler } = await setConnectedStage();
    handler.isThinking = true;
    await peer.call("publish", 3, null, "a");
    peer.socket.destroy();
    await settle();
    expect(handler.news().slice(1)).toEqual(["closed"]);
    handler.question.yes();
    await settle();
    expect(handler.news()).toEqual(["unpublish"]);

    const player = await setConnectedStage();
    player.handler.isThinking = true;
    await player.peer.call("play", 0, null, "a");
    player.peer.socket.destroy();
    await settle();
    player.handler.question.yes();
    await settle();
    expect(player.handler.news().slice(1)).toEqual(["closed", "stop"]);
  });

  test("a refusal that comes too late harms nobody", async () => {
    const { peer, handler } = await setConnectedStage();
    handler.isThinking = true;
    await peer.call("play", 0, null, "a");
    peer.socket.end();
    await settle();
    handler.question.no(new Error("too late"));
    await settle();
    expect(handler.errors).toEqual([undefined]);
  });
});

describe("deadlines", () => {
  async function waitOut(stage: Stage, timeoutMs: number): Promise<void> {
    stage.session.checkDeadline(1000);
    stage.session.checkDeadline(999 + timeoutMs);
    await settle();
    expect(stage.handler.errors).toEqual([]);
    stage.session.checkDeadline(1000 + timeoutMs);
    await settle();
    expect(stage.handler.errors[0]).toBeInstanceOf(TimeoutError);
    expect(stage.peer.isClosed).toBe(true);
  }

  test("the handshake, however it trickles in", async () => {
    const stage = setStage();
    for (let nowMs = 0; nowMs < 30_000; nowMs += 100) {
      stage.peer.write(Uint8Array.of(nowMs === 0 ? 3 : 0));
      await settle();
      stage.session.checkDeadline(nowMs);
    }
    expect(stage.peer.isClosed).toBe(false);
    stage.session.checkDeadline(30_000);
    await settle();
    expect(stage.handler.errors[0]).toBeInstanceOf(TimeoutError);
  });

  test("connecting and then nothing", async () => {
    await waitOut(await setConnectedStage(), 30_000);
  });

  test("a message that never completes, however it trickles in", async () => {
    const stage = await setConnectedStage();
    stage.session.checkDeadline(1000);
    stage.peer.write(fromHex("03 000000 001000 14 00000000"));
    for (let nowMs = 1100; nowMs <= 31_000; nowMs += 100) {
      expect(stage.peer.isClosed).toBe(false);
      stage.peer.write(Uint8Array.of(0xc3)); // Payload, or that it goes on.
      await settle();
      stage.session.checkDeadline(nowMs);
    }
    await settle();
    expect(stage.peer.isClosed).toBe(true);
    expect(stage.handler.errors[0]).toBeInstanceOf(TimeoutError);
  });

  test("publishing and then nothing", async () => {
    await waitOut(await publish(), 30_000);
  });

  test("a large picture on a thin line is progress", async () => {
    const stage = await publish();
    stage.session.checkDeadline(0);
    stage.peer.write(fromHex("06 000000 100000 09 01000000"));
    for (let nowMs = 20_000; nowMs <= 200_000; nowMs += 20_000) {
      // 128 bytes a chunk, 128 chunks.
      stage.peer.write(
        joinBytes(
          ...Array.from({ length: 129 }, () => joinBytes(new Uint8Array(128), fromHex("c6"))),
        ),
      );
      await settle();
      stage.session.checkDeadline(nowMs);
    }
    expect(stage.peer.isClosed).toBe(false);
  });

  test("unpublishing and not coming back", async () => {
    const stage = await publish();
    await stage.peer.call("FCUnpublish", 6, null, "livestream");
    await waitOut(stage, 180_000);
  });

  test("but playing takes as long as it likes", async () => {
    const stage = await play();
    for (const nowMs of [0, 1e6, 1e9]) stage.session.checkDeadline(nowMs);
    await settle();
    expect(stage.peer.isClosed).toBe(false);
  });

  test("and so does the handler's answer", async () => {
    const stage = await setConnectedStage();
    stage.handler.isThinking = true;
    await stage.peer.call("publish", 3, null, "a");
    for (const nowMs of [0, 40_000, 80_000]) stage.session.checkDeadline(nowMs);
    stage.handler.question.yes();
    await settle();
    stage.session.checkDeadline(120_000);
    stage.session.checkDeadline(149_999);
    await settle();
    expect(stage.peer.isClosed).toBe(false);
  });
});

describe("close()", () => {
  test("ends the session at once, and only once", async () => {
    const { peer, handler, session } = await publish();
    const error = new RefusedError("kicked", "Cannot stay");
    session.close(error);
    session.close();
    await settle();
    expect(peer.isClosed).toBe(true);
    expect(handler.news()).toEqual(["unpublish", "closed"]);
    expect(handler.errors).toEqual([error]);
    expect(session.writeShared(fromHex("aa"))).toBe(0);
    session.checkDeadline(1e9);
  });
});
