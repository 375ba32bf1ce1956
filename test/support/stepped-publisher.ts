/**
 * A publisher of our own, for codecs that FFmpeg cannot send by RTMP, and for tests that say how far
 * it goes: what is then still missing has not been held back by a slow machine.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { FlvStreamReader } from "../../src/codec/flv/stream-reader.ts";
import { FlvTagType } from "../../src/codec/flv/tag.ts";
import { type Mp4Sample, type Mp4Track, readMp4 } from "./mp4-samples.ts";
import { RtmpPeer } from "./rtmp-peer.ts";

/** What is sent: the body of an FLV tag, or of an RTMP message. */
export interface SentMessage {
  readonly kind: "video" | "audio";
  /** DTS in milliseconds. */
  readonly timestamp: number;
  readonly body: Uint8Array;
}

/** Those of a file, as FFmpeg would send them. */
export function readFlvMessages(path: string): SentMessage[] {
  const messages: SentMessage[] = [];
  const reader = new FlvStreamReader({
    header: () => undefined,
    tag: ({ type, timestampMs: timestamp, data: body }) => {
      if (type === FlvTagType.Video) messages.push({ kind: "video", timestamp, body });
      if (type === FlvTagType.Audio) messages.push({ kind: "audio", timestamp, body });
    },
  });
  reader.read(new Uint8Array(readFileSync(path)));
  return messages;
}

// Enhanced RTMP v2, "Enhanced Video" and "Enhanced Audio": IsExHeader with FrameType, SoundFormat.
const EX_VIDEO_KEY = 0x90;
const EX_VIDEO_INTER = 0xa0;
const EX_AUDIO = 0x90;
const SEQUENCE_START = 0;
const CODED_FRAMES = 1;
/** E.4.2: AAC, 44 kHz, 16 bits, stereo, as it always says, with AACPacketType. */
const AAC = 0xaf;

const FOUR_CC: Readonly<Record<string, string>> = {
  h264: "avc1",
  hevc: "hvc1",
  av1: "av01",
  vp9: "vp09",
  opus: "Opus",
  mp3: ".mp3",
};
/** Their coded frames carry a composition time offset. */
const WITH_OFFSET: readonly string[] = ["h264", "hevc"];
const AUDIO_CODECS: readonly string[] = ["aac", "opus", "mp3"];

/** The samples of a file by Enhanced RTMP, AAC as it always was. */
export async function readMp4Messages(path: string): Promise<SentMessage[]> {
  const { tracks, samples } = await readMp4(path);
  return [...tracks.map((track) => startMessage(track, path)), ...samples.map(sampleMessage)];
}

function kindOf(codec: string): SentMessage["kind"] {
  return AUDIO_CODECS.includes(codec) ? "audio" : "video";
}

function startMessage({ codec, configuration }: Mp4Track, path: string): SentMessage {
  const record = codec === "vp9" ? readVpConfiguration(path) : configuration;
  const first = kindOf(codec) === "audio" ? EX_AUDIO : EX_VIDEO_KEY;
  const body =
    codec === "aac"
      ? Buffer.concat([Buffer.from([AAC, SEQUENCE_START]), record])
      : enhancedBody(first | SEQUENCE_START, codec, record);
  return { kind: kindOf(codec), timestamp: 0, body };
}

function sampleMessage(sample: Mp4Sample): SentMessage {
  const { codec, dts: timestamp, isKeyFrame, compositionTimeOffset, data } = sample;
  const kind = kindOf(codec);
  if (codec === "aac") {
    return { kind, timestamp, body: Buffer.concat([Buffer.from([AAC, CODED_FRAMES]), data]) };
  }
  if (kind === "audio") {
    return { kind, timestamp, body: enhancedBody(EX_AUDIO | CODED_FRAMES, codec, data) };
  }
  const offset = Buffer.alloc(WITH_OFFSET.includes(codec) ? 3 : 0);
  if (offset.length > 0) offset.writeIntBE(compositionTimeOffset, 0, 3);
  const first = (isKeyFrame ? EX_VIDEO_KEY : EX_VIDEO_INTER) | CODED_FRAMES;
  return { kind, timestamp, body: enhancedBody(first, codec, offset, data) };
}

function enhancedBody(first: number, codec: string, ...parts: readonly Uint8Array[]): Buffer {
  const fourCc = Buffer.from(FOUR_CC[codec] ?? "", "latin1");
  return Buffer.concat([Buffer.from([first]), fourCc, ...parts]);
}

/** FFmpeg does not show the record of VP9: the body of its box. */
function readVpConfiguration(path: string): Uint8Array {
  const file = readFileSync(path);
  const typeOffset = file.indexOf("vpcC", 0, "latin1");
  return file.subarray(typeOffset + 4, typeOffset - 4 + file.readUInt32BE(typeOffset - 4));
}

export class SteppedPublisher {
  readonly #peer: RtmpPeer;
  readonly #messages: readonly SentMessage[];
  #index = 0;

  private constructor(peer: RtmpPeer, messages: readonly SentMessage[]) {
    this.#peer = peer;
    this.#messages = messages;
  }

  /** Connects, and sends nothing yet. */
  static async open(url: string, messages: readonly SentMessage[]): Promise<SteppedPublisher> {
    return new SteppedPublisher(await RtmpPeer.publish(url), messages);
  }

  /** Everything has been sent. */
  get isDone(): boolean {
    return this.#index === this.#messages.length;
  }

  /** Sends what is decoded before `timestampMs`, and no more. */
  sendUntil(timestampMs: number): void {
    const { client, isClosed, error } = this.#peer;
    if (isClosed) throw new Error(`The server hung up: ${String(error)}`);
    for (;;) {
      const message = this.#messages[this.#index];
      if (message === undefined || message.timestamp >= timestampMs) return;
      if (message.kind === "video") client.sendVideo(message.timestamp, message.body);
      else client.sendAudio(message.timestamp, message.body);
      this.#index += 1;
    }
  }

  sendAll(): void {
    this.sendUntil(Number.POSITIVE_INFINITY);
  }

  /** Leaves once all that was sent has gone out. */
  close(): void {
    this.#peer.close();
  }
}
