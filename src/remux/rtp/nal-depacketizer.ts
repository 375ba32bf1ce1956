/**
 * H.264 and HEVC out of RTP payloads: NAL units become access units. What differs between the two is a
 * value: see h264-depacketizer.ts, hevc-depacketizer.ts.
 *
 * @module
 */

import { unlessMalformed } from "../../base/errors.ts";
import type { Track } from "../../live/track.ts";
import { AccessUnitInput } from "../nal/access-unit-input.ts";
import type { DepacketizedPicture, VideoDepacketizer } from "./depacketizer.ts";
import { NalUnitCollector } from "./nal-unit-collector.ts";

/** What one must know of a codec's payload format to read it. */
export interface NalDepacketizerSyntax {
  readonly codec: "h264" | "hevc";
  /** Whether a key frame begins with this payload, which is its first parameter set or a delimiter. */
  isPictureStart(payload: Uint8Array): boolean;
  /** Whether it is the first slice of a key frame. */
  isEntryStart(payload: Uint8Array): boolean;
  /** Adds the NAL units of a payload. @throws {MalformedError} If it breaks its format. */
  collect(collector: NalUnitCollector, payload: Uint8Array): void;
}

export class NalDepacketizer implements VideoDepacketizer {
  readonly #syntax: NalDepacketizerSyntax;
  readonly #accessUnits: AccessUnitInput;
  /** There are parameter sets outside of the stream, perhaps the only ones. */
  readonly #isDescribed: boolean;

  /**
   * @param writeTrack Takes each new configuration; returns the track that frames are to carry.
   * @param parameterSets What the session description says of them. Broken ones are as good as none.
   */
  constructor(
    syntax: NalDepacketizerSyntax,
    writeTrack: (track: Track) => Track,
    parameterSets: readonly Uint8Array[],
  ) {
    this.#syntax = syntax;
    this.#accessUnits = new AccessUnitInput(syntax.codec, writeTrack);
    this.#isDescribed = parameterSets.length > 0;
    if (this.#isDescribed) unlessMalformed(() => this.#accessUnits.read(parameterSets));
  }

  /**
   * Key frames are all that matters after a gap, and those begin with parameter sets. One whose SPS was
   * lost would be decoded by an older one, so a slice will not do, unless the sets may never come.
   */
  isPictureStart(payload: Uint8Array): boolean {
    const { isPictureStart, isEntryStart } = this.#syntax;
    return isPictureStart(payload) || (this.#isDescribed && isEntryStart(payload));
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
