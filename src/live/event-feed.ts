/**
 * What has happened lately, in its order, for whoever reads it: each event is encoded once and kept
 * until there are too many. A reader is a place in this history, and holds nothing of its own: one
 * that is slower than events come loses the oldest, and is told how many.
 *
 * ```text
 *  forgotten      history
 * 1 2 3 4 5 | 6 7 8 9 10 11      the last id is EPOCH-11
 *     ^         ^           ^
 *     |         a reader    a reader that has all
 *     one that has missed 2
 * ```
 *
 * @module
 */

import type { Clock, Timer } from "../base/clock.ts";
import { encodeEvent, encodeHeartbeat, encodeOpening } from "../codec/event-stream/event-stream.ts";
import type { EventFilter } from "./event-filter.ts";
import type { EventOutput, EventRequest, EventSource, OpenedEvents } from "./event-source.ts";
import { type MissedReason, type RecordedEvent, recordEvent } from "./server-event.ts";

/** Events of so long go out together: of a rush a reader costs fifty writes a second. */
const FLUSH_MS = 20;
/** So many go out at once, or half of what is kept: in one rush a reader is to lose none. */
const FLUSH_LENGTH = 128;
/** A reader to whom nothing has been written for so long is shown that the connection is alive. */
const HEARTBEAT_MS = 15_000;
/** When clients are to come again: soon, but not all at once on a machine that has just started. */
const RETRY_MS = 2_000;
/** Bytes that are handed over at a time. */
const PIECE_SIZE = 64 * 1024;
/** What an event takes in memory beside its bytes, roughly. */
const ENTRY_SIZE = 256;

const ID = /^([^-]+)-(\d{1,15})$/;

export interface EventFeedLimits {
  /** How many events are kept. */
  readonly lengthMax: number;
  /** Bytes that they may take. The latest is always kept. */
  readonly sizeMax: number;
}

export interface EventFeedOptions {
  readonly clock: Clock;
  /** Unlike that of any other start of the server; without `-`. */
  readonly epoch: string;
  readonly limits: EventFeedLimits;
}

interface Entry {
  readonly event: RecordedEvent;
  readonly bytes: Uint8Array;
}

export class EventFeed implements EventSource {
  readonly #clock: Clock;
  readonly #epoch: string;
  #limits: EventFeedLimits;
  /** By sequence number, from 1, without gaps. */
  readonly #entries = new Map<number, Entry>();
  readonly #readers = new Set<FeedReader>();
  #last = 0;
  #size = 0;
  #flushTimer: Timer | undefined;
  /** Events since readers were last handed something. */
  #unflushed = 0;

  constructor({ clock, epoch, limits }: EventFeedOptions) {
    this.#clock = clock;
    this.#epoch = epoch;
    this.#limits = limits;
  }

  /** How many events are kept. */
  get length(): number {
    return this.#entries.size;
  }

  /** Bytes that they take. */
  get size(): number {
    return this.#size;
  }

  /** How many read. */
  get readerCount(): number {
    return this.#readers.size;
  }

  /** The sequence numbers of the latest event, and of the oldest that is kept, one more if none is. */
  get last(): number {
    return this.#last;
  }

  get first(): number {
    return this.#last - this.#entries.size + 1;
  }

  configure(limits: EventFeedLimits): void {
    this.#limits = limits;
    this.#forget();
  }

