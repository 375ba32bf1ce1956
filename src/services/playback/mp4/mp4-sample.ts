/**
 * Samples of one track of an MP4 file, in decoding order.
 *
 * @module
 */

/** Times are in ticks of the track. */
export interface Mp4Sample {
  /** In bytes from the start of the file. */
  readonly offset: number;
  readonly size: number;
  readonly decodeTime: number;
  readonly compositionTimeOffset: number;
  readonly isSync: boolean;
}

export interface Mp4Samples {
  /** The next ones; `undefined` at the end. @throws {MalformedError} @throws {SystemError} */
  next(): Promise<readonly Mp4Sample[] | undefined>;
}
