/**
 * Configurations of video as encoders make them, and what ffprobe says of the streams.
 *
 * Each was made by FFmpeg 5.1 with libx264 164, x265 3.5, libaom 3.6, SVT-AV1 1.4, librav1e 0.5 and libvpx
 * 1.12:
 *
 * ```text
 * ffmpeg -f lavfi MADE -frames:v 3 file.mp4
 * ffprobe -show_streams file.mp4
 * ```
 *
 * The records are the bodies of avcC, hvcC (without the SEI in which x265 describes itself), av1C and
 * vpcC (with version and flags). A key frame is its beginning only: for AV1 a temporal delimiter and the
 * sequence header OBU, for VP9 the uncompressed header.
 *
 * @module
 */

export interface VideoSample {
  readonly name: string;
  readonly codec: "h264" | "hevc" | "av1" | "vp9";
  /** The source and the arguments of the encoder. */
  readonly made: string;
  /** Hexadecimal. */
  readonly record: string;
  readonly keyFrame?: string;
  readonly probed: {
    readonly profile: string;
    /** As in the bitstream: ten or thirty times the level, or an index; -99 is unknown. */
    readonly level: number;
    readonly width: number;
    readonly height: number;
    readonly sampleAspectRatio: string;
    readonly frameRate: string;
    readonly pixelFormat: string;
  };
}

/** The sample of that name. */
export function videoSample(name: string): VideoSample {
  const sample = VIDEO_SAMPLES.find((one) => one.name === name);
  if (sample === undefined) throw new Error(`Cannot find sample "${name}"`);
  return sample;
}

