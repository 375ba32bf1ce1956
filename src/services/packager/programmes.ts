/**
 * Programmes: streams of the same content in several qualities, known by the endings of their names.
 *
 * @module
 */

import { formatStreamUrl, type StreamName } from "../../base/stream-name.ts";

export class Programmes {
  readonly #endings: readonly string[];

  /** @param endings Such as `_720`. */
  constructor(endings: readonly string[]) {
    this.#endings = endings;
  }

  get hasVariants(): boolean {
    return this.#endings.length > 0;
  }

  /** The streams that the playlist of `name` may offer: its own, then the variants. */
  membersOf(name: StreamName): StreamName[] {
    return ["", ...this.#endings].map((ending) => ({ ...name, stream: `${name.stream}${ending}` }));
  }

  /** The URLs of the playlists that may offer the stream: its own, and that of which it is a variant. */
  urlsOf(name: StreamName): string[] {
    const endings = this.#endings.filter((ending) => name.stream.endsWith(ending));
    const programmes = endings.map((ending) => name.stream.slice(0, -ending.length));
    return [name.stream, ...programmes].map((stream) => formatStreamUrl({ ...name, stream }));
  }
}
