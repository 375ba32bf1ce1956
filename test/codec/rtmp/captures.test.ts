/**
 * Goal: what real clients send decodes to what they meant, however TCP cuts it, and no damage to it
 * does more than end the decoding.
 *
 * Method: the captures in test/fixtures/rtmp, whole, byte by byte and in pieces of many sizes; then
 * with bytes changed.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { AmfObject, amfString } from "../../../src/codec/amf0/value.ts";
import { decodeAudioBody } from "../../../src/codec/flv/audio-body.ts";
import { decodeMetadata } from "../../../src/codec/flv/script-data.ts";
import { decodeVideoBody } from "../../../src/codec/flv/video-body.ts";
import { ChunkDecoder } from "../../../src/codec/rtmp/chunk-decoder.ts";
import { decodeCommand, decodeData } from "../../../src/codec/rtmp/command.ts";
import {
  decodeUint32,
  decodeUserControl,
  type RtmpMessage,
  RtmpMessageType,
} from "../../../src/codec/rtmp/message.ts";
import { noise } from "../../support/noise.ts";

const HANDSHAKE_SIZE = 1 + 2 * 1536;
const LIMITS = { messageSizeMax: 1 << 20, partialSizeMax: 2 << 20 };

/** What the client sent behind the handshake. */
function capture(name: string): Uint8Array {
  const bytes = readFileSync(new URL(`../../fixtures/rtmp/${name}.bin`, import.meta.url));
  return new Uint8Array(bytes).subarray(HANDSHAKE_SIZE);
}

function decode(bytes: Uint8Array, pieceSize: number): RtmpMessage[] {
  const decoder = new ChunkDecoder(LIMITS);
  const messages: RtmpMessage[] = [];
  for (let offset = 0; offset < bytes.length; offset += pieceSize) {
    decoder.push(bytes.slice(offset, offset + pieceSize));
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) messages.push(next);
  }
  return messages;
}

function commandsOf(messages: readonly RtmpMessage[]): (readonly unknown[])[] {
  return messages
    .filter(({ typeId }) => typeId === RtmpMessageType.CommandAmf0)
    .map(({ typeId, payload }) => decodeCommand(typeId, payload))
    .map(({ name, transactionId, object, args }) => [
      name,
      transactionId,
      object instanceof AmfObject ? amfString(object, "tcUrl") : object,
      ...args,
    ]);
}

/** Changes some bytes, as `random` has it. */
function damage(bytes: Uint8Array, random: Uint8Array): Uint8Array {
  for (let i = 0; i + 2 < random.length; i += 3) {
    const offset = ((random[i] ?? 0) << 8) | (random[i + 1] ?? 0);
    bytes[offset % bytes.length] = random[i + 2] ?? 0;
  }
  return bytes;
}

function understand(bytes: Uint8Array): void {
  for (const { typeId, payload } of decode(bytes, 1448)) {
    if (typeId === RtmpMessageType.CommandAmf0) decodeCommand(typeId, payload);
    if (typeId === RtmpMessageType.DataAmf0) decodeMetadata(payload);
  }
}

