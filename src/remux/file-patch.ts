/**
 * Bytes that are known only once a file is complete, and stand in front in it.
 *
 * @module
 */

export interface FilePatch {
  /** From the start of the file. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}
