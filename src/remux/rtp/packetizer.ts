/**
 * What turns the frames of one track into RTP payloads.
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import type { RtpPayloadOutput } from "./rtp-payload.ts";

export interface RtpPacketizer {
  /**
   * Takes the next frame of the track.
   *
   * @throws {MalformedError} If the frame cannot be taken apart; nothing of it has been written then.
   */
  packetize(frame: Frame, output: RtpPayloadOutput): void;
}

/** How pictures become payloads. */
export interface RtpPacketizerOptions {
  /** Bytes of one payload at most. */
  readonly payloadSizeMax: number;
  /** H.264 and HEVC: supplemental enhancement information is sent too. */
  readonly keepsSei: boolean;
  /** H.264 and HEVC: small NAL units of a picture share packets. */
  readonly mergesNalUnits: boolean;
  /** Pictures that are shown before one that has been sent are sent too; see picture-order.ts. */
  readonly keepsBFrames: boolean;
}

/** Writes the payloads of one picture, of which there is at least one. */
export function writePicture(
  output: RtpPayloadOutput,
  payloads: readonly Uint8Array[],
  timestamp: number,
  isKeyFrame: boolean,
): void {
  for (const [index, payload] of payloads.entries()) {
    output({
      kind: "video",
      payload,
      timestamp,
      isMarked: index === payloads.length - 1,
      isKeyFrameStart: isKeyFrame && index === 0,
    });
  }
}
