/**
 * The inside of a thread that transcodes sound.
 *
 * @module
 */

import { MalformedError, toError } from "../../../base/errors.ts";
import { OpusLibrary } from "../../../codec/opus/opus-library.ts";
import { AudioTranscoding } from "../../../remux/audio-transcoding/audio-transcoding.ts";
import { createAudioDecoder } from "../../../remux/audio-transcoding/create-decoder.ts";
import { createAudioEncoder } from "../../../remux/audio-transcoding/create-encoder.ts";
import type { PostMessage, ThreadMain } from "../../../runtime/runtime.ts";
import type { JobAnswer, JobMessage } from "./messages.ts";

/** The name of the thread module that runs it. */
export const TRANSCODER_THREAD = "audio-transcoder";

/**
 * What the thread does.
 *
 * @param readOpus Gives the bytes of libopus; called for the first job.
 */
export function createTranscoderThread(
  readOpus: () => Promise<Uint8Array<ArrayBuffer>>,
): ThreadMain {
  return (post) => {
    const thread = new TranscoderThread(readOpus, post);
    return (message) => thread.take(message as JobMessage);
  };
}

class TranscoderThread {
  readonly #readOpus: () => Promise<Uint8Array<ArrayBuffer>>;
  readonly #post: PostMessage;
  readonly #jobs = new Map<number, AudioTranscoding>();
  #opus: OpusLibrary | undefined;

  constructor(readOpus: () => Promise<Uint8Array<ArrayBuffer>>, post: PostMessage) {
    this.#readOpus = readOpus;
    this.#post = post;
  }

  take(message: JobMessage): void | Promise<void> {
    switch (message.type) {
      case "open":
        return this.#open(message);
      case "write":
        return this.#write(message);
      case "close":
        return this.#close(message.job);
    }
  }

  async #open({ job, from, to, bitrate }: JobMessage & { type: "open" }): Promise<void> {
    // A thread without it is of no use: then it ends, and says why.
    this.#opus ??= new OpusLibrary(new WebAssembly.Module(await this.#readOpus()));
    try {
      const decoder = createAudioDecoder(from, this.#opus);
      const encoder = createAudioEncoder(to, bitrate, this.#opus);
      this.#jobs.set(job, new AudioTranscoding(decoder, encoder));
    } catch (error) {
      this.#fail(job, error);
      if (!(error instanceof MalformedError)) throw error;
    }
  }

  #write({ job, packet }: JobMessage & { type: "write" }): void {
    const transcoding = this.#jobs.get(job);
    if (transcoding === undefined) return;
    try {
      const packets = transcoding.write(packet.dtsMs, packet.payload);
      const { malformedCount } = transcoding;
      const transfer = packets.map(({ payload }) => payload.buffer);
      this.#answer({ type: "done", job, packets, malformedCount }, transfer);
    } catch (error) {
      // What a codec that fails leaves of its memory is not for others: the thread ends.
      this.#fail(job, error);
      throw error;
    }
  }

  #fail(job: number, error: unknown): void {
    this.#jobs.delete(job);
    this.#answer({ type: "failed", job, reason: toError(error).message });
  }

  #close(job: number): void {
    this.#jobs.get(job)?.close();
    this.#jobs.delete(job);
  }

  #answer(answer: JobAnswer, transfer: readonly ArrayBuffer[] = []): void {
    this.#post(answer, transfer);
  }
}
