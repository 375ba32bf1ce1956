/**
 * Goal: the format that is taken is the one that both sides do best with.
 *
 * Method: lists of formats in a row, and which one is taken; profiles of table 5 of RFC 6184.
 */

import { describe, expect, test } from "vitest";
import type { PayloadFormat } from "../../../../src/codec/sdp/payload-format.ts";
import {
  AUDIO_CODECS,
  chooseFormat,
  VIDEO_CODECS,
  type WantedCodec,
} from "../../../../src/protocols/rtc/negotiation/choose-format.ts";
import {
  formatProfileLevelId,
  isH264ProfileWithin,
  isSameH264Profile,
  parseProfileLevelId,
} from "../../../../src/protocols/rtc/negotiation/h264-profile.ts";
import type { RtpKind } from "../../../../src/protocols/rtc/negotiation/rtp-codec.ts";

const format = (payloadType: number, rtpmap: string, fmtp = ""): PayloadFormat => {
  const [encoding = "", clockRate = "0", channels = "1"] = rtpmap.split("/");
  const [rate, count] = [Number(clockRate), Number(channels)];
  return { payloadType, encoding, clockRate: rate, channels: count, fmtp, feedback: [] };
};
const h264 = (payloadType: number, mode: number | undefined, id: string | undefined) =>
  format(
    payloadType,
    "H264/90000",
    [
      ...(mode === undefined ? [] : [`packetization-mode=${mode}`]),
      ...(id === undefined ? [] : [`profile-level-id=${id}`]),
    ].join(";"),
  );
const choose = (
  formats: readonly PayloadFormat[],
  wanted: readonly WantedCodec[] = VIDEO_CODECS,
  kind: RtpKind = "video",
) => chooseFormat(formats, kind, wanted)?.format.payloadType;

describe("chooseFormat() of H.264 that is to come", () => {
  test.each([
    ["42e01f in mode 1", [h264(100, 1, "42001f"), h264(101, 0, "42e01f"), h264(102, 1, "42e01f")]],
    ["42E01F, too", [h264(100, 1, "640c1f"), h264(102, 1, "42E01F")]],
    ["constrained baseline in mode 1", [h264(100, 1, "42001f"), h264(102, 1, "42c034")]],
    ["mode 1", [h264(100, 0, "42e01f"), h264(102, 1, "640c1f"), h264(103, 1, "4d001f")]],
    ["the first", [h264(102, undefined, "640c1f"), h264(100, 0, "42e01f")]],
    ["what says nothing", [h264(102, undefined, undefined)]],
  ])("takes %s", (_, formats) => {
    expect(choose(formats)).toBe(102);
  });
});

describe("chooseFormat() of H.264 that is there", () => {
  const CHROME = [
    ...[h264(102, 1, "42001f"), h264(104, 0, "42001f"), h264(108, 1, "42e01f")],
    ...[h264(114, 0, "42e01f"), h264(116, 1, "4d001f"), h264(41, 1, "f4001f")],
  ];

  test.each([
    [0x42_c01f, 108],
    [0x42_0028, 102],
    [0x4d_0028, 116],
    [0x4d_4028, 116],
    // Main that is baseline too, as encoders say of it.
    [0x4d_c01f, 108],
    [0xf4_001f, 41],
    // High, which Chrome decodes without offering it.
    [0x64_0028, 108],
  ])("takes for %i what is alike", (profileLevelId, expected) => {
    expect(choose(CHROME, [{ codec: "h264", profileLevelId }])).toBe(expected);
  });

  test("takes the next that is wanted, where only one profile will do", () => {
    const wanted = [
      { codec: "h264", profileLevelId: 0x64_001f, isOnlyThat: true },
      { codec: "h264", profileLevelId: 0x4d_001f, isOnlyThat: true },
      { codec: "h264", profileLevelId: 0x42_e01f },
    ] as const;
    const [high, main, small] = [
      h264(96, 1, "640c1f"),
      h264(98, 1, "4d001f"),
      h264(99, 1, "42e01f"),
    ];
    expect(choose([small, main, high], wanted)).toBe(96);
    expect(choose([small, main], wanted)).toBe(98);
    expect(choose([small], wanted)).toBe(99);
  });

  test("takes the same profile_idc rather than another", () => {
    const formats = [h264(96, 1, "42e01f"), h264(98, 1, "640c1f"), h264(100, 0, "640028")];
    expect(choose(formats, [{ codec: "h264", profileLevelId: 0x64_0028 }])).toBe(98);
  });
});

