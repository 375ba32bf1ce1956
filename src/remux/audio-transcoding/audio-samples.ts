/**
 * Sound between a decoder and an encoder, and what these two are to the code between them.
 *
 * @module
 */

export interface AudioSamples {
  /** In Hz. */
  readonly sampleRate: number;
  /** Samples from -1 to 1 for each channel, equally many; overwritten by the decoder's next call. */
  readonly channels: readonly Float32Array[];
}

/** Decodes the frames of one track, in order. */
export interface AudioDecoder {
  /** The times of its frames are exact, so that a step shows where frames are missing. */
  readonly isTimeExact: boolean;
  /**
   * Decodes a frame. Its time is that of the first sample it gives.
   *
   * @returns `undefined` if it needs more to begin with.
   * @throws {MalformedError} If it cannot be decoded.
   */
  decode(payload: Uint8Array): AudioSamples | undefined;
  /**
   * Makes up for missing sound by what it has decoded before.
   *
   * @returns `undefined` if that is to be silence.
   */
  conceal(sampleCount: number): AudioSamples | undefined;
  /** Frees what it holds; nothing may be called afterwards. */
  close(): void;
}

/** Encodes one track. */
export interface AudioEncoder {
  readonly sampleRate: number;
  readonly channelCount: number;
  /** How many samples a frame takes for each channel. */
  readonly frameSamples: number;
  /** How many samples what is decoded of a frame that comes out lags behind the one that went in. */
  readonly delay: number;
  /**
   * Encodes a frame.
   *
   * @param channels `frameSamples` samples from -1 to 1 for each channel; they are not kept.
   * @returns One for each that goes in; `undefined` while it still looks ahead at the beginning.
   */
  encode(channels: readonly Float32Array[]): Uint8Array<ArrayBuffer> | undefined;
  /** Frees what it holds; nothing may be called afterwards. */
  close(): void;
}
