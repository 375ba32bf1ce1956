/**
 * H.264 and HEVC out of RTP payloads: NAL units become access units. What differs between the two is a
 * value: see h264-depacketizer.ts, hevc-depacketizer.ts.
 *
 * @module
 */

import type { Track } from "../../live/track.ts";
import { AccessUnitInput } from "../nal/access-unit-input.ts";
import type { DepacketizedPicture, VideoDepacketizer } from "./depacketizer.ts";
import { NalUnitCollector } from "./nal-unit-collector.ts";

/** What one must know of a codec's payload format to read it. */
export interface NalDepacketizerSyntax {
  readonly codec: "h264" | "hevc";
  /** Whether a key frame begins with this payload. */
  isPictureStart(payload: Uint8Array): boolean;
  /** Adds the NAL units of a payload. @throws {MalformedError} If it breaks its format. */
  collect(collector: NalUnitCollector, payload: Uint8Array): void;
}

export class NalDepacketizer implements VideoDepacketizer {
  readonly #syntax: NalDepacketizerSyntax;
  readonly #accessUnits: AccessUnitInput;

  /** @param writeTrack Takes each new configuration; returns the track that frames are to carry. */
  constructor(syntax: NalDepacketizerSyntax, writeTrack: (track: Track) => Track) {
    this.#syntax = syntax;
    this.#accessUnits = new AccessUnitInput(syntax.codec, writeTrack);
  }

  /**
   * Key frames are all that matters after a gap, and those begin with parameter sets. One whose SPS was
   * lost would be decoded by an older one, so a slice will not do.
   */
  isPictureStart(payload: Uint8Array): boolean {
    return this.#syntax.isPictureStart(payload);
  }

  read(payloads: readonly Uint8Array[]): DepacketizedPicture | undefined {
    const collector = new NalUnitCollector();
    for (const payload of payloads) this.#syntax.collect(collector, payload);
    const accessUnit = this.#accessUnits.read(collector.take());
    if (accessUnit === undefined) return undefined;
    const { track, isEntry: isKeyFrame, payload } = accessUnit;
    return { track, isKeyFrame, payload };
  }
}
