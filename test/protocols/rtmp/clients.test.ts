/**
 * Goal: the encoders and players that people have are understood, with the habits of each: which chunk
 * streams and chunk headers they use, what they send unasked, and in which order.
 *
 * Method: scripts in bytes, written after what these programs are documented or known to send, and SRS's
 * after a capture of it. Each is played to a session step by step, as the program waits for answers; all
 * at once; and byte by byte. The session must do the same each time. FFmpeg's dialogues are recordings,
 * in the tests of publish and play.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { encodeAmf0 } from "../../../src/codec/amf0/encode.ts";
import {
  type AmfValue,
  amfString,
  toAmfObject,
  toEcmaArray,
} from "../../../src/codec/amf0/value.ts";
import { writeChunks } from "../../../src/codec/rtmp/chunk-encoder.ts";
import { decodeCommand } from "../../../src/codec/rtmp/command.ts";
import {
  encodeSetBufferLength,
  encodeUint32,
  type RtmpMessage,
} from "../../../src/codec/rtmp/message.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { setStage, settle } from "./raw-peer.ts";

const TC_URL = "rtmp://127.0.0.1/live";
const AAC_HEADER = fromHex("af00 1210");
const AVC_HEADER = fromHex("17 00 000000 01 4d401e ff e1 00");
const METADATA = toEcmaArray({ width: 1280, height: 720, encoder: "x" });

/** Where a message goes, and by which chunk header. */
interface Place {
  /** 0 unless given. */
  readonly format?: 0 | 1 | 2;
  readonly csid: number;
  readonly sid?: number;
  readonly timestamp?: number;
}

/** Writes as a client does; keeps its chunk size. */
class Wire {
  #chunkSize = 128;

  /** C0, C1 and C2, unsigned. */
  handshake(): Uint8Array {
    return joinBytes(Uint8Array.of(3), new Uint8Array(2 * 1536));
  }

  setChunkSize(size: number): Uint8Array {
    const bytes = this.message({ csid: 2 }, 1, encodeUint32(size));
    this.#chunkSize = size;
    return bytes;
  }

