/**
 * Which codec a FLV or RTMP media message carries: the wire's numbers, and Sluice's names for them.
 *
 * Spec: Adobe Flash Video File Format Specification 10.1, Annex E.4.2.1 (SoundFormat) and E.4.3.1
 * (CodecID); Enhanced RTMP v2 (Veovera), "Enhanced Audio" and "Enhanced Video" (FourCC).
 *
 * @module
 */

/** Names of video codecs, as in logs, the HTTP API and the live core. */
export type VideoCodec =
  | "h264"
  | "hevc"
  | "vvc"
  | "av1"
  | "vp9"
  | "vp8"
  | "h263"
  | "screen"
  | "vp6"
  | "vp6a"
  | "screen2";

/** Names of audio codecs, as in logs, the HTTP API and the live core. */
export type AudioCodec =
  | "aac"
  | "mp3"
  | "opus"
  | "flac"
  | "ac3"
  | "eac3"
  | "g711a"
  | "g711u"
  | "speex"
  | "nellymoser"
  | "adpcm"
  | "pcm";

/** SoundFormat: the high four bits of an audio message. */
export const SoundFormat = {
  PcmPlatformEndian: 0,
  Adpcm: 1,
  Mp3: 2,
  PcmLittleEndian: 3,
  Nellymoser16KMono: 4,
  Nellymoser8KMono: 5,
  Nellymoser: 6,
  G711ALaw: 7,
  G711MuLaw: 8,
  /** Enhanced RTMP: a FourCC follows. */
  ExHeader: 9,
  Aac: 10,
  Speex: 11,
  Reserved12: 12,
  /** Reserved in FLV; SRS and ZLMediaKit use it for Opus packets without a packet type byte. */
  Opus: 13,
  Mp3At8K: 14,
  DeviceSpecific: 15,
} as const;
export type SoundFormat = (typeof SoundFormat)[keyof typeof SoundFormat];

/** CodecID: the low four bits of a video message without the enhanced flag. */
export const VideoCodecId = {
  Reserved0: 0,
  Jpeg: 1,
  SorensonH263: 2,
  Screen: 3,
  Vp6: 4,
  Vp6Alpha: 5,
  ScreenV2: 6,
  Avc: 7,
  /** 8 and 9 are what FFmpeg's muxer once wrote for plain H.263 and MPEG-4 part 2. */
  RealH263: 8,
  Mpeg4: 9,
  Reserved10: 10,
  Reserved11: 11,
  /** Not in FLV: what encoders used for HEVC before Enhanced RTMP, and many still do. */
  Hevc: 12,
  /** Not in FLV: used for AV1 in the same manner. */
  Av1: 13,
  Reserved14: 14,
  Reserved15: 15,
} as const;
export type VideoCodecId = (typeof VideoCodecId)[keyof typeof VideoCodecId];

/** Video FourCCs of Enhanced RTMP, as the 32-bit number that they are on the wire. */
export const VideoFourCc = {
  Vp8: 0x7670_3038, // vp08
  Vp9: 0x7670_3039, // vp09
  Av1: 0x6176_3031, // av01
  Avc: 0x6176_6331, // avc1
  Hevc: 0x6876_6331, // hvc1
  Vvc: 0x7676_6331, // vvc1
} as const;
export type VideoFourCc = (typeof VideoFourCc)[keyof typeof VideoFourCc];

/** Audio FourCCs of Enhanced RTMP. */
export const AudioFourCc = {
  Ac3: 0x6163_2d33, // ac-3
  Eac3: 0x6563_2d33, // ec-3
  Opus: 0x4f70_7573, // Opus
  Mp3: 0x2e6d_7033, // .mp3
  Flac: 0x664c_6143, // fLaC
  Aac: 0x6d70_3461, // mp4a
} as const;
export type AudioFourCc = (typeof AudioFourCc)[keyof typeof AudioFourCc];

/** The codec of a SoundFormat; `undefined` for what is reserved or names no codec. */
export function audioCodecOfSoundFormat(format: number): AudioCodec | undefined {
  return AUDIO_CODECS[format];
}

/** The codec of a legacy CodecID; `undefined` for what is reserved or nobody plays. */
export function videoCodecOfCodecId(codecId: number): VideoCodec | undefined {
  return VIDEO_CODECS[codecId];
}

