/**
 * Frames, tracks and a readable output format, for tests of the live core.
 *
 * @module
 */

import type { ByteWriter } from "../../src/base/byte-writer.ts";
import type { BroadcastEncoder, BroadcastFormat, Join } from "../../src/live/broadcast-format.ts";
import type { Frame, IncomingFrame } from "../../src/live/frame.ts";
import type { StreamSettings } from "../../src/live/settings.ts";
import type { SubscriberEnd, SubscriberSink } from "../../src/live/subscriber.ts";
import type { Track } from "../../src/live/track.ts";

export const VIDEO: Track = {
  kind: "video",
  codec: "h264",
  decoderConfigurationRecord: Uint8Array.of(1),
  flvSequenceHeader: undefined,
  flvExtension: undefined,
};

export const AUDIO: Track = {
  kind: "audio",
  codec: "aac",
  decoderConfigurationRecord: Uint8Array.of(2),
  flvSequenceHeader: undefined,
  flvExtension: undefined,
};

export function videoFrame(dtsMs: number, isKeyFrame = false, size = 10): IncomingFrame {
  return frame(VIDEO, dtsMs, isKeyFrame, size);
}

export function audioFrame(dtsMs: number, size = 5): IncomingFrame {
  return frame(AUDIO, dtsMs, true, size);
}

function frame(track: Track, dtsMs: number, isKeyFrame: boolean, size: number): IncomingFrame {
  const payload = new Uint8Array(size);
  return { track, dtsMs, compositionTimeOffsetMs: 0, isKeyFrame, payload, flvBody: undefined };
}

export const SETTINGS: StreamSettings = {
  gopCache: { isEnabled: true, framesMax: 0, sizeMax: 1 << 20 },
  jitterMode: "off",
  isAtcByMetadata: false,
  isMixCorrected: false,
  isSequenceHeaderReduced: false,
  flush: { windowMs: 350, framesMin: 0 },
  queue: { durationMs: 30_000, sizeMax: 1 << 20, writeTimeoutMs: 30_000 },
  publisher: {
    firstFrameTimeoutMs: 20_000,
    frameTimeoutMs: 5_000,
    graceMs: 0,
    kickoffIdleMs: 0,
  },
  idleMs: 3_000,
};

/** Writes `V0! V40 A20 ...`: kind, time, and `!` for a key frame, so that tests read as sentences. */
export const TEXT_FORMAT: BroadcastFormat = {
  name: "text",
  createEncoder: () => new TextEncoderOfFrames(),
};

class TextEncoderOfFrames implements BroadcastEncoder {
  #count = 0;

  writeFrame(writer: ByteWriter, { track, dtsMs, isKeyFrame }: Frame): void {
    this.#count += 1;
    const isVideo = track.kind === "video";
    writer.writeText(`${isVideo ? "V" : "A"}${dtsMs}${isVideo && isKeyFrame ? "!" : ""} `);
  }

  writeTrack(writer: ByteWriter, track: Track): void {
    writer.writeText(`${track.codec} `);
  }

  writeMetadata(writer: ByteWriter): void {
    writer.writeText("meta ");
  }

  mark(): { count: number } {
    return { count: this.#count };
  }

  baseAt(): number {
    return 0;
  }

  encodeJoin({ description, isFirst }: Join): Uint8Array {
    const codecs = [description.video?.codec, description.audio?.codec].filter(Boolean).join("+");
    return new TextEncoder().encode(`${isFirst ? "join" : "rejoin"}(${codecs}) `);
  }
}

/** A sink that notes what it gets and takes only as much as it is told to. */
export class TestSink implements SubscriberSink {
  text = "";
  writeCount = 0;
  ended: SubscriberEnd | undefined;
  failure: unknown;
  /** Bytes it will still take. */
  room: number = Number.POSITIVE_INFINITY;

  write(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.room);
    this.room -= taken;
    this.writeCount += 1;
    this.text += new TextDecoder().decode(bytes.subarray(0, taken));
    return taken;
  }

  end(reason: SubscriberEnd): void {
    this.ended = reason;
  }

  fail(error: unknown): void {
    this.failure = error;
  }
}
