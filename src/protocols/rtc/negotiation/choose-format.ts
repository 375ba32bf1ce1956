/**
 * Which of the offered formats is taken. One for each m-section: who chooses the codec is this side,
 * and then everybody knows it.
 *
 * The rules for H.264 are SRS's: packetization mode 1 with 42e01f, which all browsers have, else mode
 * 1, else the first. A stream that is there already has a profile, and the same one goes first.
 *
 * Spec: RFC 3264, section 6.1; RFC 6184, section 8.2.2; RFC 4588, section 8 (rtx).
 *
 * @module
 */

import { type PayloadFormat, parseFormatParameters } from "../../../codec/sdp/payload-format.ts";
import { toSdpNumber } from "../../../codec/sdp/syntax.ts";
import {
  isSameH264Profile,
  PROFILE_LEVEL_ID_DEFAULT,
  parseProfileLevelId,
  profileIdcOf,
} from "./h264-profile.ts";
import { codecOf, type RtpCodec, type RtpKind } from "./rtp-codec.ts";

/** A codec that this side would have, and what is known of the stream. */
export interface WantedCodec {
  readonly codec: RtpCodec;
  /** H.264 of a stream: profile_idc, constraint flags and level_idc, a byte each. */
  readonly profileLevelId?: number;
  /** H.264 of another profile will not do: then comes the next that is wanted. */
  readonly isOnlyThat?: true;
  /** Of a stream: general_profile_idc of HEVC, seq_profile of AV1, the profile of VP9. */
  readonly profile?: number;
}

export interface ChosenFormat {
  readonly codec: RtpCodec;
  readonly format: PayloadFormat;
  /** Of its retransmissions. */
  readonly rtx: PayloadFormat | undefined;
}

/**
 * What a publisher may send, the one that most can play first. AV1 stands behind VP9, for a browser
 * that has the choice has to encode it without help of its hardware.
 */
export const VIDEO_CODECS: readonly WantedCodec[] = [
  { codec: "h264" },
  { codec: "hevc" },
  { codec: "vp9" },
  { codec: "av1" },
  { codec: "vp8" },
];
export const AUDIO_CODECS: readonly WantedCodec[] = [
  { codec: "opus" },
  { codec: "g711u" },
  { codec: "g711a" },
];

const SRS_PROFILE_LEVEL_ID = 0x42_e01f;
/** The parameter that says the profile, and its value if that is not said. */
const PROFILE_PARAMETERS: Partial<Record<RtpCodec, readonly [name: string, usual: number]>> = {
  hevc: ["profile-id", 1],
  av1: ["profile", 0],
  vp9: ["profile-id", 0],
};

/** The best of `formats`; `undefined` if none of them is wanted. */
export function chooseFormat(
  formats: readonly PayloadFormat[],
  kind: RtpKind,
  wanted: readonly WantedCodec[],
): ChosenFormat | undefined {
  const usable = formats.filter(isUsable);
  for (const wish of wanted) {
    const same = usable.filter((format) => codecOf(format, kind) === wish.codec);
    const format = wish.codec === "h264" ? chooseH264(same, wish) : chooseByProfile(same, wish);
    if (format !== undefined) {
      return { codec: wish.codec, format, rtx: findRtx(usable, format) };
    }
  }
  return undefined;
}

/** The format of the retransmissions of `format`. */
export function findRtx(
  formats: readonly PayloadFormat[],
  format: PayloadFormat,
): PayloadFormat | undefined {
  return formats.find(
    (rtx) =>
      rtx.encoding.toLowerCase() === "rtx" &&
      rtx.clockRate === format.clockRate &&
      parseFormatParameters(rtx.fmtp).get("apt") === `${format.payloadType}`,
  );
}

/** With the marker bit, 64 to 95 look like RTCP, which comes to the same port (RFC 5761, section 4). */
function isUsable({ payloadType }: PayloadFormat): boolean {
  return payloadType < 64 || payloadType > 95;
}

function chooseH264(
  formats: readonly PayloadFormat[],
  { profileLevelId, isOnlyThat }: WantedCodec,
): PayloadFormat | undefined {
  const offered = formats.map((format) => {
    const parameters = parseFormatParameters(format.fmtp);
    const id = parseProfileLevelId(parameters.get("profile-level-id"));
    const isFragmented = parameters.get("packetization-mode") === "1";
    return { format, isFragmented, profileLevelId: id ?? PROFILE_LEVEL_ID_DEFAULT };
  });
  const inModeOne = offered.filter(({ isFragmented }) => isFragmented);
  const found = (isMatch: (offeredId: number) => boolean) =>
    inModeOne.find((candidate) => isMatch(candidate.profileLevelId));
  const ofStream =
    profileLevelId === undefined
      ? undefined
      : (found((id) => isSameH264Profile(id, profileLevelId)) ??
        found((id) => profileIdcOf(id) === profileIdcOf(profileLevelId)));
  if (isOnlyThat === true) return ofStream?.format;
  const best =
    ofStream ??
    found((id) => id === SRS_PROFILE_LEVEL_ID) ??
    found((id) => isSameH264Profile(id, SRS_PROFILE_LEVEL_ID)) ??
    inModeOne[0] ??
    offered[0];
  return best?.format;
}

function chooseByProfile(
  formats: readonly PayloadFormat[],
  wish: WantedCodec,
): PayloadFormat | undefined {
  const offered = formats.filter((format) => isSingleStream(wish.codec, format));
  const parameter = PROFILE_PARAMETERS[wish.codec];
  if (parameter === undefined) return offered[0];
  const [name, usual] = parameter;
  const profileOf = (format: PayloadFormat) =>
    toSdpNumber(parseFormatParameters(format.fmtp).get(name), 255) ?? usual;
  const found = (profile: number) => offered.find((format) => profileOf(format) === profile);
  return found(wish.profile ?? usual) ?? found(usual) ?? offered[0];
}

/** RFC 7798, section 7.1: HEVC over several RTP streams is something that nobody sends. */
function isSingleStream(codec: RtpCodec, format: PayloadFormat): boolean {
  if (codec !== "hevc") return true;
  return (parseFormatParameters(format.fmtp).get("tx-mode") ?? "SRST").toUpperCase() === "SRST";
}
