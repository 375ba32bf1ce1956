/**
 * What an elementary stream of a program is.
 *
 * Spec: ISO/IEC 13818-1, 2.4.4.10, Table 2-34 (stream_type); ATSC A/52, Annex A.3 (AC-3 and E-AC-3).
 *
 * @module
 */

/**
 * stream_type. 0x37 to 0x7e are reserved; 0x80 to 0xff are for private use, of which two have the
 * meaning that ATSC gave them wherever one looks.
 */
export const StreamType = {
  Reserved: 0x00,
  Mpeg1Video: 0x01,
  Mpeg2Video: 0x02,
  Mpeg1Audio: 0x03,
  /** ISO/IEC 13818-3, which includes the layers of ISO/IEC 11172-3 and adds low sample rates. */
  Mpeg2Audio: 0x04,
  PrivateSections: 0x05,
  /** Private data in PES packets; a registration descriptor says what: Opus, for one. */
  PrivateData: 0x06,
  Mheg: 0x07,
  DsmCc: 0x08,
  H2221: 0x09,
  DsmCcTypeA: 0x0a,
  DsmCcTypeB: 0x0b,
  DsmCcTypeC: 0x0c,
  DsmCcTypeD: 0x0d,
  Auxiliary: 0x0e,
  /** AAC with ADTS headers. */
  AacAdts: 0x0f,
  Mpeg4Visual: 0x10,
  /** AAC in the LATM multiplex. */
  AacLatm: 0x11,
  Mpeg4SlPes: 0x12,
  Mpeg4SlSections: 0x13,
  SynchronizedDownload: 0x14,
  MetadataPes: 0x15,
  MetadataSections: 0x16,
  MetadataDataCarousel: 0x17,
  MetadataObjectCarousel: 0x18,
  MetadataSynchronizedDownload: 0x19,
  Mpeg2Ipmp: 0x1a,
  /** H.264 as a byte stream (Annex B). */
  H264: 0x1b,
  Mpeg4RawAudio: 0x1c,
  Mpeg4Text: 0x1d,
  AuxiliaryVideo: 0x1e,
  Svc: 0x1f,
  Mvc: 0x20,
  Jpeg2000: 0x21,
  Mpeg2StereoscopicView: 0x22,
  H264StereoscopicView: 0x23,
  /** H.265 as a byte stream (Annex B). */
  Hevc: 0x24,
  HevcTemporalSubset: 0x25,
  Mvcd: 0x26,
  Temi: 0x27,
  HevcEnhancementG: 0x28,
  HevcTemporalEnhancementG: 0x29,
  HevcEnhancementH: 0x2a,
  HevcTemporalEnhancementH: 0x2b,
  GreenSections: 0x2c,
  MpegH3dAudioMain: 0x2d,
  MpegH3dAudioAuxiliary: 0x2e,
  QualitySections: 0x2f,
  MediaOrchestrationSections: 0x30,
  HevcTiles: 0x31,
  JpegXs: 0x32,
  Vvc: 0x33,
  VvcTemporalSubset: 0x34,
  Evc: 0x35,
  Lcevc: 0x36,
  Ipmp: 0x7f,
  Ac3: 0x81,
  Eac3: 0x87,
} as const;
export type StreamType = (typeof StreamType)[keyof typeof StreamType];
