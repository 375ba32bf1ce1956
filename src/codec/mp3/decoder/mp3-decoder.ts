/**
 * MPEG audio to samples: layers I to III of MPEG-1 and MPEG-2, and what is called MPEG-2.5.
 *
 * Spec: ISO/IEC 11172-3, 2.4; ISO/IEC 13818-3, 2.4 (lower sampling frequencies).
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { decodeMp3FrameHeader, MP3_HEADER_SIZE, type Mp3FrameHeader } from "../frame-header.ts";
import type { LayerDecoder, LayerFrame } from "./layer-decoder.ts";
import { LayerOneDecoder } from "./layer-one.ts";
import { LayerThreeDecoder, LayerThreeTables } from "./layer-three.ts";
import { LayerTwoDecoder } from "./layer-two.ts";
import { PolyphaseSynthesis, PolyphaseTables } from "./polyphase-synthesis.ts";

const CHECK_SUM_SIZE = 2;
/** More than a second of most streams; it bounds what a hostile payload costs. */
const FRAME_COUNT_MAX = 48;

/** Sound of whole frames. */
export interface Mp3Samples {
  /** In Hz. */
  readonly sampleRate: number;
  /** -1 to 1 at full scale, and beyond where the sound was louder. */
  readonly channels: readonly Float32Array[];
}

/** What frames have in common that can be decoded one after the other. */
interface Format {
  readonly header: Mp3FrameHeader;
  readonly layer: LayerDecoder;
  readonly subbands: readonly Float32Array[];
  readonly syntheses: readonly PolyphaseSynthesis[];
}

/** Decodes the frames of one stream, in order. */
export class Mp3Decoder {
  readonly #polyphase = new PolyphaseTables();
  #layerThree: LayerThreeTables | undefined;
  #format: Format | undefined;
  /** By channel, as long as the largest payload took. */
  #outputs: Float32Array[] = [new Float32Array(), new Float32Array()];

  /**
   * Decodes a payload of one or several whole frames.
   *
   * Frames of layer III may need bytes of those before: where these have not been seen, as after a
   * start in the middle, they are silent. A change of rate, layer or channels begins anew.
   *
   * @returns As many samples for each channel as the frames have; valid until the next call.
   * @throws {MalformedError} If a frame is cut off, of free format, or breaks the specification; if
   * there are several of different formats, or more than 48. The next payload is decoded as the
   * first sound, though with the bytes of this one.
   */
  decode(payload: Uint8Array): Mp3Samples {
    try {
      return this.#decode(splitFrames(payload));
    } catch (error) {
      this.#format?.layer.reset();
      for (const synthesis of this.#format?.syntheses ?? []) synthesis.reset();
      throw error;
    }
  }

  #decode(frames: readonly LayerFrame[]): Mp3Samples {
    const [first] = frames;
    if (first === undefined) throw new MalformedError("Cannot find header of MPEG audio", 0);
    const format = this.#formatOf(first.header);
    const { sampleRate, channelCount, samplesPerFrame } = first.header;
    this.#reserve(frames.length * samplesPerFrame);
    for (const [index, frame] of frames.entries()) {
      format.layer.decode(frame, format.subbands);
      for (let channel = 0; channel < channelCount; channel++) {
        const [subbands, output] = [format.subbands[channel], this.#outputs[channel]];
        if (subbands === undefined || output === undefined) continue;
        format.syntheses[channel]?.run(subbands, output, index * samplesPerFrame);
      }
    }
    const channels = this.#outputs
      .slice(0, channelCount)
      .map((output) => output.subarray(0, frames.length * samplesPerFrame));
    return { sampleRate, channels };
  }

  #formatOf(header: Mp3FrameHeader): Format {
    if (this.#format !== undefined && isSameFormat(this.#format.header, header)) {
      return this.#format;
    }
    const each = <Value>(create: () => Value): Value[] =>
      Array.from({ length: header.channelCount }, create);
    this.#format = {
      header,
      layer: this.#createLayer(header),
      subbands: each(() => new Float32Array(header.samplesPerFrame)),
      syntheses: each(() => new PolyphaseSynthesis(this.#polyphase)),
    };
    return this.#format;
  }

  #createLayer(header: Mp3FrameHeader): LayerDecoder {
    if (header.layer === 1) return new LayerOneDecoder();
    if (header.layer === 2) return new LayerTwoDecoder();
    this.#layerThree ??= new LayerThreeTables();
    return new LayerThreeDecoder(this.#layerThree, header);
  }

  #reserve(sampleCount: number): void {
    if ((this.#outputs[0]?.length ?? 0) >= sampleCount) return;
    this.#outputs = this.#outputs.map(() => new Float32Array(sampleCount));
  }
}

/** @throws {MalformedError} Unless there is one whole frame behind the other, all of one format. */
function splitFrames(payload: Uint8Array): LayerFrame[] {
  const frames: LayerFrame[] = [];
  for (let offset = 0; offset < payload.length; ) {
    const header = decodeMp3FrameHeader(payload, offset);
    const end = offset + (header?.frameSize ?? Number.POSITIVE_INFINITY);
    if (header === undefined || end > payload.length) {
      throw new MalformedError("Cannot find the end of frame of MPEG audio", offset);
    }
    if (frames[0] !== undefined && !isSameFormat(frames[0].header, header)) {
      throw new MalformedError("Cannot decode frames of different formats at once", offset);
    }
    if (frames.length === FRAME_COUNT_MAX) {
      throw new MalformedError(`Cannot decode more than ${FRAME_COUNT_MAX} frames at once`, offset);
    }
    // Whether the check sum is right is for the transport to care: it covers a part of the frame.
    const dataOffset = MP3_HEADER_SIZE + (header.hasCrc ? CHECK_SUM_SIZE : 0);
    frames.push({ bytes: payload.subarray(offset, end), header, dataOffset });
    offset = end;
  }
  return frames;
}

function isSameFormat(a: Mp3FrameHeader, b: Mp3FrameHeader): boolean {
  return (
    a.version === b.version &&
    a.layer === b.layer &&
    a.sampleRate === b.sampleRate &&
    a.channelCount === b.channelCount
  );
}
