/**
 * What the outputs of a stream need of the server and of the stream.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { ReportedCmafSegment, ReportedSegment } from "../../live/reported-segment.ts";
import type { Crypto, Files } from "../../runtime/runtime.ts";
import type { CaptionWatch } from "./caption-watch.ts";

/** Who is told of segments. */
export interface SegmentPorts {
  /**
   * Told of each segment of HLS with MPEG-TS.
   *
   * @param isThere Comes to be true when it can be had: at once, or when it is on disk.
   */
  readonly onSegment?: SegmentListener | undefined;
  /** Told of each segment in CMAF, when it is complete; it may not be on disk yet. */
  readonly onCmafSegment?: ((segment: ReportedCmafSegment) => void) | undefined;
}

/** What is the same for all streams. */
export interface ServerPorts extends SegmentPorts {
  readonly clock: Clock;
  readonly files: Files;
  readonly crypto: Pick<Crypto, "randomBytes" | "encryptAes">;
  /** Says of each line which stream it is about. */
  readonly logger: Logger;
}

export type SegmentListener = (segment: ReportedSegment, isThere: Promise<boolean>) => void;

export interface OutputPorts extends ServerPorts {
  readonly captions: Pick<CaptionWatch, "state">;
  /** Files cannot be written, and the publisher is to be told so. */
  readonly onFilesFailed: () => void;
  /** The one whose frames come, or came last. */
  readonly publisher: () => SessionRequest | undefined;
}
