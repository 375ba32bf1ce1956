/**
 * Which make a publisher is of, told as SRS tells it: by whether it announces the stream, and when.
 *
 * ```text
 * fmle-publish        releaseStream or FCPublish before createStream: FMLE, FFmpeg, OBS
 * haivision-publish   FCPublish behind createStream
 * flash-publish       neither: Flash, SRS
 * ```
 *
 * @module
 */

/** In the terms of SRS's HTTP API. */
export type RtmpPublisherType = "fmle-publish" | "haivision-publish" | "flash-publish";

export class PublisherTypeGuess {
  #type: RtmpPublisherType = "flash-publish";
  #hasCreatedStream = false;

  get type(): RtmpPublisherType {
    return this.#type;
  }

  /** @param command The name of any command that the publisher sent. */
  note(command: string): void {
    if (command === "createStream") {
      this.#hasCreatedStream = true;
    } else if (command === "releaseStream" || command === "FCPublish") {
      if (!this.#hasCreatedStream) this.#type = "fmle-publish";
      else if (command === "FCPublish" && this.#type === "flash-publish") {
        this.#type = "haivision-publish";
      }
    }
  }
}
