/**
 * What the decoders of the layers are to the code that makes sound of it.
 *
 * Spec: ISO/IEC 11172-3, 2.4.3 (all layers end in the same synthesis).
 *
 * @module
 */

import type { Mp3FrameHeader } from "../frame-header.ts";

export interface LayerFrame {
  /** All of the frame. */
  readonly bytes: Uint8Array;
  readonly header: Mp3FrameHeader;
  /** Where its data begins, after header and check sum, in bytes. */
  readonly dataOffset: number;
}

/** Decodes frames of one layer, sampling frequency and count of channels, in order. */
export interface LayerDecoder {
  /**
   * Decodes a frame.
   *
   * @param subbands For each channel, as many values as a frame has samples: 32 for each point in
   * time.
   * @throws {MalformedError} If it is cut off or breaks the specification.
   */
  decode(frame: LayerFrame, subbands: readonly Float32Array[]): void;
  /** Forgets the sound of former frames. */
  reset(): void;
}