export const VIDEO_SAMPLES: readonly VideoSample[] = [
  {
    name: "h264-1080p",
    codec: "h264",
    made: `-i testsrc2=size=1920x1080:rate=30000/1001 -c:v libx264 -pix_fmt yuv420p`,
    record: [
      "01640028ffe1001967640028acd940780227e5c04400000fa40003a9803c60c65801000668ebe3cb22c0fdf8",
      "f800",
    ].join(""),
    probed: {
      profile: "High",
      level: 40,
      width: 1920,
      height: 1080,
      sampleAspectRatio: "1:1",
      frameRate: "30000/1001",
      pixelFormat: "yuv420p",
    },
  },
  {
    name: "h264-422-10",
    codec: "h264",
    made: `-i testsrc2=size=854x478:rate=25 -c:v libx264 -pix_fmt yuv422p10le -vf setsar=16/11`,
    record: [
      "017a001effe1001b677a001eb6cd940d83de6bc104000003000400000300c83c58b65801000668ebe3cb22c0",
      "fefafa00",
    ].join(""),
    probed: {
      profile: "High 4:2:2",
      level: 30,
      width: 854,
      height: 478,
      sampleAspectRatio: "16:11",
      frameRate: "25/1",
      pixelFormat: "yuv422p10le",
    },
  },
  {
    name: "h264-interlaced",
    codec: "h264",
    made: `-i testsrc2=size=1920x1080:rate=25 -c:v libx264 -pix_fmt yuv420p -flags +ildct+ilme -x264-params tff=1`,
    record: [
      "01640028ffe1001a67640028acd94078044fde0220000003002000000643e2c5b2c001000668fba3cb22c0fd",
      "f8f800",
    ].join(""),
    probed: {
      profile: "High",
      level: 40,
      width: 1920,
      height: 1080,
      sampleAspectRatio: "1:1",
      frameRate: "25/1",
      pixelFormat: "yuv420p",
    },
  },
  {
    name: "h264-baseline",
    codec: "h264",
    made: `-i testsrc2=size=322x182:rate=15 -c:v libx264 -pix_fmt yuv420p -profile:v baseline`,
    record: "0142c00cffe100186742c00cd901519e226c0440000003004000000783c50a9201000568cb83cb20",
    probed: {
      profile: "Constrained Baseline",
      level: 12,
      width: 322,
      height: 182,
      sampleAspectRatio: "1:1",
      frameRate: "15/1",
      pixelFormat: "yuv420p",
    },
  },
  {
    name: "h264-444",
    codec: "h264",
    made: `-i testsrc2=size=321x181:rate=24 -c:v libx264 -pix_fmt yuv444p -qp 0`,
    record: [
      "01f4000cffe1001a67f4000c91d6405067e37011000003000100000300300f142a4801000568ebc06bcbfff8",
      "f800",
    ].join(""),
    probed: {
      profile: "High 4:4:4 Predictive",
      level: 12,
      width: 320,
      height: 180,
      sampleAspectRatio: "1:1",
      frameRate: "24/1",
      pixelFormat: "yuv444p",
    },
  },
  {
    name: "h264-cqm",
    codec: "h264",
    made: `-i testsrc2=size=320x180:rate=25 -c:v libx264 -pix_fmt yuv420p -x264-params cqm=jvt -vf setsar=123/97`,
    record: [
      "0164000cffe1001e6764000cacd941419f9fff004700381000000300100000030320f142996001000768ebe3",
      "cb3002c0fdf8f800",
    ].join(""),
    probed: {
      profile: "High",
      level: 12,
      width: 320,
      height: 180,
      sampleAspectRatio: "71:56",
      frameRate: "25/1",
      pixelFormat: "yuv420p",
    },
  },
  {
    name: "h264-gray",
    codec: "h264",
    made: `-i testsrc2=size=322x182:rate=25 -c:v libx264 -pix_fmt gray`,
    record: [
      "0164000dffe1001b6764000df365054678f8bc05b2000003000200000300641e28532c01000668ebe3cb22c0",
      "fcf8f800",
    ].join(""),
    probed: {
      profile: "High",
      level: 13,
      width: 322,
      height: 182,
      sampleAspectRatio: "1:1",
      frameRate: "25/1",
      pixelFormat: "yuvj420p",
    },
  },
  {
    name: "hevc-1080p",
    codec: "hevc",
    made: `-i testsrc2=size=1920x1080:rate=30000/1001 -c:v libx265 -pix_fmt yuv420p -tag:v hvc1 -x265-params log-level=none`,
    record: [
      "01016000000090000000000078f000fcfdf8f800000f03a00001001840010c01ffff01600000030090000003",
      "0000030078959809a100010029420101016000000300900000030000030078a003c08010e596566924caf016",
      "80800001f480003a9804a2000100074401c172b46240",
    ].join(""),
    probed: {
      profile: "Main",
      level: 120,
      width: 1920,
      height: 1080,
      sampleAspectRatio: "1:1",
      frameRate: "30000/1001",
      pixelFormat: "yuv420p",
    },
  },
  {
    name: "hevc-422-10",
    codec: "hevc",
    made: `-i testsrc2=size=854x478:rate=50 -c:v libx265 -pix_fmt yuv422p10le -tag:v hvc1 -x265-params log-level=none -vf setsar=16/11`,
    record: [
      "0104080000009d08000000005df000fcfefafa00000f03a00001001740010c01ffff0408000003009d080000",
      "0300005d959809a10001002b4201010408000003009d0800000300005db006b201e1d5b65959a4932bc11a02",
      "0000030002000003006410a2000100074401c172b46240",
    ].join(""),
    probed: {
      profile: "Rext",
      level: 93,
      width: 854,
      height: 478,
      sampleAspectRatio: "16:11",
      frameRate: "50/1",
      pixelFormat: "yuv422p10le",
    },
  },
  {
    name: "hevc-two-layers",
    codec: "hevc",
    made: `-i testsrc2=size=640x360:rate=60 -c:v libx265 -pix_fmt yuv420p -tag:v hvc1 -x265-params log-level=none:temporal-layers=1:scaling-list=default:hrd=1:vbv-maxrate=1000:vbv-bufsize=1000`,
    record: [
      "0101600000009000000000005af002fffdf8f800001303a00001001c40010c02ffff01600000030090000003",
      "000003005a00009598acc048a10001003f42010201600000030090000003000003005a0000a0050201696595",
      "98acd249caf0168080000003008000001e300a4c3f0007a12000f425c001e848003d0910a2000100074401c1",
      "72b46240",
    ].join(""),
    probed: {
      profile: "Main",
      level: 90,
      width: 640,
      height: 360,
      sampleAspectRatio: "1:1",
      frameRate: "60/1",
      pixelFormat: "yuv420p",
    },
  },
  {
    name: "hevc-fields",
    codec: "hevc",
    made: `-i testsrc2=size=720x576:rate=50 -c:v libx265 -pix_fmt yuv420p -tag:v hvc1 -x265-params log-level=none:interlace=tff -vf setsar=64/45`,
    record: [
      "0101600000004000000000005df000fcfdf8f800000f03a00001001840010c01ffff01600000030040000003",
      "000003005d959809a10001002f42010101600000030040000003000003005da005a20090596566924cafff00",
      "40002d68680000030008000003019040a2000100074401c172b46240",
    ].join(""),
    probed: {
      profile: "Main",
      level: 93,
      width: 720,
      height: 576,
      sampleAspectRatio: "64:45",
      frameRate: "50/1",
      pixelFormat: "yuv420p",
    },
  },
  {
    name: "hevc-444-12",
    codec: "hevc",
    made: `-i testsrc2=size=321x181:rate=24 -c:v libx265 -pix_fmt yuv444p12le -tag:v hvc1 -x265-params log-level=none`,
    record: [
      "0104080000009808000000003cf000fcfffcfc00000f03a00001001740010c01ffff04080000030098080000",
      "0300003c959809a10001002a420101040800000300980800000300003c9001410173e5294b2b349265780b40",
      "40000003004000000602a2000100084401c172860c4624",
    ].join(""),
    probed: {
      profile: "Rext",
      level: 60,
      width: 320,
      height: 180,
      sampleAspectRatio: "1:1",
      frameRate: "24/1",
      pixelFormat: "yuv444p12le",
    },
  },
  {
    name: "hevc-high",
    codec: "hevc",
    made: `-i testsrc2=size=3840x2160:rate=30 -c:v libx265 -pix_fmt yuv420p10le -tag:v hvc1 -preset ultrafast -x265-params log-level=none:high-tier=1:level-idc=5.1:vbv-maxrate=100000:vbv-bufsize=100000`,
    record: [
      "01222000000090000000000099f000fcfdfafa00000f03a00001001840010c01ffff22200000030090000003",
      "0000030099959409a10001002b420101222000000300900000030000030099a001e020021c4d965654a4c2f0",
      "168080000003008000000f04a2000100064401c073c189",
    ].join(""),
    probed: {
      profile: "Main 10",
      level: 153,
      width: 3840,
      height: 2160,
      sampleAspectRatio: "1:1",
      frameRate: "30/1",
      pixelFormat: "yuv420p10le",
    },
  },
  {
    name: "av1-aom",
    codec: "av1",
    made: `-i testsrc2=size=640x360:rate=25 -c:v libaom-av1 -cpu-used 8 -pix_fmt yuv420p`,
    record: "81010c000a0b0000000cc4ff6736be4010",
    keyFrame: "12000a0b0000000cc4ff6736be4010",
    probed: {
      profile: "Main",
      level: 1,
      width: 640,
      height: 360,
      sampleAspectRatio: "1:1",
      frameRate: "25/1",
      pixelFormat: "yuv420p",
    },
  },
  {
    name: "av1-svt",
    codec: "av1",
    made: `-i testsrc2=size=1920x1080:rate=30 -c:v libsvtav1 -preset 12 -pix_fmt yuv420p10le -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc`,
    record: "81084c000a0e00000042abbfc3700be142440241",
    keyFrame: "12000a0e00000042abbfc373efe542440241",
    probed: {
      profile: "Main",
      level: 8,
      width: 1920,
      height: 1080,
      sampleAspectRatio: "1:1",
      frameRate: "30/1",
      pixelFormat: "yuv420p10le",
    },
  },
  {
    name: "av1-444",
    codec: "av1",
    made: `-i testsrc2=size=321x181:rate=24 -c:v libaom-av1 -cpu-used 8 -pix_fmt yuv444p`,
    record: "812000000a0a200000043cfeccdaf902",
    keyFrame: "12000a0a200000043cfeccdaf902",
    probed: {
      profile: "High",
      level: 0,
      width: 320,
      height: 180,
      sampleAspectRatio: "1:1",
      frameRate: "24/1",
      pixelFormat: "yuv444p",
    },
  },
  {
    name: "av1-mono",
    codec: "av1",
    made: `-i testsrc2=size=322x182:rate=24 -c:v libaom-av1 -cpu-used 8 -pix_fmt gray`,
    record: "81001c000a0a000000043d06d4daf92a",
    keyFrame: "12000a0a000000043d06d4daf92a",
    probed: {
      profile: "Main",
      level: 0,
      width: 322,
      height: 182,
      sampleAspectRatio: "1:1",
      frameRate: "24/1",
      pixelFormat: "gray",
    },
  },
  {
    name: "av1-422-12",
    codec: "av1",
    made: `-i testsrc2=size=322x182:rate=24 -c:v libaom-av1 -cpu-used 8 -pix_fmt yuv422p12le`,
    record: "814068000a0b400000043d06d4daf96220",
    keyFrame: "12000a0b400000043d06d4daf96220",
    probed: {
      profile: "Professional",
      level: 0,
      width: 322,
      height: 182,
      sampleAspectRatio: "1:1",
      frameRate: "24/1",
      pixelFormat: "yuv422p12le",
    },
  },
  {
    name: "av1-rav1e",
    codec: "av1",
    made: `-i testsrc2=size=320x180:rate=25 -c:v librav1e -speed 10 -pix_fmt yuv420p`,
    record: "811f0c000a0e000000fa1e7f66210a88101010a0",
    keyFrame: "12000a0e000000fa1e7f66210a88101010a0",
    probed: {
      profile: "Main",
      level: 31,
      width: 320,
      height: 180,
      sampleAspectRatio: "1:1",
      frameRate: "25/1",
      pixelFormat: "yuv420p",
    },
  },
  {
    name: "vp9",
    codec: "vp9",
    made: `-i testsrc2=size=642x362:rate=25 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuv420p`,
    record: "010000000015820202020000",
    keyFrame: "8249834200281016960638241c184a1008a05fc9f7f3ff7b",
    probed: {
      profile: "Profile 0",
      level: -99,
      width: 642,
      height: 362,
      sampleAspectRatio: "1:1",
      frameRate: "25/1",
      pixelFormat: "yuv420p",
    },
  },
  {
    name: "vp9-10",
    codec: "vp9",
    made: `-i testsrc2=size=320x180:rate=25 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuv420p10le -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc`,
    record: "01000000020ba20910090000",
    keyFrame: "924983425009f8059b031c120e0c2c0005d05fc9f7dbfcdf",
    probed: {
      profile: "Profile 2",
      level: -99,
      width: 320,
      height: 180,
      sampleAspectRatio: "1:1",
      frameRate: "25/1",
      pixelFormat: "yuv420p10le",
    },
  },
  {
    name: "vp9-444",
    codec: "vp9",
    made: `-i testsrc2=size=321x181:rate=25 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuv444p`,
    record: "01000000010b860202020000",
    keyFrame: "a249834200027e0166c0c7048383094001e85fcdf7fbfcdf",
    probed: {
      profile: "Profile 1",
      level: -99,
      width: 320,
      height: 180,
      sampleAspectRatio: "1:1",
      frameRate: "25/1",
      pixelFormat: "yuv444p",
    },
  },
  {
    name: "vp9-rgb",
    codec: "vp9",
    made: `-i testsrc2=size=320x180:rate=25 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt gbrp`,
    record: "01000000010b870202000000",
    keyFrame: "a2498342e013f00b360638241c184a0010105f11f7e1f89f",
    probed: {
      profile: "Profile 1",
      level: -99,
      width: 320,
      height: 180,
      sampleAspectRatio: "1:1",
      frameRate: "25/1",
      pixelFormat: "gbrp",
    },
  },
];
