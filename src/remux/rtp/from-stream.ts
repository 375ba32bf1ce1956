/**
 * From the live core to RTP: frames become payloads, once for all viewers.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { MalformedError, unlessMalformed } from "../../base/errors.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import { Av1Packetizer } from "./av1-packetizer.ts";
import { G711Packetizer } from "./g711-packetizer.ts";
import { createH264Packetizer } from "./h264-packetizer.ts";
import { createHevcPacketizer } from "./hevc-packetizer.ts";
import { createOpusPacketizer } from "./opus-packetizer.ts";
import type { RtpPacketizer, RtpPacketizerOptions } from "./packetizer.ts";
import { PictureOrder } from "./picture-order.ts";
import {
  RTP_PAYLOAD_SIZE_LIMIT,
  RTP_PAYLOAD_SIZE_MAX,
  type RtpPayloadOutput,
} from "./rtp-payload.ts";
import { Vp8Packetizer } from "./vp8-packetizer.ts";
import { Vp9Packetizer } from "./vp9-packetizer.ts";

/** As SRS has them if nothing is said: SEI goes through, B-frames do not, no packet is shared. */
export const DEFAULT_PACKETIZER_OPTIONS: RtpPacketizerOptions = {
  payloadSizeMax: RTP_PAYLOAD_SIZE_MAX,
  keepsSei: true,
  mergesNalUnits: false,
  keepsBFrames: false,
};

/** More than the headers of any payload format. */
const PAYLOAD_SIZE_MIN = 32;

/** Turns the frames of one stream into RTP payloads. */
export class StreamToRtp {
  readonly #output: RtpPayloadOutput;
  readonly #options: RtpPacketizerOptions;
  /** One for all tracks: the timestamps of the next go on after those of the one before. */
  readonly #order: PictureOrder;
  readonly #current = new Map<Track["kind"], CurrentTrack>();

  /** @param options The size of payloads is at least 32 bytes, and at most RTP_PAYLOAD_SIZE_LIMIT. */
  constructor(output: RtpPayloadOutput, options: Partial<RtpPacketizerOptions> = {}) {
    const { payloadSizeMax = RTP_PAYLOAD_SIZE_MAX } = options;
    assert(payloadSizeMax >= PAYLOAD_SIZE_MIN, "a payload has room for its headers");
    assert(payloadSizeMax <= RTP_PAYLOAD_SIZE_LIMIT, "a payload fits a packet");
    this.#output = (payload) => {
      if (payload.payload.length > RTP_PAYLOAD_SIZE_LIMIT) throw tooLarge(payload.payload.length);
      output(payload);
    };
    this.#options = { ...DEFAULT_PACKETIZER_OPTIONS, ...options };
    this.#order = new PictureOrder(this.#options.keepsBFrames);
  }

  /**
   * A track appears or changes. What its frames carry is taken over in any case; this says in advance
   * whether they will be.
   *
   * @returns Whether there is a payload format for it.
   */
  track(track: Track): boolean {
    return this.#packetizerOf(track) !== undefined;
  }

  /**
   * Writes the payloads of the next frame. Writes none if its track cannot be carried, if it holds no
   * picture, or if it would be shown before what has been written; see picture-order.ts.
   *
   * @throws {MalformedError} If the frame cannot be taken apart, or is sound that is too much for one
   *   packet; none of it has been written then.
   */
  frame(frame: Frame): void {
    this.#packetizerOf(frame.track)?.packetize(frame, this.#output);
  }

  /**
   * Pictures that were left out though others may refer to them. If it grows, viewers may see errors, and
   * the publisher should encode without B-frames; see picture-order.ts.
   */
  get leftOutReferenceCount(): number {
    return this.#order.leftOutReferenceCount;
  }

  #packetizerOf(track: Track): RtpPacketizer | undefined {
    const current = this.#current.get(track.kind);
    if (current?.track === track) return current.packetizer;
    const packetizer = unlessMalformed(() => createPacketizer(track, this.#options, this.#order));
    this.#current.set(track.kind, { track, packetizer });
    return packetizer;
  }
}

interface CurrentTrack {
  readonly track: Track;
  /** `undefined`: it cannot be carried. */
  readonly packetizer: RtpPacketizer | undefined;
}

function tooLarge(size: number): MalformedError {
  return new MalformedError(`Cannot send ${size} bytes in one packet of RTP`, 0);
}

/** @throws {MalformedError} If the configuration of the track is missing or broken. */
function createPacketizer(
  track: Track,
  options: RtpPacketizerOptions,
  order: PictureOrder,
): RtpPacketizer | undefined {
  switch (track.codec) {
    case "h264":
      return createH264Packetizer(track, { options, order });
    case "hevc":
      return createHevcPacketizer(track, { options, order });
    case "av1":
      return new Av1Packetizer(track, options, order);
    case "vp8":
      return new Vp8Packetizer(options, order);
    case "vp9":
      return new Vp9Packetizer(options, order);
    case "opus":
      return createOpusPacketizer(track);
    case "g711a":
    case "g711u":
      return new G711Packetizer();
    default:
      return undefined;
  }
}
