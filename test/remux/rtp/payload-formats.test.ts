/**
 * Goal: the bytes of the payload formats of HEVC, VP8, VP9 and AV1 are those of their specifications.
 *
 * Method: payloads written down byte by byte after the figures; those of other senders too, with fields
 * that ours do not have; what breaks each format.
 */

import { describe, expect, test } from "vitest";
import { createTrack } from "../../../src/live/track.ts";
import type { RtpCodec } from "../../../src/remux/rtp/rtp-payload.ts";
import { createRtpInput } from "../../../src/remux/rtp/to-stream.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { readFixture, readIvf } from "../../support/rtp-capture.ts";
import { HEVC, HEVC_SETS, lengthPrefixed } from "../mpegts/tracks.ts";
import { packetize, StreamOutput, toHex, videoFrame } from "./stream-output.ts";

const hexOf = (codec: RtpCodec, payloads: readonly Uint8Array[], options = {}): string[] => {
  const track = codec === "hevc" ? HEVC : createTrack("video", codec, undefined);
  const frames = payloads.map((payload, index) =>
    videoFrame(track, index * 40, payload, { isKeyFrame: index === 0 }),
  );
  return packetize(frames, options).map(({ payload }) => toHex(payload));
};

/** Feeds the payloads of pictures, each of which is one list. */
function read(codec: RtpCodec, ...pictures: readonly (readonly string[])[]) {
  const output = new StreamOutput();
  const input = createRtpInput(codec, output);
  for (const [timestamp, payloads] of pictures.entries()) {
    for (const [index, hex] of payloads.entries()) {
      input.take(fromHex(hex), timestamp, index === payloads.length - 1, false);
    }
  }
  return { payloads: output.frames.map(({ payload }) => toHex(payload)), input, output };
}

const compact = (hex: string): string => hex.replaceAll(" ", "");
/** Bytes that none of the formats has a meaning for, as many as are asked for. */
const filler = (count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, index) => 0x80 + (index % 64));

describe("HEVC", () => {
  /** IDR_N_LP (20), layer 0, temporal id 0; and TRAIL_R (1). */
  const IDR = fromHex("28 01 af 10");
  const TRAIL = fromHex("02 01 d0 11");

  test("sends parameter sets in an aggregation packet (48) and a picture behind it", () => {
    // | 0 48 layer 0, temporal id 1 | { size, VPS } { size, SPS } { size, PPS } |
    const sets = HEVC_SETS.flatMap((set) => [fromHex("0003"), set]);
    const frames = [lengthPrefixed(IDR), lengthPrefixed(fromHex("46 01 50"), TRAIL)];
    expect(hexOf("hevc", frames)).toEqual([
      toHex(joinBytes(fromHex("6001"), ...sets)),
      toHex(IDR),
      toHex(TRAIL),
    ]);
  });

  test("sends a large NAL unit in fragmentation units (49)", () => {
    const body = filler(50);
    const large = joinBytes(fromHex("02 0a"), body); // Layer 1, temporal id 1.
    const key = lengthPrefixed(...HEVC_SETS, IDR);
    expect(hexOf("hevc", [key, lengthPrefixed(large)], { payloadSizeMax: 32 }).slice(-2)).toEqual([
      toHex(joinBytes(fromHex("62 0a 81"), body.subarray(0, 25))),
      toHex(joinBytes(fromHex("62 0a 41"), body.subarray(25))),
    ]);
  });

  test("leaves out leading pictures, which are shown before the key frame", () => {
    const cra = fromHex("2a 01 af 10");
    const rasl = fromHex("10 01 d0 11");
    const frames = [
      videoFrame(HEVC, 0, lengthPrefixed(...HEVC_SETS, cra), {
        isKeyFrame: true,
        compositionTimeOffsetMs: 80,
      }),
      videoFrame(HEVC, 40, lengthPrefixed(rasl)),
      videoFrame(HEVC, 80, lengthPrefixed(TRAIL), { compositionTimeOffsetMs: 80 }),
    ];
    expect(packetize(frames).map(({ timestamp }) => timestamp / 90)).toEqual([80, 80, 160]);
  });

  test.each([
    ["a header alone", ["2801"]],
    ["PACI", ["6401 28 01 af"]],
    ["an end without a start", ["6201 54 af10"]],
    ["a size beyond the end", ["6001 0009 2801af10"]],
  ])("drops what has %s", (_, payloads) => {
    const { input } = read("hevc", payloads);
    expect(input.droppedCount).toBe(1);
  });
});

