/**
 * The latest key frame of a stream, as a file that a decoder reads.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import type { Clock } from "../../base/clock.ts";
import { TimeoutError } from "../../base/errors.ts";
import type { Frame } from "../../live/frame.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { StreamListener } from "../../live/stream-listener.ts";
import { writeCmafChunk } from "../../remux/cmaf/chunk.ts";
import { CMAF_VIDEO_TIMESCALE, createCmafTrack } from "../../remux/cmaf/cmaf-track.ts";

/**
 * The one that is at hand, else the next.
 *
 * @throws {TimeoutError} If none comes in time.
 */
export function latestKeyFrame(
  stream: LiveStream,
  clock: Pick<Clock, "setTimer">,
  timeoutMs: number,
): Promise<Frame> {
  const [frame] = stream.gopCache.frames;
  if (frame?.track.kind === "video" && frame.isKeyFrame) return Promise.resolve(frame);
  return new Promise((resolve, reject) => {
    const listener: StreamListener = {
      onMetadata: () => undefined,
      onTrack: () => undefined,
      onFrame: (next) => {
        if (next.track.kind !== "video" || !next.isKeyFrame) return;
        leave();
        resolve(next);
      },
      onEnd: () => fail("the stream has ended"),
      fail: (error) => {
        leave();
        reject(error);
      },
    };
    const leave = (): void => {
      timer.cancel();
      stream.removeListener(listener);
    };
    const fail = (why: string): void => {
      leave();
      reject(new TimeoutError(`Cannot take a picture: ${why}`));
    };
    const timer = clock.setTimer(timeoutMs, () => fail("no key frame has come"));
    stream.addListener(listener);
  });
}

/** A picture that has not been decoded. */
export interface CodedPicture {
  /** A fragmented MP4 with one frame. */
  readonly mp4: Uint8Array;
  /** In samples, after cropping, as its track says; the frame itself may say otherwise. */
  readonly width: number;
  readonly height: number;
}

/**
 * Puts a frame alone into a file; it is the same for all codecs.
 *
 * @returns `undefined` for a codec that MP4 does not have here.
 * @throws {MalformedError} If the frame's configuration is broken.
 */
export function toCodedPicture(frame: Frame): CodedPicture | undefined {
  const track = createCmafTrack(frame.track, frame);
  if (track?.kind !== "video") return undefined;
  const writer = new ByteWriter(track.initializationSegment.length + frame.payload.length + 1_024);
  writer.writeBytes(track.initializationSegment);
  const { payload } = frame;
  const sample = {
    payload,
    duration: CMAF_VIDEO_TIMESCALE,
    compositionTimeOffset: 0,
    isKeyFrame: true,
  };
  writeCmafChunk(writer, track, { sequenceNumber: 1, baseDecodeTime: 0, samples: [sample] });
  return { mp4: writer.take(), width: track.width, height: track.height };
}