/** The codec of an audio FourCC; `undefined` if it is unknown. */
export function audioCodecOfFourCc(fourCc: number): AudioCodec | undefined {
  switch (fourCc) {
    case AudioFourCc.Ac3:
      return "ac3";
    case AudioFourCc.Eac3:
      return "eac3";
    case AudioFourCc.Opus:
      return "opus";
    case AudioFourCc.Mp3:
      return "mp3";
    case AudioFourCc.Flac:
      return "flac";
    case AudioFourCc.Aac:
      return "aac";
    default:
      return undefined;
  }
}

/** The codec of a video FourCC; `undefined` if it is unknown. */
export function videoCodecOfFourCc(fourCc: number): VideoCodec | undefined {
  switch (fourCc) {
    case VideoFourCc.Avc:
      return "h264";
    case VideoFourCc.Hevc:
      return "hevc";
    case VideoFourCc.Vvc:
      return "vvc";
    case VideoFourCc.Av1:
      return "av1";
    case VideoFourCc.Vp9:
      return "vp9";
    case VideoFourCc.Vp8:
      return "vp8";
    default:
      return undefined;
  }
}

/** The FourCC that Enhanced RTMP has for `codec`, if it has one. */
export function fourCcOfVideoCodec(codec: VideoCodec): VideoFourCc | undefined {
  return VIDEO_FOURCCS[codec];
}

/** The FourCC that Enhanced RTMP has for `codec`, if it has one. */
export function fourCcOfAudioCodec(codec: AudioCodec): AudioFourCc | undefined {
  return AUDIO_FOURCCS[codec];
}

/** The legacy CodecID of `codec`, the unofficial ones of HEVC and AV1 included, if it has one. */
export function codecIdOfVideoCodec(codec: VideoCodec): VideoCodecId | undefined {
  return VIDEO_CODEC_IDS[codec];
}

/** The SoundFormat of `codec`, if it has one. */
export function soundFormatOfAudioCodec(codec: AudioCodec): SoundFormat | undefined {
  return SOUND_FORMATS[codec];
}

const AUDIO_CODECS: readonly (AudioCodec | undefined)[] = [
  "pcm",
  "adpcm",
  "mp3",
  "pcm",
  "nellymoser",
  "nellymoser",
  "nellymoser",
  "g711a",
  "g711u",
  undefined,
  "aac",
  "speex",
  undefined,
  "opus",
  "mp3",
  undefined,
];

const VIDEO_CODECS: readonly (VideoCodec | undefined)[] = [
  undefined,
  undefined,
  "h263",
  "screen",
  "vp6",
  "vp6a",
  "screen2",
  "h264",
  undefined,
  undefined,
  undefined,
  undefined,
  "hevc",
  "av1",
  undefined,
  undefined,
];

const VIDEO_FOURCCS: { readonly [codec in VideoCodec]?: VideoFourCc } = {
  h264: VideoFourCc.Avc,
  hevc: VideoFourCc.Hevc,
  vvc: VideoFourCc.Vvc,
  av1: VideoFourCc.Av1,
  vp9: VideoFourCc.Vp9,
  vp8: VideoFourCc.Vp8,
};

const AUDIO_FOURCCS: { readonly [codec in AudioCodec]?: AudioFourCc } = {
  aac: AudioFourCc.Aac,
  mp3: AudioFourCc.Mp3,
  opus: AudioFourCc.Opus,
  flac: AudioFourCc.Flac,
  ac3: AudioFourCc.Ac3,
  eac3: AudioFourCc.Eac3,
};

const VIDEO_CODEC_IDS: { readonly [codec in VideoCodec]?: VideoCodecId } = {
  h263: VideoCodecId.SorensonH263,
  screen: VideoCodecId.Screen,
  vp6: VideoCodecId.Vp6,
  vp6a: VideoCodecId.Vp6Alpha,
  screen2: VideoCodecId.ScreenV2,
  h264: VideoCodecId.Avc,
  hevc: VideoCodecId.Hevc,
  av1: VideoCodecId.Av1,
};

const SOUND_FORMATS: { readonly [codec in AudioCodec]?: SoundFormat } = {
  pcm: SoundFormat.PcmLittleEndian,
  adpcm: SoundFormat.Adpcm,
  mp3: SoundFormat.Mp3,
  nellymoser: SoundFormat.Nellymoser,
  g711a: SoundFormat.G711ALaw,
  g711u: SoundFormat.G711MuLaw,
  aac: SoundFormat.Aac,
  speex: SoundFormat.Speex,
  opus: SoundFormat.Opus,
};
