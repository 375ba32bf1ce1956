/**
 * Goal: nobody waits for ever, neither the client for the handler nor the server for the client, and what is
 * under way when either leaves comes to its end.
 *
 * Method: questions that the test answers when it likes, and a clock that it turns.
 */

import { describe, expect, test } from "vitest";
import { RefusedError, TimeoutError } from "../../../src/base/errors.ts";
import { toAmfObject } from "../../../src/codec/amf0/value.ts";
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

  /** Sends something that leads nowhere every 20 s, and tells when the session ended. */
  async function chatter(stage: Stage, say: (stage: Stage) => void): Promise<number> {
    for (let nowMs = 0; nowMs < 1_000_000; nowMs += 1000) {
      if (nowMs % 20_000 === 0) say(stage);
      await settle();
      stage.session.checkDeadline(nowMs);
      await settle();
      if (stage.peer.isClosed) return nowMs;
    }
    return Number.POSITIVE_INFINITY;
  }

  test.each<[name: string, say: (stage: Stage) => void]>([
    ["calls", ({ peer }) => peer.command("_checkbw", 5)],
    ["pings", ({ peer }) => peer.send({ typeId: 4, payload: fromHex("0006 00000000") })],
    ["createStream", ({ peer }) => peer.command("createStream", 5)],
    ["closeStream", ({ peer }) => peer.command("closeStream", 5)],
    ["deleteStream", ({ peer }) => peer.command("deleteStream", 5, null, 1)],
    ["FCUnpublish", ({ peer }) => peer.command("FCUnpublish", 5, null, "a")],
    ["media", ({ peer }) => peer.send({ typeId: 9, payload: new Uint8Array(40_000) })],
  ])("connecting and then %s without end", async (_name, say) => {
    const stage = await setConnectedStage();
    expect(await chatter(stage, say)).toBe(30_000);
    expect(stage.handler.errors[0]).toBeInstanceOf(TimeoutError);
  });

  test("a handshake and then pings", async () => {
    const stage = setStage();
    await stage.peer.shakeHands();
    const say = (): void => stage.peer.send({ typeId: 4, payload: fromHex("0006 00000000") });
    expect(await chatter(stage, say)).toBe(30_000);
  });

  test.each<[name: string, end: string, begin: () => Promise<Stage>]>([
    ["publishing", "FCUnpublish", publish],
    ["publishing", "deleteStream", publish],
    ["playing", "closeStream", play],
  ])("%s, no more of it by %s, and then calls without end", async (_name, end, begin) => {
    const stage = await begin();
    stage.peer.command(end, 6);
    expect(await chatter(stage, ({ peer }) => peer.command("_checkbw", 5))).toBe(180_000);
    expect(stage.handler.errors[0]).toBeInstanceOf(TimeoutError);
  });

  test("begin anew when a publisher comes back", async () => {
    const stage = await publish();
    stage.peer.command("FCUnpublish", 6, null, "a");
    await settle();
    for (const nowMs of [0, 100_000, 179_000]) stage.session.checkDeadline(nowMs);
    stage.peer.command("publish", 7, null, "a");
    stage.peer.command("FCUnpublish", 8, null, "a");
    await settle();
    for (const nowMs of [180_000, 359_999]) stage.session.checkDeadline(nowMs);
    await settle();
    expect(stage.peer.isClosed).toBe(false);
    stage.session.checkDeadline(360_000);
    await settle();
    expect(stage.peer.isClosed).toBe(true);
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

describe("a client that is refused", () => {
  test.each<[name: string, refuse: (stage: Stage) => void]>([
    ["connect", ({ peer }) => peer.command("connect", 1, toAmfObject({ app: "live" }))],
    ["publish", ({ peer }) => peer.command("publish", 1, null, "a")],
    ["play", ({ peer }) => peer.command("play", 1, null, "a")],
  ])("%s, and reads nothing of it, is gone in seconds", async (name, refuse) => {
    const stage = setStage({}, 8192);
    await stage.peer.shakeHands();
    if (name !== "connect") await stage.peer.connect();
    stage.handler.refusal = new RefusedError("too_many_connections", "Cannot serve more");
    stage.peer.socket.pause();
    // What it wants in the same breath keeps the socket full: it would read the refusal last.
    for (let i = 0; i < 200 && name !== "connect"; i++) stage.peer.command("getStreamLength", 9);
    refuse(stage);
    await settle();
    expect(stage.session.isClosed).toBe(true);
    expect(stage.socket.isClosed).toBe(false);
    for (let nowMs = 0; nowMs < 5000; nowMs += 1000) {
      stage.session.checkDeadline(nowMs);
      stage.peer.command("_checkbw", 5);
      await settle();
    }
    expect(stage.socket.isClosed).toBe(false);
    stage.session.checkDeadline(5000);
    await settle();
    expect(stage.socket.isClosed).toBe(true);
    expect(stage.handler.errors).toEqual([stage.handler.refusal]);
  });
});

describe("isClosed", () => {
  test("tells a handler that thought for long", async () => {
    const { peer, handler, session } = await setConnectedStage();
    handler.isThinking = true;
    await peer.call("publish", 3, null, "a");
    expect(session.isClosed).toBe(false);
    let seen: boolean | undefined;
    handler.onClosed = () => {
      seen = session.isClosed;
    };
    peer.socket.destroy();
    await settle();
    expect(seen).toBe(true);
  });

  test("is true as soon as the server ends the session", async () => {
    const { handler, session } = await publish();
    session.close();
    expect(session.isClosed).toBe(true);
    expect(handler.news()).toEqual([]);
    await settle();
    expect(handler.news()).toEqual(["unpublish", "closed"]);
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
