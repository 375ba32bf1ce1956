/**
 * From an RTMP publisher to the live core.
 *
 * @module
 */

import type { Publication } from "../../live/publication.ts";
import type { RtmpPublication } from "../../protocols/rtmp/session-handler.ts";
import { FlvToStream } from "../../remux/flv/to-stream.ts";

export class RtmpPublish implements RtmpPublication {
  readonly publication: Publication;
  readonly #output: FlvToStream;
  readonly #closed: () => void;

  /** @param closed Called once, when it is over. */
  constructor(publication: Publication, closed: () => void) {
    this.publication = publication;
    this.#output = new FlvToStream(publication);
    this.#closed = closed;
  }

  audio(timestamp: number, payload: Uint8Array): void {
    this.#output.audio(timestamp, payload);
  }

  video(timestamp: number, payload: Uint8Array): void {
    this.#output.video(timestamp, payload);
  }

  data(_timestamp: number, _name: string, payload: Uint8Array): void {
    this.#output.scriptData(payload);
  }

  close(): void {
    this.publication.end();
    this.#closed();
  }
}
