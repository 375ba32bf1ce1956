/**
 * Where packets for many are protected, four at a time: one memory that holds payloads, packets,
 * keystreams and HMAC states. By vectors in WebAssembly, or without.
 *
 * @module
 */

/** Packets that are protected at once: a group. */
export const LANE_COUNT = 4;

/** Payloads there is room for. However many packets have each, that many fill their groups. */
export const PAYLOAD_COUNT: number = LANE_COUNT;

/** Words that tell of each packet. */
export const LANE_FIELD_COUNT = 4;

/** The largest header, in bytes. */
export const HEADER_SIZE_MAX = 64;

/** The largest payload, in bytes. */
export const PAYLOAD_SIZE_MAX = 1968;

/**
 * Groups that can be filled side by side: one for each size of a header, which is a multiple of 4. There
 * is room for each in the memory.
 */
export const GROUP_COUNT: number = HEADER_SIZE_MAX / 4 + 1;

/** Offsets into the memory, in bytes. */
export interface LaneLayout {
  /** PAYLOAD_COUNT payloads. */
  readonly payloads: number;
  /** From one payload to the next. */
  readonly payloadStride: number;
  /**
   * LANE_FIELD_COUNT words for each packet, in the machine's order: where the keystream is, where the
   * HMAC state is, the rollover counter, and where the payload is.
   */
  readonly lanes: number;
  /** The packets, LANE_COUNT for each group. */
  readonly packets: number;
  /** From one packet to the next. */
  readonly packetStride: number;
  /** Where the memory begins that is free for keystreams and states. */
  readonly heap: number;
}

/** Counter blocks of AES in counter mode for packets with consecutive indices. */
export interface CounterRun {
  /** Where to write them. */
  offset: number;
  /** Blocks for each packet. */
  blockCount: number;
  packetCount: number;
  /** The salt with the SSRC added, as four big-endian words of which the last has 16 bits. */
  salt: Uint32Array;
  /** The index of the first packet. */
  index: number;
}

export interface SrtpLanes {
  readonly layout: LaneLayout;
  /** The memory; other objects after `grow`. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** Makes the memory at least `size` bytes large. */
  grow(size: number): void;
  /**
   * Encrypts payloads into the four packets of a group, behind the headers that are there, and adds the
   * tags. Keystreams are read up to the next multiple of 16 bytes.
   */
  protect(group: number, headerSize: number, payloadSize: number): void;
  writeCounters(run: CounterRun): void;
}