  message(place: Place, typeId: number, payload: Uint8Array): Uint8Array {
    const { format = 0, csid: chunkStreamId, sid: messageStreamId = 0, timestamp = 0 } = place;
    const writer = new ByteWriter();
    const header = { format, chunkStreamId, timestamp, typeId, messageStreamId };
    writeChunks(writer, header, payload, this.#chunkSize);
    return writer.take();
  }

  command(place: Place, name: string, id: number, ...values: AmfValue[]): Uint8Array {
    return this.message(place, 20, encodeAmf0(name, id, ...values));
  }

  /** A command of the type for AMF3, whose values are AMF0 all the same. */
  command3(place: Place, name: string, id: number, ...values: AmfValue[]): Uint8Array {
    return this.message(place, 17, joinBytes(fromHex("00"), encodeAmf0(name, id, ...values)));
  }
}

interface Script {
  readonly steps: readonly (readonly Uint8Array[])[];
  readonly events: readonly string[];
  readonly media?: readonly string[];
  readonly answers: readonly string[];
}

/** OBS Studio and others on librtmp: format 1 on chunk stream 3, all media on chunk stream 4. */
function obs(): Script {
  const wire = new Wire();
  const next = { format: 1, csid: 3 } as const;
  const start = { csid: 4, sid: 1 };
  return {
    steps: [
      [wire.handshake()],
      [
        wire.setChunkSize(4096),
        wire.command(
          { csid: 3 },
          "connect",
          1,
          toAmfObject({
            app: "live",
            type: "nonprivate",
            flashVer: "FMLE/3.0 (compatible; FMSc/1.0)",
            swfUrl: TC_URL,
            tcUrl: TC_URL,
            fourCcList: ["av01", "hvc1"],
          }),
        ),
      ],
      [
        wire.command(next, "releaseStream", 2, null, "key?a=b"),
        wire.command(next, "FCPublish", 3, null, "key?a=b"),
        wire.command(next, "createStream", 4, null),
        wire.command({ csid: 3 }, "_checkbw", 5, null),
      ],
      [wire.command(start, "publish", 6, null, "key?a=b", "live")],
      [
        wire.message(start, 18, encodeAmf0("@setDataFrame", "onMetaData", METADATA)),
        wire.message(start, 8, AAC_HEADER),
        wire.message(start, 9, AVC_HEADER),
        wire.message({ csid: 4, format: 1, timestamp: 0 }, 9, new Uint8Array(10_000)),
        wire.message({ csid: 4, format: 1, timestamp: 21 }, 8, new Uint8Array(300)),
        wire.message({ csid: 4, format: 2, timestamp: 21 }, 8, new Uint8Array(300)),
      ],
      [
        wire.command(next, "FCUnpublish", 7, null, "key?a=b"),
        wire.command(next, "deleteStream", 8, null, 1),
      ],
    ],
    events: [
      `connect ${TC_URL}`,
      "publish __defaultVhost__ live key?a=b fmle-publish",
      "unpublish",
      "closed",
    ],
    media: ["data onMetaData 0", "audio 0", "video 0", "video 0", "audio 21", "audio 42"],
    answers: [
      ...["_result 1", "onBWDone", "_result 2", "_result 3", "_result 4", "_result 5"],
      "onFCPublish NetStream.Publish.Start",
      "onStatus NetStream.Publish.Start",
      "onFCUnpublish NetStream.Unpublish.Success",
      "_result 7",
      "onStatus NetStream.Unpublish.Success",
      "_result 8",
    ],
  };
}

/** Flash Media Live Encoder: chunk stream 8 for the stream's commands; starts anew on one connection. */
function fmle(): Script {
  const wire = new Wire();
  const call = { csid: 3 };
  const onStream = { csid: 8, sid: 1 };
  const begin = (id: number) => [
    wire.command(call, "releaseStream", id, null, "s"),
    wire.command(call, "FCPublish", id + 1, null, "s"),
    wire.command(call, "createStream", id + 2, null),
    wire.command(onStream, "publish", id + 3, null, "s", "live"),
    wire.message({ csid: 4, sid: 1 }, 18, encodeAmf0("@setDataFrame", "onMetaData", METADATA)),
    wire.message({ csid: 4, sid: 1 }, 8, AAC_HEADER),
    wire.message({ csid: 6, sid: 1 }, 9, AVC_HEADER),
    wire.command(call, "FCUnpublish", id + 4, null, "s"),
    wire.command(onStream, "closeStream", 0, null),
    wire.command(call, "deleteStream", 0, null, 1),
  ];
  const answers = (id: number) => [
    `_result ${id}`,
    `_result ${id + 1}`,
    `_result ${id + 2}`,
    "onFCPublish NetStream.Publish.Start",
    "onStatus NetStream.Publish.Start",
    "onFCUnpublish NetStream.Unpublish.Success",
    `_result ${id + 4}`,
    "onStatus NetStream.Unpublish.Success",
  ];
  const object = toAmfObject({
    app: "live",
    flashVer: "FMLE/3.0 (compatible; FMSc/1.0)",
    swfUrl: TC_URL,
    tcUrl: TC_URL,
  });
  return {
    steps: [
      [wire.handshake()],
      [wire.command(call, "connect", 1, object)],
      [wire.message({ csid: 2 }, 5, encodeUint32(2_500_000))],
      ...begin(2).map((step) => [step]),
      ...begin(10).map((step) => [step]),
    ],
    events: [
      `connect ${TC_URL}`,
      ...["publish __defaultVhost__ live s fmle-publish", "unpublish"],
      ...["publish __defaultVhost__ live s fmle-publish", "unpublish"],
      "closed",
    ],
    media: [
      ...["data onMetaData 0", "audio 0", "video 0"],
      ...["data onMetaData 0", "audio 0", "video 0"],
    ],
    answers: ["_result 1", "onBWDone", ...answers(2), ...answers(10)],
  };
}

/** Haivision's encoders: FCPublish behind createStream. */
function haivision(): Script {
  const wire = new Wire();
  const call = { csid: 3 };
  const object = toAmfObject({ app: "live", flashVer: "FMLE/3.0", tcUrl: TC_URL });
  return {
    steps: [
      [wire.handshake()],
      [wire.command(call, "connect", 1, object)],
      [wire.command(call, "createStream", 2, null)],
      [wire.command(call, "FCPublish", 3, null, "s")],
      [wire.command({ csid: 4, sid: 1 }, "publish", 4, null, "s", "live")],
      [wire.message({ csid: 6, sid: 1, timestamp: 7 }, 9, AVC_HEADER)],
    ],
    events: [
      `connect ${TC_URL}`,
      "publish __defaultVhost__ live s haivision-publish",
      ...["unpublish", "closed"],
    ],
    media: ["video 7"],
    answers: [
      ...["_result 1", "onBWDone", "_result 2", "_result 3"],
      ...["onFCPublish NetStream.Publish.Start", "onStatus NetStream.Publish.Start"],
    ],
  };
}

const FLASH = toAmfObject({
  app: "live",
  flashVer: "WIN 32,0,0,465",
  swfUrl: "http://127.0.0.1/player.swf",
  tcUrl: TC_URL,
  fpad: false,
  capabilities: 239,
  audioCodecs: 3575,
  videoCodecs: 252,
  videoFunction: 1,
  pageUrl: "http://127.0.0.1/",
  objectEncoding: 3,
});

/** Flash Player that publishes a camera: objectEncoding 3, so the messages are of the AMF3 types. */
function flashPublish(): Script {
  const wire = new Wire();
  const onStream = { csid: 8, sid: 1 };
  const metadata = joinBytes(fromHex("00"), encodeAmf0("@setDataFrame", "onMetaData", METADATA));
  return {
    steps: [
      [wire.handshake()],
      [wire.command({ csid: 3 }, "connect", 1, FLASH)],
      [wire.command3({ csid: 3 }, "createStream", 2, null)],
      [wire.command3(onStream, "publish", 0, null, "camera", "live")],
      [
        wire.message({ csid: 4, sid: 1 }, 15, metadata),
        wire.message({ csid: 4, sid: 1 }, 8, fromHex("b2 00")), // Speex.
        wire.message({ csid: 4, format: 1, timestamp: 20 }, 8, fromHex("b2 00 00")),
        wire.message({ csid: 6, sid: 1, timestamp: 15 }, 9, fromHex("12 00")), // H.263.
      ],
      [wire.command3(onStream, "closeStream", 0, null)],
      [wire.command3({ csid: 3 }, "deleteStream", 0, null, 1)],
    ],
    events: [
      `connect ${TC_URL}`,
      "publish __defaultVhost__ live camera flash-publish",
      ...["unpublish", "closed"],
    ],
    media: ["data onMetaData 0", "audio 0", "audio 20", "video 15"],
    answers: ["_result 1", "onBWDone", "_result 2", "onStatus NetStream.Publish.Start"],
  };
}

/** Flash Player that plays, pauses, and plays another stream on the same connection. */
function flashPlay(): Script {
  const wire = new Wire();
  const onStream = { csid: 8, sid: 1 };
  return {
    steps: [
      [wire.handshake()],
      [wire.command({ csid: 3 }, "connect", 1, FLASH)],
      [wire.message({ csid: 2 }, 5, encodeUint32(2_500_000))],
      [wire.command3({ csid: 3 }, "createStream", 2, null)],
      [
        wire.message({ csid: 2 }, 4, encodeSetBufferLength(1, 100)),
        wire.command3(onStream, "play", 0, null, "one", -2, -1, true),
      ],
      [wire.command3(onStream, "pause", 0, null, true, 1500)],
      [wire.command3(onStream, "pause", 0, null, false, 1500)],
      [wire.command3(onStream, "receiveAudio", 0, null, false)],
      [wire.command3(onStream, "closeStream", 0, null)],
      [wire.command3(onStream, "play", 0, null, "two")],
      [wire.command3({ csid: 3 }, "deleteStream", 0, null, 1)],
    ],
    events: [
      `connect ${TC_URL}`,
      ...["play __defaultVhost__ live one", "start", "pause", "unpause", "stop"],
      ...["play __defaultVhost__ live two", "start", "stop", "closed"],
    ],
    answers: [
      ...["_result 1", "onBWDone", "_result 2"],
      ...["onStatus NetStream.Play.Reset", "onStatus NetStream.Play.Start"],
      ...["onStatus NetStream.Pause.Notify", "onStatus NetStream.Unpause.Notify"],
      ...["onStatus NetStream.Play.Reset", "onStatus NetStream.Play.Start"],
    ],
  };
}

/** VLC, rtmpdump and others on librtmp: format 1 on chunk stream 2 too; ten hours of buffer. */
function librtmpPlay(): Script {
  const wire = new Wire();
  const next = { format: 1, csid: 3 } as const;
  const control = { format: 1, csid: 2 } as const;
  return {
    steps: [
      [wire.handshake()],
      [
        wire.command(
          { csid: 3 },
          "connect",
          1,
          toAmfObject({
            app: "live",
            flashVer: "LNX 10,0,32,18",
            tcUrl: TC_URL,
            fpad: false,
            capabilities: 15,
            audioCodecs: 4071,
            videoCodecs: 252,
            videoFunction: 1,
          }),
        ),
      ],
      [
        wire.message({ csid: 2 }, 5, encodeUint32(2_500_000)),
        wire.message(control, 4, encodeSetBufferLength(0, 300)),
        wire.command(next, "createStream", 2, null),
        wire.command(next, "FCSubscribe", 3, null, "s"),
        wire.command({ csid: 3 }, "_checkbw", 4, null),
      ],
      [
        wire.command({ csid: 8, sid: 1 }, "play", 5, null, "s", -1000),
        wire.message(control, 4, encodeSetBufferLength(1, 36_000_000)),
      ],
      [wire.message(control, 3, encodeUint32(3073))],
      [wire.command(next, "deleteStream", 6, null, 1)],
    ],
    events: [`connect ${TC_URL}`, "play __defaultVhost__ live s", "start", "stop", "closed"],
    answers: [
      ...["_result 1", "onBWDone", "_result 2", "_result 3"],
      "onFCSubscribe NetStream.Play.Start",
      "_result 4",
      ...["onStatus NetStream.Play.Reset", "onStatus NetStream.Play.Start", "_result 6"],
    ],
  };
}

const SRS = toAmfObject({
  app: "live",
  flashVer: "WIN 15,0,0,239",
  swfUrl: "",
  tcUrl: "rtmp://127.0.0.1:19360/live",
  fpad: false,
  capabilities: 239,
  audioCodecs: 3575,
  videoCodecs: 252,
  videoFunction: 1,
  pageUrl: "",
  objectEncoding: 0,
});
const SRS_INFO = toAmfObject({
  srs_sig: "SRS",
  srs_server: "SRS/7.0.18",
  srs_license: "MIT",
  srs_version: "7.0.18",
  srs_pid: 17_243,
  srs_id: "dw1u0469",
  srs_server_ip: "192.0.2.2",
});

/** An edge of SRS that pulls: it says who it is, and sets its chunk size last. */
function srsEdgePull(): Script {
  const wire = new Wire();
  return {
    steps: [
      [wire.handshake()],
      [wire.command({ csid: 3 }, "connect", 1, SRS, SRS_INFO)],
      [wire.message({ csid: 2 }, 5, encodeUint32(2_500_000))],
      [wire.command({ csid: 3 }, "createStream", 2, null)],
      [
        wire.command({ csid: 5, sid: 1 }, "play", 0, null, "livestream?k=v&token=1"),
        wire.message({ csid: 2 }, 4, encodeSetBufferLength(1, 1000)),
        wire.setChunkSize(60_000),
      ],
    ],
    events: [
      "connect rtmp://127.0.0.1:19360/live",
      "play __defaultVhost__ live livestream?k=v&token=1",
      ...["start", "stop", "closed"],
    ],
    answers: [
      ...["_result 1", "onBWDone", "_result 2"],
      ...["onStatus NetStream.Play.Reset", "onStatus NetStream.Play.Start"],
    ],
  };
}

/** An edge or forwarder of SRS that publishes. */
function srsForward(): Script {
  const wire = new Wire();
  return {
    steps: [
      [wire.handshake()],
      [wire.command({ csid: 3 }, "connect", 1, SRS, SRS_INFO)],
      [wire.message({ csid: 2 }, 5, encodeUint32(2_500_000))],
      [wire.command({ csid: 3 }, "createStream", 2, null), wire.setChunkSize(60_000)],
      [wire.command({ csid: 5, sid: 1 }, "publish", 0, null, "pub?k=v", "live")],
      [
        wire.message({ csid: 4, sid: 1 }, 18, encodeAmf0("onMetaData", METADATA)),
        wire.message({ csid: 6, sid: 1 }, 9, AVC_HEADER),
        wire.message({ csid: 4, sid: 1 }, 8, AAC_HEADER),
        wire.message({ csid: 6, sid: 1, timestamp: 23 }, 9, new Uint8Array(100_000)),
      ],
    ],
    events: [
      "connect rtmp://127.0.0.1:19360/live",
      "publish __defaultVhost__ live pub?k=v flash-publish",
      ...["unpublish", "closed"],
    ],
    media: ["data onMetaData 0", "video 0", "audio 0", "video 23"],
    answers: ["_result 1", "onBWDone", "_result 2", "onStatus NetStream.Publish.Start"],
  };
}

const CLIENTS: readonly [name: string, script: () => Script][] = [
  ["OBS", obs],
  ["Flash Media Live Encoder", fmle],
  ["Haivision", haivision],
  ["Flash, publishing", flashPublish],
  ["Flash, playing", flashPlay],
  ["VLC by librtmp, playing", librtmpPlay],
  ["an edge of SRS, playing", srsEdgePull],
  ["an edge of SRS, publishing", srsForward],
];

describe.each(CLIENTS)("%s", (_name, createScript) => {
  test("waiting for each answer", async () => {
    await tell(
      createScript(),
      createScript().steps.map((step) => joinBytes(...step)),
    );
  });

  test("all at once", async () => {
    await tell(createScript(), [joinBytes(...createScript().steps.flat())]);
  });

  test("byte by byte, but for the last large picture", async () => {
    const bytes = joinBytes(...createScript().steps.flat());
    const singles = Array.from(bytes.subarray(0, 6000), (byte) => Uint8Array.of(byte));
    await tell(createScript(), [...singles, bytes.subarray(6000)]);
  });
});

async function tell(script: Script, pieces: readonly Uint8Array[]): Promise<void> {
  const { peer, handler } = setStage();
  for (const piece of pieces) {
    peer.write(piece);
    if (piece.length > 1) await settle(); // Single bytes arrive singly in any case.
  }
  await settle();
  expect(peer.isClosed).toBe(false);
  peer.socket.end();
  await settle();
  expect(handler.errors).toEqual([undefined]);
  expect(handler.events).toEqual(script.events);
  expect(handler.media.map(([type, timestamp]) => `${type} ${timestamp}`)).toEqual(
    script.media ?? [],
  );
  expect(peer.received.flatMap(describeAnswer)).toEqual(script.answers);
}

/** Commands by what they answer, or what they say. */
function describeAnswer({ typeId, payload }: RtmpMessage): string[] {
  if (typeId !== 20) return [];
  const { name, transactionId, args } = decodeCommand(typeId, payload);
  const code = transactionId > 0 ? String(transactionId) : amfString(args[0], "code");
  return [`${name} ${code}`.trim()];
}