describe("VP8", () => {
  const KEY = fromHex("10 0200 9d012a 8002 6801");
  const INTER = fromHex("11 0200");

  test("has a descriptor with a picture id of 15 bits", () => {
    // | X 1, S 1 | I 1 | M 1, id 15 |
    expect(hexOf("vp8", [KEY, INTER])).toEqual([
      `90808000${toHex(KEY)}`,
      `90808001${toHex(INTER)}`,
    ]);
    const large = joinBytes(KEY, filler(30));
    expect(hexOf("vp8", [large], { payloadSizeMax: 32 })).toEqual([
      toHex(joinBytes(fromHex("90 80 8000"), large.subarray(0, 20))),
      toHex(joinBytes(fromHex("80 80 8000"), large.subarray(20))),
    ]);
  });

  test("comes with any of the fields, as in RFC 7741, 4.2 and 4.6", () => {
    const key = toHex(KEY);
    for (const [first, rest] of [
      ["10", "00"], // No extension.
      ["90 00", "80 00"], // An extension that is empty.
      ["90 80 11", "80 80 11"], // Picture id of 7 bits.
      ["90 80 91 23", "80 80 91 23"],
      ["90 e0 91 23 12 20", "80 e0 91 23 12 20"], // TL0PICIDX, TID.
      ["90 10 05", "81 10 05"], // KEYIDX, and the rest in partition 1.
      ["b0 40 12", "a0 40 12"], // N, TL0PICIDX.
    ]) {
      const { payloads } = read("vp8", [`${first}${key.slice(0, 14)}`, `${rest}${key.slice(14)}`]);
      expect(payloads).toEqual([key]);
    }
  });

  test.each([
    ["no start", ["00 1002009d012a80026801"]],
    ["a start of another partition", ["11 1002009d012a80026801"]],
    ["a descriptor alone", ["10 1002009d012a80026801", "80 80 91"]],
    ["no frame", ["10 ff"]],
  ])("is dropped with %s", (_, payloads) => {
    expect(read("vp8", payloads).input.droppedCount).toBe(1);
  });
});

describe("VP9", () => {
  /** Key frame, profile 0, 8 bits 4:2:0, 352x288; and an inter frame. */
  const KEY = fromHex("82 498342 00 15f0 11f0 00");
  const INTER = fromHex("86 00 40");

  test("has a descriptor with layers, and of a key frame its structure", () => {
    // | I P L F B E V Z | M, id 15 | TID 3 U SID 3 D | TL0PICIDX |
    // | N_S 3, Y, G, 000 | width | height | N_G | TID 3 U R 2 00 | P_DIFF |
    expect(hexOf("vp9", [KEY, INTER])).toEqual([
      compact(`ae 8000 00 00 18 0160 0120 01 04 01 ${toHex(KEY)}`),
      compact(`ec 8001 00 01 ${toHex(INTER)}`),
    ]);
    const large = joinBytes(INTER, filler(30));
    expect(hexOf("vp9", [KEY, large], { payloadSizeMax: 32 }).slice(1)).toEqual([
      toHex(joinBytes(fromHex("e8 8001 00 01"), large.subarray(0, 17))),
      toHex(joinBytes(fromHex("e4 8001 00 01"), large.subarray(17))),
    ]);
  });

  test("comes in either mode, with any of the fields", () => {
    const key = toHex(KEY);
    for (const head of [
      "0c", // Neither picture id nor layers.
      "8c 11",
      "8c 91 23",
      "ac 91 23 00 12", // Layers and TL0PICIDX.
      "bc 91 23 00", // Flexible: no TL0PICIDX.
      "fc 91 23 00 03 05 06", // Three references.
      "8e 11 00", // A structure that says nothing.
      "8e 11 18 0160 0120 02 04 01 68 01 02", // Two pictures of a group, the latter of two references.
      "8e 11 30 00b0 0090 0160 0120", // Two layers.
    ]) {
      expect(read("vp9", [`${head}${key}`]).payloads).toEqual([key]);
    }
  });

  test("of several layers makes one frame with an index", () => {
    const key = toHex(KEY);
    const inter = toHex(INTER);
    const layer = (id: number, flags: string): string => `${flags} 11 0${2 * id} 12`;
    const { payloads } = read("vp9", [
      `${layer(0, "ac")}${key}`,
      `${layer(1, "e8")}${inter.slice(0, 2)}`,
      `${layer(1, "e4")}${inter.slice(2)}`,
    ]);
    expect(payloads).toEqual([compact(`${key}${inter} d9 0a000000 03000000 d9`)]);
  });

  test.each([
    ["no start", ["84 11 86 00"]],
    ["no end", ["88 11 86 00"]],
    ["a second start", ["88 11 86", "88 11 86"]],
    ["four references", ["dc 11 03 05 07 08 86"]],
    ["a descriptor alone", ["8c 91 23"]],
    ["a structure that is cut off", ["8e 11 18 0160"]],
  ])("is dropped with %s", (_, payloads) => {
    expect(read("vp9", payloads).input.droppedCount).toBe(1);
  });
});