describe("FFmpeg publishing", () => {
  const bytes = capture("ffmpeg-publish");
  const messages = decode(bytes, bytes.length);

  test("says what it wants", () => {
    expect(commandsOf(messages)).toEqual([
      ["connect", 1, "rtmp://127.0.0.1:19360/live"],
      ["releaseStream", 2, null, "livestream?k=v"],
      ["FCPublish", 3, null, "livestream?k=v"],
      ["createStream", 4, null],
      ["_checkbw", 5, null],
      ["publish", 6, null, "livestream?k=v", "live"],
    ]);
  });

  test("sends metadata, sequence headers and frames", () => {
    const data = messages.find(({ typeId }) => typeId === RtmpMessageType.DataAmf0);
    const decoded = decodeData(RtmpMessageType.DataAmf0, data?.payload ?? new Uint8Array());
    expect(decoded?.name).toBe("onMetaData");
    expect(decodeMetadata(decoded?.payload ?? new Uint8Array())?.get("width")).toBe(960);

    const videos = messages.filter(({ typeId }) => typeId === RtmpMessageType.Video);
    const headers = videos.map(({ payload }) => decodeVideoBody(payload));
    expect(headers[0]).toMatchObject({ codec: "h264", packetType: 0, frameType: 1, dataOffset: 5 });
    expect(headers[1]).toMatchObject({ codec: "h264", packetType: 1, frameType: 1 });
    expect(headers.every((header) => header?.codec === "h264")).toBe(true);

    const audios = messages.filter(({ typeId }) => typeId === RtmpMessageType.Audio);
    const sounds = audios.map(({ payload }) => decodeAudioBody(payload));
    expect(sounds[0]).toMatchObject({ codec: "aac", packetType: 0 });
    expect(sounds.slice(1).every((sound) => sound?.packetType === 1)).toBe(true);
    expect(videos.length).toBeGreaterThan(15);
    expect(audios.length).toBeGreaterThan(20);
    for (const media of [videos, audios]) {
      const times = media.map(({ timestamp }) => timestamp);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  test.each([1, 2, 3, 5, 7, 11, 13, 127, 128, 129, 1448, 4095, 4096, 16_384])(
    "is the same in pieces of %i bytes",
    (pieceSize) => {
      expect(decode(bytes, pieceSize)).toEqual(messages);
    },
  );

  test("is the same wherever the dialogue is cut in two", () => {
    const dialogue = bytes.subarray(0, 1500);
    const expected = decode(dialogue, dialogue.length);
    for (let length = 0; length < dialogue.length; length++) {
      const decoder = new ChunkDecoder(LIMITS);
      const decoded: RtmpMessage[] = [];
      for (const piece of [dialogue.slice(0, length), dialogue.slice(length)]) {
        decoder.push(piece);
        for (let next = decoder.next(); next !== undefined; next = decoder.next())
          decoded.push(next);
      }
      expect(decoded, `cut at ${length}`).toEqual(expected);
    }
  });

  test("does no harm if bytes are changed", () => {
    let brokenCount = 0;
    for (const random of noise(1500, 24)) {
      try {
        understand(damage(bytes.slice(0, 8192), random));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
        brokenCount += 1;
      }
    }
    expect(brokenCount).toBeGreaterThan(100);
  });
});

describe("FFmpeg publishing after more than four hours", () => {
  const bytes = capture("ffmpeg-publish-late");
  const messages = decode(bytes, bytes.length);

  test("sends extended timestamps", () => {
    const times = messages
      .filter(({ typeId }) => typeId === RtmpMessageType.Video)
      .map(({ timestamp }) => timestamp);
    expect(times.length).toBeGreaterThan(3);
    expect(times[0]).toBe(0); // The sequence header.
    expect(times.slice(1).every((time) => time >= 20_000_000 && time < 20_010_000)).toBe(true);
  });

  test.each([1, 3, 128, 1448])("is the same in pieces of %i bytes", (pieceSize) => {
    expect(decode(bytes, pieceSize)).toEqual(messages);
  });
});

describe("FFmpeg playing", () => {
  const bytes = capture("ffmpeg-play");
  const messages = decode(bytes, bytes.length);

  test("says what it wants", () => {
    expect(commandsOf(messages)).toEqual([
      ["connect", 1, "rtmp://127.0.0.1:19360/live"],
      ["createStream", 2, null],
      ["_checkbw", 3, null],
      ["getStreamLength", 4, null, "livestream?k=v"],
      ["play", 5, null, "livestream?k=v", -2000],
    ]);
    const window = messages.find(
      ({ typeId }) => typeId === RtmpMessageType.WindowAcknowledgementSize,
    );
    expect(decodeUint32(window?.payload ?? new Uint8Array())).toBe(2_500_000);
    const control = messages.find(({ typeId }) => typeId === RtmpMessageType.UserControl);
    expect(decodeUserControl(control?.payload ?? new Uint8Array())).toEqual({
      event: 3,
      value: 1,
      bufferLengthMs: 3000,
    });
  });

  test("is the same byte by byte", () => {
    expect(decode(bytes, 1)).toEqual(messages);
  });
});
