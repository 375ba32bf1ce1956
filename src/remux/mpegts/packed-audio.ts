/**
 * From packed audio to the live core: segments of plain AAC or MP3 behind an ID3 tag that says when they
 * are played.
 *
 * Spec: RFC 8216, section 3.4.
 *
 * @module
 */

import { ProtocolError } from "../../base/errors.ts";
import { readId3 } from "../../codec/id3/transport-timestamp.ts";
import { PTS_TICKS_PER_MS } from "../../codec/mpegts/pes.ts";
import type { FlvOutput } from "../flv/to-stream.ts";
import { createAacInput, createMp3Input } from "./audio-input.ts";
import type { ElementaryInput } from "./elementary-input.ts";
import { TickLine } from "./tick-line.ts";

/** Of the second byte: the first is 0xff in both. */
const SYNC = 0xe0;
/** Four bits of sync, any version, layer 0; no layer of MPEG audio is 0. */
const ADTS = 0xf0;
const ADTS_MASK = 0xf6;

/** Whether a segment is packed audio, as far as its first bytes tell. */
export function isPackedAudio(bytes: Uint8Array): boolean {
  const isTagged = bytes[0] === 0x49 && bytes[1] === 0x44 && bytes[2] === 0x33;
  return isTagged || (bytes[0] === 0xff && ((bytes[1] ?? 0) & SYNC) === SYNC);
}

export class PackedAudioToStream {
  readonly #output: FlvOutput;
  readonly #line: TickLine;
  #input: ElementaryInput | undefined;
  #isAac = false;

  constructor(output: FlvOutput, line: TickLine = new TickLine()) {
    this.#output = output;
    this.#line = line;
  }

  /**
   * @param bytes A segment.
   * @throws {MalformedError} If it is broken.
   * @throws {ProtocolError} If it does not say when it is played.
   */
  read(bytes: Uint8Array): void {
    const { size, timestamp } = readId3(bytes);
    if (timestamp === undefined) {
      throw new ProtocolError("A segment of packed audio does not say when it is played");
    }
    const payload = bytes.slice(size);
    const isAac = ((payload[1] ?? 0) & ADTS_MASK) === ADTS;
    if (this.#input === undefined || isAac !== this.#isAac) {
      this.#input = (isAac ? createAacInput : createMp3Input)(this.#output);
      this.#isAac = isAac;
    }
    const atMs = this.#line.unwrap(timestamp) / PTS_TICKS_PER_MS;
    this.#input.read({ payload, isRandomAccess: false }, { dtsMs: atMs, ptsMs: atMs });
    this.#input.flush();
  }
}
