/**
 * Goal: whatever a stranger sends ends at most that stranger's session, by one error and with bounded
 * answers.
 *
 * Method: a list of attacks, each before, in or after the dialogue; then recorded dialogues with bytes
 * changed, dropped and repeated, and plain noise, all seeded.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MalformedError, ProtocolError, RefusedError } from "../../../src/base/errors.ts";
import { encodeAmf0 } from "../../../src/codec/amf0/encode.ts";
import { toAmfObject } from "../../../src/codec/amf0/value.ts";
import { BEGINS_MAX } from "../../../src/protocols/rtmp/begin-limit.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";
import { publish } from "./dialogue.ts";
import { type Stage, setConnectedStage, setStage, settle } from "./raw-peer.ts";

function repeat(count: number, bytesAt: (index: number) => Uint8Array): Uint8Array {
  return joinBytes(...Array.from({ length: count }, (_, index) => bytesAt(index)));
}

async function expectEnd(stage: Stage, fault: new (...args: never[]) => Error): Promise<void> {
  await settle();
  expect(stage.handler.errors).toEqual([expect.any(fault)]);
  expect(stage.handler.events.at(-1)).toBe("closed");
  expect(stage.peer.isClosed).toBe(true);
}

describe("before and in the handshake", () => {
  test.each([
    ["HTTP", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
    ["RTMPE", fromHex("06")],
    ["zeros", new Uint8Array(10_000)],
    ["a proxy header of 64 KiB", fromHex("f3 ffff")],
  ])("%s ends it", async (_name, bytes) => {
    const stage = setStage();
    stage.peer.write(bytes);
    await expectEnd(stage, MalformedError);
    expect(stage.socket.sentSize).toBe(0);
  });
});

describe("after the handshake", () => {
  test.each<[name: string, bytes: Uint8Array]>([
    ["formats 2 and 3 on a fresh chunk stream", fromHex("83 000000")],
    ["a message of 16 MiB", fromHex("03 000000 ffffff 14 00000000")],
    ["chunk size 0", fromHex("02 000000 000004 01 00000000 00000000")],
    ["chunk size 1", fromHex("02 000000 000004 01 00000000 00000001")],
    ["chunk size 2^31", fromHex("02 000000 000004 01 00000000 80000000")],
    ["chunk size cut off", fromHex("02 000000 000002 01 00000000 0000")],
    ["an acknowledgement window cut off", fromHex("02 000000 000002 05 00000000 0000")],
    ["a bandwidth cut off", fromHex("02 000000 000000 06 00000000")],
    ["user control cut off", fromHex("02 000000 000001 04 00000000 00")],
    ["a command without name", fromHex("03 000000 000001 14 00000000 05")],
    [
      "thousands of chunk streams",
      repeat(2000, (index) => fromHex(`01 ${hex16(index)} 000000 000000 08 00000000`)),
    ],
    [
      "large messages begun on every chunk stream",
      repeat(40, (index) =>
        joinBytes(
          Uint8Array.of(3 + index),
          fromHex("000000 00ffff 14 00000000"),
          new Uint8Array(128),
        ),
      ),
    ],
    [
      "AMF nested without end",
      joinBytes(
        fromHex("02 000000 000004 01 00000000 00010000"),
        fromHex("03 000000 00fff0 14 00000000"),
        repeat(0xfff0 / 5, () => fromHex("0a00000001")),
      ),
    ],
  ])("%s ends it", async (_name, bytes) => {
    const stage = setStage();
    await stage.peer.shakeHands();
    stage.peer.write(bytes);
    await expectEnd(stage, MalformedError);
  });

  test.each(["createStream", "publish", "play", "pause", "\u{1f3a5}"])(
    "%s before connect ends it",
    async (name) => {
      const stage = setStage();
      await stage.peer.shakeHands();
      stage.peer.command(name, 1);
      await expectEnd(stage, ProtocolError);
    },
  );

  test("nothing more is heard of a session that an error ended", async () => {
    const stage = setStage();
    await stage.peer.shakeHands();
    stage.peer.write(fromHex("83 000000"));
    stage.peer.command("connect", 1, toAmfObject({ app: "live" }));
    await expectEnd(stage, MalformedError);
    expect(stage.handler.events).toEqual(["closed"]);
  });
});

describe("answers stay bounded", () => {
  test.each([0, 1, 2, 0xffff_ffff])("an acknowledgement window of %i", async (window) => {
    const stage = await publish();
    const before = stage.socket.writeCount;
    stage.peer.send({ typeId: 5, chunkStreamId: 2, payload: encodeWindow(window) });
    for (let i = 0; i < 100; i++) {
      stage.peer.send({ typeId: 9, payload: new Uint8Array(3000) });
      await settle();
    }
    const acknowledgements = stage.peer.news().filter((line) => line.includes("type=3 "));
    expect(acknowledgements.length).toBeLessThanOrEqual(101);
    expect(acknowledgements.length).toBeGreaterThanOrEqual(window === 1 ? 100 : 0);
    if (window === 0 || window > 2) expect(acknowledgements).toEqual([]);
    expect(stage.socket.writeCount - before).toBe(acknowledgements.length);
    expect(stage.peer.isClosed).toBe(false);
  });

  test("a bandwidth is answered when it changes", async () => {
    const stage = await setConnectedStage();
    for (const size of [2_500_000, 5000, 5000, 0]) {
      stage.peer.send({ typeId: 6, payload: joinBytes(encodeWindow(size), fromHex("02")) });
    }
    await settle();
    stage.peer.news();
    const windows = stage.peer.received.filter(({ typeId }) => typeId === 5);
    expect(windows.map(({ payload }) => payload)).toEqual([
      encodeWindow(2_500_000),
      encodeWindow(5000),
    ]);
  });

  test("pings that nobody reads the answers of", async () => {
    const stage = await setConnectedStage({ outputSizeMax: 50_000 }, 16_384);
    stage.peer.socket.pause();
    for (let i = 0; i < 200; i++) {
      stage.peer.write(repeat(100, () => fromHex("02 000000 000006 04 00000000 000600000000")));
      await settle();
    }
    stage.peer.socket.resume();
    await settle();
    expect(stage.handler.errors[0]?.message).toContain("stopped reading");
  });

  test("calls by the thousand are answered, each once, in few writes", async () => {
    const stage = await setConnectedStage();
    const before = stage.socket.writeCount;
    const payload = encodeAmf0("noSuchCall", 5, null);
    const header = fromHex(`03 000000 ${payload.length.toString(16).padStart(6, "0")} 14 00000000`);
    stage.peer.news();
    stage.peer.write(repeat(1000, () => joinBytes(header, payload)));
    await settle();
    expect(stage.peer.news()).toHaveLength(1000);
    expect(stage.socket.writeCount - before).toBe(1);
  });
});

describe("beginnings stay bounded", () => {
  test.each(["play", "play2", "publish"])("%s by the ten thousand", async (name) => {
    const stage = await setConnectedStage();
    const payload = encodeAmf0(
      name,
      0,
      null,
      name === "play2" ? toAmfObject({ streamName: "a" }) : "a",
    );
    const header = fromHex(`03 000000 ${payload.length.toString(16).padStart(6, "0")} 14 01000000`);
    stage.peer.write(repeat(20_000, () => joinBytes(header, payload)));
    await expectEnd(stage, ProtocolError);
    const begun = stage.handler.events.filter((event) => /^(play|publish) /.test(event));
    expect(begun).toHaveLength(BEGINS_MAX);
  });

  test("but not for who takes the time", async () => {
    const stage = await setConnectedStage();
    stage.session.checkDeadline(0);
    for (let nowMs = 1000; nowMs <= 100_000; nowMs += 1000) {
      stage.peer.command("play", 0, null, `channel-${nowMs}`);
      await settle();
      stage.session.checkDeadline(nowMs);
    }
    expect(stage.peer.isClosed).toBe(false);
    for (let i = 0; i <= BEGINS_MAX; i++) stage.peer.command("play", 0, null, "once-more");
    await expectEnd(stage, ProtocolError);
  });
});

describe("while publishing", () => {
  test.each([
    ["an aggregate with lying sizes", 22, "09 ffffff 000000 00 000000 17"],
    ["an aggregate in an aggregate", 22, "16 000000 000000 00 000000 0000000b"],
    ["a broken command", 20, "02 00ff 61"],
  ])("%s ends it", async (_name, typeId, hex) => {
    const stage = await publish();
    stage.peer.send({ typeId, payload: fromHex(hex) });
    await expectEnd(stage, MalformedError);
    expect(stage.handler.events).toEqual(["unpublish", "closed"]);
  });

  test("data that nobody can read is dropped", async () => {
    const stage = await publish();
    for (const hex of ["", "02", "02ffff61", "00", "ff", "03"]) {
      stage.peer.send({ typeId: 18, payload: fromHex(hex) });
      stage.peer.send({ typeId: 15, payload: fromHex(hex) });
    }
    await settle();
    expect(stage.handler.events).toEqual([]);
    expect(stage.handler.media).toEqual([]);
  });
});

describe("damage", () => {
  const captures = ["ffmpeg-publish", "ffmpeg-publish-late", "ffmpeg-play"].map((name) =>
    new Uint8Array(readFileSync(new URL(`../../fixtures/rtmp/${name}.bin`, import.meta.url))).slice(
      0,
      9000,
    ),
  );

  /** Changes, drops and repeats bytes behind the handshake, as `random` has it. */
  function damage(bytes: Uint8Array, random: Uint8Array): Uint8Array {
    let damaged = bytes;
    for (let i = 0; i + 3 < random.length; i += 4) {
      const [kind = 0, high = 0, low = 0, value = 0] = random.subarray(i);
      const offset = 3073 + (((high << 8) | low) % (damaged.length - 3073));
      const [before, after] = [damaged.subarray(0, offset), damaged.subarray(offset)];
      if (kind % 3 === 0) damaged = joinBytes(before, Uint8Array.of(value), after.subarray(1));
      else if (kind % 3 === 1) damaged = joinBytes(before, after.subarray(value));
      else damaged = joinBytes(before, damaged.subarray(offset - value, offset), after);
    }
    return damaged;
  }

  test("to recorded dialogues ends in a clean close, if at all", async () => {
    let endCount = 0;
    for (const random of noise(250, 16)) {
      const stage = setStage();
      const capture = captures[random.length % captures.length] ?? new Uint8Array();
      stage.peer.write(damage(capture, random));
      await settle();
      stage.peer.socket.end();
      await settle();
      expectCleanEnd(stage);
      if (stage.handler.errors[0] !== undefined) endCount += 1;
    }
    expect(endCount).toBeGreaterThan(20);
  });

  test("of everything, likewise", async () => {
    for (const random of noise(250, 400)) {
      const stage = setStage();
      if (random.length % 2 === 0) await stage.peer.shakeHands();
      if (random.length % 4 === 0) await stage.peer.connect();
      stage.peer.write(random);
      await settle();
      stage.peer.socket.end();
      await settle();
      expectCleanEnd(stage);
    }
  });

  function expectCleanEnd({ handler }: Stage): void {
    const { events, errors } = handler;
    expect(events.filter((event) => event === "closed")).toHaveLength(1);
    const count = (...names: string[]) =>
      events.filter((event) => names.includes(event.split(" ")[0] ?? "")).length;
    expect(count("unpublish", "stop")).toBe(count("publish", "play"));
    const [error] = errors;
    if (error === undefined) return;
    const isTheirs = [MalformedError, ProtocolError, RefusedError].some(
      (kind) => error instanceof kind,
    );
    expect(isTheirs, error.stack).toBe(true);
  }
});

function encodeWindow(size: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, size);
  return payload;
}

function hex16(value: number): string {
  return value.toString(16).padStart(4, "0");
}