describe("chooseFormat()", () => {
  test("takes codecs in the order of what is wanted", () => {
    const formats = [
      ...[format(96, "VP8/90000"), format(97, "AV1/90000"), format(98, "VP9/90000")],
      ...[format(99, "H265/90000"), h264(100, 1, "42e01f")],
    ];
    const order: number[] = [];
    for (let left = formats; left.length > 0; ) {
      const chosen = choose(left);
      if (chosen !== undefined) order.push(chosen);
      left = left.filter(({ payloadType }) => payloadType !== chosen);
    }
    expect(order).toEqual([100, 99, 98, 97, 96]);
  });

  test("takes names without regard to case, and AV1 by its older name", () => {
    expect(choose([format(96, "h264/90000")])).toBe(96);
    expect(choose([format(96, "AV1X/90000")])).toBe(96);
    expect(choose([format(96, "OPUS/48000/2")], AUDIO_CODECS, "audio")).toBe(96);
    expect(choose([format(96, "OPUS/48000")], AUDIO_CODECS, "audio")).toBe(96);
  });

  test.each([
    ["another clock", "video", format(96, "H264/48000")],
    ["another kind", "audio", format(96, "H264/90000")],
    ["more channels", "audio", format(96, "opus/48000/6")],
    ["stereo", "audio", format(0, "PCMU/8000/2")],
    ["correction", "video", format(96, "ulpfec/90000")],
    ["redundancy", "audio", format(96, "red/48000/2")],
    ["a payload type that is RTCP's", "video", format(72, "VP8/90000")],
    ["several streams", "video", format(96, "H265/90000", "tx-mode=MRST")],
  ] as const)("does not take %s", (_, kind, one) => {
    expect(choose([one], kind === "audio" ? AUDIO_CODECS : VIDEO_CODECS, kind)).toBeUndefined();
  });

  test.each([
    ["VP9", ["profile-id=2", "profile-id=0", ""], undefined, 1],
    ["VP9", ["profile-id=2", "profile-id=0", ""], 2, 0],
    ["VP9", ["profile-id=2", ""], undefined, 1],
    ["VP9", ["profile-id=2", ""], 1, 1],
    ["AV1", ["profile=1", "profile=0"], undefined, 1],
    ["AV1", ["profile=1", "profile=0"], 1, 0],
    ["H265", ["profile-id=2", "level-id=93"], undefined, 1],
    ["H265", ["profile-id=2", "level-id=93"], 2, 0],
    ["H265", ["profile-id=2"], 1, 0],
  ] as const)("takes of %s %j for profile %s number %i", (encoding, fmtps, profile, index) => {
    const formats = fmtps.map((fmtp, at) => format(96 + at, `${encoding}/90000`, fmtp));
    const codec = ({ H265: "hevc", AV1: "av1", VP9: "vp9" } as const)[encoding];
    expect(choose(formats, [profile === undefined ? { codec } : { codec, profile }])).toBe(
      96 + index,
    );
  });

  test("finds the retransmissions of what it takes, and of nothing else", () => {
    const formats = [
      ...[format(96, "VP8/90000"), format(97, "rtx/90000", "apt=96")],
      ...[h264(98, 1, "42e01f"), format(99, "rtx/90000", "apt=98;rtx-time=3000")],
      format(100, "rtx/48000", "apt=98"),
    ];
    expect(chooseFormat(formats, "video", VIDEO_CODECS)?.rtx?.payloadType).toBe(99);
    expect(chooseFormat(formats.slice(0, 3), "video", VIDEO_CODECS)?.rtx).toBeUndefined();
  });
});

describe("profile-level-id", () => {
  test.each([
    ["42e01f", "42c00a", true],
    ["42e01f", "4d801f", true],
    ["42e01f", "58c01f", true],
    ["42e01f", "42001f", false],
    ["42001f", "588028", true],
    ["42001f", "42a01f", true],
    ["4d001f", "4d4028", true],
    ["4d001f", "4d801f", false],
    ["58001f", "580028", true],
    ["64001f", "640028", true],
    ["64001f", "640c1f", false],
    ["64001f", "6e001f", false],
  ])("%s and %s are the same profile: %s", (a, b, expected) => {
    const [first = 0, second = 0] = [parseProfileLevelId(a), parseProfileLevelId(b)];
    expect(isSameH264Profile(first, second)).toBe(expected);
    expect(isSameH264Profile(second, first)).toBe(expected);
    expect(formatProfileLevelId(first)).toBe(a);
  });

  test.each([
    ["42e01f", "64001f", true],
    ["4d001f", "64001f", true],
    ["640c1f", "64001f", true],
    ["64001f", "640c1f", true],
    ["42e01f", "4d001f", true],
    ["42e01f", "42001f", true],
    ["42001f", "58001f", true],
    ["42001f", "4d001f", false],
    ["42001f", "64001f", false],
    ["4d001f", "42e01f", false],
    ["64001f", "4d001f", false],
    ["6e001f", "64001f", false],
    ["f4001f", "f4001f", true],
  ])("%s is for who decodes %s: %s", (a, b, expected) => {
    const [first = 0, second = 0] = [parseProfileLevelId(a), parseProfileLevelId(b)];
    expect(isH264ProfileWithin(first, second)).toBe(expected);
  });

  test.each([undefined, "", "42e01", "42e01f0", "42e01g", "-2e01f"])("is not %s", (text) => {
    expect(parseProfileLevelId(text)).toBeUndefined();
  });
});