  publish(event: RecordedEvent): void {
    this.#last += 1;
    const id = this.idOf(this.#last);
    const bytes = encodeEvent({ name: event.type, id, data: JSON.stringify(event) });
    this.#entries.set(this.#last, { event, bytes });
    this.#size += bytes.length + ENTRY_SIZE;
    this.#forget();
    if (this.#readers.size === 0) return;
    this.#unflushed += 1;
    if (this.#unflushed >= Math.min(FLUSH_LENGTH, this.#limits.lengthMax / 2)) this.flush();
    else this.#flushTimer ??= this.#clock.setTimer(FLUSH_MS, () => this.flush());
  }

  async open({ filter, lastEventId }: EventRequest, output: EventOutput): Promise<OpenedEvents> {
    const reader: FeedReader = new FeedReader(this, filter, output, {
      ...this.#place(lastEventId),
      nowMs: () => this.#clock.monotonicMs(),
      wallMs: () => this.#clock.wallMs(),
      closed: () => this.#readers.delete(reader),
    });
    this.#readers.add(reader);
    return reader;
  }

  /** Hands over at once what readers have not got. */
  flush(): void {
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    this.#unflushed = 0;
    for (const reader of this.#readers) reader.pump();
  }

  idOf(sequence: number): string {
    return `${this.#epoch}-${sequence}`;
  }

  entry(sequence: number): Entry | undefined {
    return this.#entries.get(sequence);
  }

  /** Where somebody goes on who comes again. */
  #place(lastEventId: string | undefined): Pick<ReaderStart, "next" | "missed"> {
    if (lastEventId === undefined) return { next: this.#last + 1, missed: undefined };
    const [, epoch, number] = ID.exec(lastEventId) ?? [];
    const sequence = Number(number);
    if (epoch !== this.#epoch || sequence > this.#last) {
      return { next: this.first, missed: "other_start" };
    }
    return { next: sequence + 1, missed: undefined };
  }

  #forget(): void {
    const { lengthMax, sizeMax } = this.#limits;
    while (this.#entries.size > 1) {
      if (this.#entries.size <= lengthMax && this.#size <= sizeMax) return;
      const { first } = this;
      this.#size -= (this.#entries.get(first)?.bytes.length ?? 0) + ENTRY_SIZE;
      this.#entries.delete(first);
    }
  }
}

interface ReaderStart {
  /** The sequence number to go on with. */
  readonly next: number;
  readonly missed: MissedReason | undefined;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly closed: () => void;
}

/** A reader's place in the history. */
class FeedReader implements OpenedEvents {
  readonly #feed: EventFeed;
  readonly #filter: EventFilter;
  readonly #output: EventOutput;
  readonly #start: ReaderStart;
  #next: number;
  /** It has not been told yet why events are missing for it. */
  #missed: MissedReason | undefined;
  /** What it may be missing when it is late. */
  #lateReason: MissedReason = "too_old";
  /** Not before it has been started. */
  #hasRoom = false;
  #isClosed = false;
  #writtenMs = 0;

  constructor(feed: EventFeed, filter: EventFilter, output: EventOutput, start: ReaderStart) {
    this.#feed = feed;
    this.#filter = filter;
    this.#output = output;
    this.#start = start;
    this.#next = start.next;
    this.#missed = start.missed;
  }

  start(): void {
    this.#write(encodeOpening(this.#feed.idOf(this.#next - 1), RETRY_MS));
    this.pump();
    this.#lateReason = "too_slow";
  }

  more(): void {
    this.#hasRoom = true;
    this.pump();
  }

  sweep(nowMs: number): void {
    if (this.#isClosed || !this.#hasRoom || nowMs - this.#writtenMs < HEARTBEAT_MS) return;
    this.#write(encodeHeartbeat(this.#feed.idOf(this.#next - 1)));
  }

  close(): void {
    this.#isClosed = true;
    this.#start.closed();
  }

  /** Hands over what there is, as far as there is room. */
  pump(): void {
    while (this.#hasRoom && !this.#isClosed) {
      const piece = this.#take();
      if (piece === undefined) return;
      this.#write(piece);
    }
  }

  /** What comes next, as much as is handed over at a time; `undefined`: it has all. */
  #take(): Uint8Array | undefined {
    const feed = this.#feed;
    const parts: Uint8Array[] = [];
    let size = 0;
    const missed = this.#takeMissed();
    if (missed !== undefined) {
      parts.push(missed);
      size += missed.length;
    }
    while (this.#next <= feed.last && size < PIECE_SIZE) {
      const entry = feed.entry(this.#next);
      this.#next += 1;
      if (entry === undefined || !this.#filter.matches(entry.event)) continue;
      parts.push(entry.bytes);
      size += entry.bytes.length;
    }
    return parts.length === 0 ? undefined : join(parts, size);
  }

  #takeMissed(): Uint8Array | undefined {
    const feed = this.#feed;
    const count = feed.first - this.#next;
    const reason = this.#missed ?? (count > 0 ? this.#lateReason : undefined);
    if (reason === undefined) return undefined;
    const known = this.#missed === undefined ? count : null;
    this.#missed = undefined;
    this.#next = feed.first;
    const event = { type: "events.missed", reason, count: known } as const;
    const data = JSON.stringify(recordEvent(event, this.#start.wallMs(), null));
    return encodeEvent({ name: event.type, id: feed.idOf(this.#next - 1), data });
  }

  #write(bytes: Uint8Array): void {
    this.#writtenMs = this.#start.nowMs();
    this.#hasRoom = this.#output.write(bytes);
  }
}

function join(parts: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const joined = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
