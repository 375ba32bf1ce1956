/**
 * Files that belong to the program itself: the pages and the test picture. A checkout has them on
 * disk, the compiled program inside itself.
 *
 * @module
 */

export interface Asset {
  /** Shared by all readers: never change them. */
  readonly bytes: Uint8Array;
  /** As in `Content-Type`. */
  readonly mediaType: string;
  /** As in `ETag`, with its quotes; changes with the bytes. */
  readonly etag: string;
}

export interface Assets {
  /** Finds one by its path in a URL, such as `/player.js`. */
  get(path: string): Asset | undefined;
}
