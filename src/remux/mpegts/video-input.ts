/**
 * H.264 and HEVC out of MPEG-TS: access units of a byte stream become frames.
 *
 * @module
 */

import { concatBytes } from "../../base/bytes.ts";
import { splitAnnexB } from "../../codec/nal/annex-b.ts";
import type { FlvOutput } from "../flv/to-stream.ts";
import { AccessUnitInput } from "../nal/access-unit-input.ts";
import type { ElementaryInput, PesTime, UnitPacket } from "./elementary-input.ts";

/** A picture in pieces without times of their own; see `PesReader` for the size of one. */
const PICTURE_SIZE_MAX = 32 * 1024 * 1024;

interface Picture {
  readonly time: PesTime;
  readonly isRandomAccess: boolean;
  readonly pieces: Uint8Array[];
  size: number;
}

export function createVideoInput(codec: "h264" | "hevc", output: FlvOutput): ElementaryInput {
  return new VideoInput(codec, output);
}

class VideoInput implements ElementaryInput {
  readonly #accessUnits: AccessUnitInput;
  readonly #output: FlvOutput;
  /** A picture may go on in another packet, so it is whole when the next one begins. */
  #picture: Picture | undefined;

  constructor(codec: "h264" | "hevc", output: FlvOutput) {
    this.#accessUnits = new AccessUnitInput(codec, (track) => output.writeTrack(track));
    this.#output = output;
  }

  read({ payload, isRandomAccess }: UnitPacket, time: PesTime | undefined): void {
    if (time === undefined) {
      const picture = this.#picture;
      if (picture === undefined || picture.size + payload.length > PICTURE_SIZE_MAX) return;
      picture.pieces.push(payload);
      picture.size += payload.length;
      return;
    }
    const whole = this.#picture;
    this.#picture = { time, isRandomAccess, pieces: [payload], size: payload.length };
    if (whole !== undefined) this.#write(whole);
  }

  flush(): void {
    const whole = this.#picture;
    this.#picture = undefined;
    if (whole !== undefined) this.#write(whole);
  }

  #write({ time: { dtsMs, ptsMs }, isRandomAccess, pieces }: Picture): void {
    const accessUnit = this.#accessUnits.read(splitAnnexB(concatBytes(pieces)));
    if (accessUnit === undefined) return;
    const { track, isEntry, hasParameterSets, payload } = accessUnit;
    this.#output.writeFrame({
      track,
      dtsMs,
      compositionTimeOffsetMs: ptsMs - dtsMs,
      // Some encoders have no IDR pictures but the first: theirs come with all that a decoder needs.
      isKeyFrame: isEntry || (isRandomAccess && hasParameterSets),
      payload,
      flvBody: undefined,
    });
  }
}
