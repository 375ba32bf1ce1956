/**
 * From MPEG-TS to the live core: one program of a transport stream, as far as it is known what its
 * streams are.
 *
 * Spec: ISO/IEC 13818-1, 2.4.4 (program specific information).
 *
 * @module
 */

import { isSameBytes } from "../../base/bytes.ts";
import { MalformedError } from "../../base/errors.ts";
import { findOpusChannels, findRegistration } from "../../codec/mpegts/descriptor.ts";
import { Pid } from "../../codec/mpegts/packet.ts";
import { PacketReader, type TsPacket } from "../../codec/mpegts/packet-reader.ts";
import { PTS_TICKS_PER_MS, ptsDistance } from "../../codec/mpegts/pes.ts";
import { type PesPacket, PesReader } from "../../codec/mpegts/pes-reader.ts";
import {
  decodeProgramAssociation,
  decodeProgramMap,
  type ProgramStream,
} from "../../codec/mpegts/psi.ts";
import { SectionReader } from "../../codec/mpegts/section-reader.ts";
import { StreamType } from "../../codec/mpegts/stream-type.ts";
import type { TrackKind } from "../../live/track.ts";
import type { FlvOutput } from "../flv/to-stream.ts";
import { createAacInput, createMp3Input, createOpusInput } from "./audio-input.ts";
import type { ElementaryInput, PesTime } from "./elementary-input.ts";
import { TickLine } from "./tick-line.ts";
import { createVideoInput } from "./video-input.ts";

/** A stream of the program that is taken. */
interface Elementary {
  readonly stream: ProgramStream;
  readonly input: ElementaryInput;
  readonly packets: PesReader;
}

/**
 * Feeds a publication. Of the program's streams the first of video and the first of audio are taken that
 * are known here; others are passed over.
 */
export class TsToStream {
  readonly #output: FlvOutput;
  readonly #packets = new PacketReader((packet) => this.#take(packet));
  readonly #association = new SectionReader((section) => this.#associate(section));
  #map: { readonly pid: number; readonly sections: SectionReader } | undefined;
  readonly #elementary = new Map<number, Elementary>();
  readonly #line: TickLine;
  #brokenCount = 0;

  /** @param line Of all that is played together. */
  constructor(output: FlvOutput, line: TickLine = new TickLine()) {
    this.#output = output;
    this.#line = line;
  }

  /** PES packets that were lost or broken. */
  get droppedCount(): number {
    let count = this.#brokenCount;
    for (const { packets } of this.#elementary.values()) count += packets.droppedCount;
    return count;
  }

  /** Takes the next piece, cut anywhere. @throws {MalformedError} If it is no transport stream. */
  read(bytes: Uint8Array): void {
    this.#packets.read(bytes);
  }

  /** A segment has ended: what has come is whole, and what follows begins anew. */
  flush(): void {
    this.#packets.restart();
    this.#association.restart();
    this.#map?.sections.restart();
    for (const { packets, input } of this.#elementary.values()) {
      packets.flush();
      packets.restart();
      this.#unlessBroken(() => input.flush());
    }
  }

  #take(packet: TsPacket): void {
    const { pid } = packet;
    if (pid === Pid.ProgramAssociation) this.#association.read(packet);
    else if (pid === this.#map?.pid) this.#map.sections.read(packet);
    else this.#elementary.get(pid)?.packets.read(packet);
  }

  #associate(section: Uint8Array): void {
    this.#unlessBroken(() => {
      const [program] = decodeProgramAssociation(section)?.programs ?? [];
      if (program === undefined || program.mapPid === this.#map?.pid) return;
      const sections = new SectionReader((map) => this.#unlessBroken(() => this.#takeMap(map)));
      this.#map = { pid: program.mapPid, sections };
    });
  }

  #takeMap(section: Uint8Array): void {
    const map = decodeProgramMap(section);
    if (map === undefined) return;
    const kinds = new Set<TrackKind>();
    const pids = new Set<number>();
    for (const stream of map.streams) {
      const kind = kindOf(stream);
      if (kind === undefined || kinds.has(kind)) continue;
      if (!this.#keeps(stream) && !this.#begin(stream)) continue;
      kinds.add(kind);
      pids.add(stream.pid);
    }
    for (const pid of [...this.#elementary.keys()]) {
      if (!pids.has(pid)) this.#elementary.delete(pid);
    }
  }

  /** Whether the stream is what it was. */
  #keeps({ pid, streamType, descriptors }: ProgramStream): boolean {
    const before = this.#elementary.get(pid)?.stream;
    return before?.streamType === streamType && isSameBytes(before.descriptors, descriptors);
  }

  #begin({ pid, streamType, descriptors }: ProgramStream): boolean {
    const stream = { pid, streamType, descriptors: descriptors.slice() };
    const input = createInput(stream, this.#output);
    if (input === undefined) return false;
    const packets = new PesReader((packet) => this.#read(input, packet));
    this.#elementary.set(pid, { stream, input, packets });
    return true;
  }

  #read(input: ElementaryInput, packet: PesPacket): void {
    const time = this.#timeOf(packet);
    this.#unlessBroken(() => input.read(packet, time));
  }

  #timeOf({ pts, dts }: PesPacket): PesTime | undefined {
    if (pts === undefined || dts === undefined) return undefined;
    const dtsMs = this.#line.unwrap(dts) / PTS_TICKS_PER_MS;
    return { dtsMs, ptsMs: dtsMs + ptsDistance(dts, pts) / PTS_TICKS_PER_MS };
  }

  /** One table or access unit that is broken is counted, and left out. */
  #unlessBroken(take: () => void): void {
    try {
      take();
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#brokenCount += 1;
    }
  }
}

function kindOf({ streamType, descriptors }: ProgramStream): TrackKind | undefined {
  switch (streamType) {
    case StreamType.H264:
    case StreamType.Hevc:
      return "video";
    case StreamType.AacAdts:
    case StreamType.Mpeg1Audio:
    case StreamType.Mpeg2Audio:
      return "audio";
    case StreamType.PrivateData:
      return findRegistration(descriptors) === "Opus" ? "audio" : undefined;
    default:
      return undefined;
  }
}

/** @returns `undefined` if it is nothing that is known here. */
function createInput(
  { streamType, descriptors }: ProgramStream,
  output: FlvOutput,
): ElementaryInput | undefined {
  switch (streamType) {
    case StreamType.H264:
      return createVideoInput("h264", output);
    case StreamType.Hevc:
      return createVideoInput("hevc", output);
    case StreamType.AacAdts:
      return createAacInput(output);
    case StreamType.Mpeg1Audio:
    case StreamType.Mpeg2Audio:
      return createMp3Input(output);
    case StreamType.PrivateData:
      return createOpusInput(output, findOpusChannels(descriptors) ?? 2);
    default:
      return undefined;
  }
}
