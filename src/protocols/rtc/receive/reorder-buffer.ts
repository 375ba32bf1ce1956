/**
 * Packets of one RTP source in their order: nobody waits while they come in order, and for what is
 * missing only as long as a retransmission may bring it.
 *
 * @module
 */

/** The reach of the buffer in packets, a power of two: 2 s of 4 Mbit/s. */
export const REORDER_COUNT_MAX = 1_024;
const MASK = REORDER_COUNT_MAX - 1;

/** Payload held back at the most: as much as the reach has in datagrams of common size. */
const SIZE_MAX = 2 * 1_024 * 1_024;

/** What comes out, in order of sequence numbers. */
export interface ReorderSink<Packet> {
  packet(packet: Packet, sequence: number): void;
  /**
   * Packets from `sequence` on will not come.
   *
   * @param count How many; 0 if the source has begun anew, so that nobody knows.
   */
  lost(sequence: number, count: number): void;
}

/** How long a missing packet is waited for. */
export interface ReorderWait {
  readonly waitMsMin: number;
  readonly waitMsMax: number;
}

/** What it keeps of a packet are references: its bytes must not change afterwards. */
export class ReorderBuffer<Packet extends { readonly payload: Uint8Array }> {
  readonly #sink: ReorderSink<Packet>;
  readonly #wait: ReorderWait;
  readonly #sizeMax: number;
  readonly #slots: (Packet | undefined)[] = new Array(REORDER_COUNT_MAX).fill(undefined);
  /** Per missing packet, when a later one showed that it is missing. */
  readonly #missingSinceMs = new Float64Array(REORDER_COUNT_MAX);
  #waitMs: number;
  /** What comes out next; `undefined` before the first packet. */
  #next: number | undefined;
  /** Behind the highest that has come. */
  #end = 0;
  #count = 0;
  #size = 0;

  constructor(sink: ReorderSink<Packet>, wait: ReorderWait, sizeMax: number = SIZE_MAX) {
    this.#sink = sink;
    this.#wait = wait;
    this.#sizeMax = sizeMax;
    this.#waitMs = wait.waitMsMin;
  }

  /** The sequence number that comes out next: all before it came out or were given up. */
  get nextSequence(): number | undefined {
    return this.#next;
  }

  /** Packets held back. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of payload held back. */
  get size(): number {
    return this.#size;
  }

  /** When `expire` has to be called; `undefined` while nothing is missing. */
  get deadlineMs(): number | undefined {
    if (this.#count === 0 || this.#next === undefined) return undefined;
    return this.#missingSince(this.#next) + this.#waitMs;
  }

  /** @param waitMs How long a repair takes; is kept within the limits. */
  setWait(waitMs: number): void {
    const { waitMsMin, waitMsMax } = this.#wait;
    this.#waitMs = Math.min(Math.max(waitMs, waitMsMin), waitMsMax);
  }

  /** @returns False if the packet is a duplicate, or came too late. */
  add(sequence: number, packet: Packet, nowMs: number): boolean {
    this.#next ??= sequence;
    if (sequence < this.#next) return false;
    if (sequence === this.#next && this.#count === 0) {
      this.#next = sequence + 1;
      this.#end = this.#next;
      this.#sink.packet(packet, sequence);
      return true;
    }
    if (sequence - this.#next >= REORDER_COUNT_MAX) this.#giveUpBefore(sequence - MASK);
    if (this.#slots[sequence & MASK] !== undefined) return false;
    for (let missing = Math.max(this.#end, this.#next); missing < sequence; missing++) {
      this.#missingSinceMs[missing & MASK] = nowMs;
    }
    this.#slots[sequence & MASK] = packet;
    this.#end = Math.max(this.#end, sequence + 1);
    this.#count++;
    this.#size += packet.payload.length;
    this.#release();
    while (this.#size > this.#sizeMax) this.#giveUpBefore(this.#end);
    this.expire(nowMs);
    return true;
  }

  /** Gives up what has been waited for long enough. */
  expire(nowMs: number): void {
    while (this.#count > 0) {
      const next = this.#next ?? 0;
      if (nowMs - this.#missingSince(next) < this.#waitMs) return;
      this.#skipMissing(this.#end);
      this.#release();
    }
  }

  /** The source has begun anew at `sequence`: what is held back comes out first. */
  restart(sequence: number): void {
    this.#giveUpBefore(this.#end);
    this.#next = sequence;
    this.#end = sequence;
    this.#sink.lost(sequence, 0);
  }

  #missingSince(sequence: number): number {
    return this.#missingSinceMs[sequence & MASK] ?? 0;
  }

  /** Gives out all that is held back before `sequence`, and what follows it without a gap. */
  #giveUpBefore(sequence: number): void {
    this.#release();
    while (this.#next !== undefined && this.#next < sequence) {
      this.#skipMissing(sequence);
      this.#release();
    }
  }

  /** Goes from a missing packet to the next that has come, or to `limit`. */
  #skipMissing(limit: number): void {
    const from = this.#next ?? 0;
    let next = from;
    while (next < limit && next < this.#end && this.#slots[next & MASK] === undefined) next++;
    if (next === this.#end) next = limit;
    this.#next = next;
    this.#end = Math.max(this.#end, next);
    this.#sink.lost(from, next - from);
  }

  #release(): void {
    let next = this.#next ?? 0;
    for (;;) {
      const packet = this.#slots[next & MASK];
      if (packet === undefined || next >= this.#end) return;
      this.#slots[next & MASK] = undefined;
      this.#count--;
      this.#size -= packet.payload.length;
      this.#next = next + 1;
      this.#sink.packet(packet, next);
      next++;
    }
  }
}