describe("AV1", () => {
  const [unit = new Uint8Array()] = readIvf(readFixture("av1.ivf"));
  /** `| delimiter 12 00 | sequence header 0a, size | frame 32, size |` */
  const headerSize = unit[3] ?? 0;
  const header = unit.subarray(4, 4 + headerSize);
  /** The same header, and the first bytes of a key frame that is shown. */
  const KEY = joinBytes(unit.subarray(0, 4 + headerSize), fromHex("32 04 10 01 02 03"));
  const KEY_HEX = toHex(KEY.subarray(2));
  const INTER = fromHex("12 00 32 03 30 01 02");

  test("has OBUs without sizes of their own behind an aggregation header", () => {
    // | Z 0 Y 0 W 2 N 1 | size | sequence header | frame, to the end |
    const size = (1 + headerSize).toString(16).padStart(2, "0");
    expect(hexOf("av1", [KEY, INTER])).toEqual([
      compact(`28 ${size} 08 ${toHex(header)} 30 10010203`),
      compact("10 30 300102"),
    ]);
  });

  test("says the sizes of all OBUs of more than three", () => {
    const metadata = "2a 02 0480";
    const payload = joinBytes(fromHex(metadata.repeat(3)), fromHex("32 03 30 01 02 7a 01 00"));
    // Padding (15) is left out.
    expect(hexOf("av1", [payload])).toEqual([compact(`00 ${"03 28 0480".repeat(3)} 04 30 300102`)]);
  });

  test("goes on with an OBU in the next packet", () => {
    const body = joinBytes(fromHex("30"), filler(49));
    const payload = joinBytes(fromHex("32 32"), body);
    expect(hexOf("av1", [payload], { payloadSizeMax: 32 })).toEqual([
      // | Y, W 1 | frame |, | Z, W 1 | the rest |
      toHex(joinBytes(fromHex("50 30"), body.subarray(0, 28))),
      toHex(joinBytes(fromHex("90"), body.subarray(28))),
    ]);
  });

  test("of a key frame brings the sequence header, from the track if need be", () => {
    const { output } = read("av1", hexOf("av1", [KEY]));
    const [track] = output.tracks;
    if (track === undefined) throw new Error("There is a track");
    const frame = videoFrame(track, 0, fromHex("32 04 10 01 02 03"), { isKeyFrame: true });
    expect(packetize([frame]).map(({ payload }) => toHex(payload))).toEqual(hexOf("av1", [KEY]));
  });

  test("comes in any form, and has sizes then", () => {
    const sized = (hex: string): string => (hex.length / 2).toString(16).padStart(2, "0") + hex;
    const bare = `08${toHex(header)}`;
    const frame = "3010010203";
    for (const payloads of [
      [`28${sized(bare)}${frame}`],
      [`08${sized(bare)}${sized(frame)}`],
      [`08${sized("1200")}${sized(bare)}${sized(frame)}`], // A delimiter, which should not be there.
      [`38${sized("10")}${sized(bare)}${frame}`],
      [`18${bare}`, `10${frame}`],
      [`68${sized(bare)}3010`, "90010203"],
      [`48${sized(bare)}${sized("3010")}`, "d001", "900203"],
      [`18${toHex(KEY.subarray(2, 4 + headerSize))}`, "103204 10010203"], // OBUs with sizes.
    ]) {
      expect(read("av1", payloads).payloads, payloads.join()).toEqual([KEY_HEX]);
    }
  });

  test.each([
    ["a continuation of nothing", ["90 0203"]],
    ["no continuation", ["50 3010", "10 3010"]],
    ["no end", ["50 3010"]],
    ["fewer OBUs than it says", ["20 02 3010"]],
    ["a size beyond the end", ["00 05 3010"]],
    ["nothing behind its header", ["10"]],
  ])("is dropped with %s", (_, payloads) => {
    expect(read("av1", payloads).input.droppedCount).toBe(1);
  });
});
