/**
 * The head of an HTTP message: a start line, header fields, an empty line. Strict, because every
 * liberty taken here is one that a proxy in front may take in another way (request smuggling).
 *
 * Spec: RFC 9112, sections 2 to 5.
 *
 * @module
 */

import { IS_TEXT, IS_TOKEN, trimBlanks } from "./characters.ts";
import { HeaderFields } from "./header-fields.ts";
import { HttpMalformedError } from "./http-malformed-error.ts";
import { decodeLatin1 } from "./latin1.ts";

/** Bytes from the start line to the empty line. Cookies of 4 KiB and a long URI fit several times. */
export const HEAD_SIZE_MAX: number = 16 * 1024;
/** Browsers send about 15, chains of proxies some more; the same bound as Apache's default. */
export const FIELD_COUNT_MAX = 100;
/** Tokens in query strings run to some kilobytes; the bound RFC 9112 recommends is 8,000. */
export const URI_SIZE_MAX: number = 8 * 1024;

/** The rest of a start line: a method or a reason phrase, spaces, a version. */
const START_LINE_SIZE_MAX = URI_SIZE_MAX + 64;
const HELD_CAPACITY = 512; // Most heads; grows by doubling.

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;

const State = {
  Blank: 0,
  BlankEnd: 1,
  StartLine: 2,
  StartLineEnd: 3,
  Name: 4,
  Value: 5,
  ValueEnd: 6,
  HeadEnd: 7,
} as const;
type State = (typeof State)[keyof typeof State];

export interface Head {
  readonly startLine: string;
  readonly fields: HeaderFields;
}

/** Reads one head that arrives in pieces, looking at each byte once. */
export class HeadReader {
  #state: State;
  /** What came in earlier pieces; unused as long as the head lies in one piece. */
  #held: Uint8Array | undefined;
  #heldSize = 0;
  /** Bytes of the head so far; empty lines in front of it count, so that they end too. */
  #size = 0;
  /** Where in the head the start line ends, then each name and value start and end. */
  #marks: number[] = [];
  #lineStart = 0;
  #highBits = 0;

  /** @param allowsBlank Skip empty lines in front of the start line (RFC 9112, section 2.2). */
  constructor(allowsBlank: boolean) {
    this.#state = allowsBlank ? State.Blank : State.StartLine;
  }

  /** Whether anything of a head has come. */
  get isStarted(): boolean {
    return this.#size > 0;
  }

  /**
   * Takes the bytes from `offset` on. A reader is done after it has returned a head.
   *
   * @returns The head and the offset behind it, or `undefined` if more input is needed.
   * @throws {HttpMalformedError}
   */
  read(input: Uint8Array, offset: number): [Head, number] | undefined {
    let start = offset;
    if (this.#state <= State.BlankEnd) {
      start = this.#skipBlank(input, offset);
      if (this.#state <= State.BlankEnd) return undefined;
    }
    const end = this.#scan(input, start);
    const isDone = end >= 0;
    if (!isDone || this.#held !== undefined) this.#hold(input, start, isDone ? end : input.length);
    if (!isDone) return undefined;
    const bytes = this.#held?.subarray(0, this.#heldSize) ?? input.subarray(start, end);
    return [this.#cut(decodeLatin1(bytes, this.#highBits < 0x80)), end];
  }

  #skipBlank(input: Uint8Array, offset: number): number {
    let at = offset;
    for (; at < input.length; at++) {
      const byte = input[at];
      const expected = this.#state === State.Blank ? CR : LF;
      if (byte !== expected) {
        if (this.#state === State.BlankEnd) throw malformed("a carriage return is alone", at);
        this.#state = State.StartLine;
        return at;
      }
      this.#state = this.#state === State.Blank ? State.BlankEnd : State.Blank;
      this.#grow(1);
    }
    return at;
  }

  /** @returns The offset behind the head, or -1. */
  #scan(input: Uint8Array, start: number): number {
    const base = this.#heldSize - start; // Added to an offset in `input`: one in the head.
    let at = start;
    while (at < input.length) {
      const next = this.#scanPart(input, at, base);
      this.#grow(next - at);
      at = next;
      if (this.#state === State.HeadEnd && input[at - 1] === LF) return at;
    }
    return -1;
  }

  /** Scans to the end of the input or of what the state stands for, whichever comes first. */
  #scanPart(input: Uint8Array, at: number, base: number): number {
    switch (this.#state) {
      case State.StartLine:
        return this.#scanText(input, at, base);
      case State.Name:
        return this.#scanName(input, at, base);
      case State.Value:
        return this.#scanText(input, at, base);
      case State.StartLineEnd:
      case State.ValueEnd:
        expectLineFeed(input, at);
        this.#state = State.Name;
        this.#lineStart = base + at + 1;
        return at + 1;
      default:
        expectLineFeed(input, at);
        return at + 1;
    }
  }

  #scanText(input: Uint8Array, start: number, base: number): number {
    const isStartLine = this.#state === State.StartLine;
    // Looks no further than the limits, so that a flood is not scanned before it is refused.
    const end = Math.min(input.length, start + HEAD_SIZE_MAX);
    let highBits = this.#highBits;
    let at = start;
    for (; at < end; at++) {
      const byte = input[at] ?? 0;
      if (IS_TEXT[byte] !== 1) break;
      highBits |= byte;
    }
    this.#highBits = highBits;
    if (isStartLine && base + at > START_LINE_SIZE_MAX) {
      throw new HttpMalformedError(414, "Cannot read head: the start line is too long", at);
    }
    if (at === end) return at;
    if (input[at] !== CR) throw malformed(`control character ${input[at]}`, at);
    this.#marks.push(base + at);
    this.#state = isStartLine ? State.StartLineEnd : State.ValueEnd;
    return at + 1;
  }

  #scanName(input: Uint8Array, start: number, base: number): number {
    let at = start;
    while (at < input.length && IS_TOKEN[input[at] ?? 0] === 1) at++;
    if (at === input.length) return at;
    const isEmpty = base + at === this.#lineStart;
    const byte = input[at];
    if (byte === COLON && !isEmpty) {
      if (this.#marks.length >= FIELD_COUNT_MAX * 3) {
        throw new HttpMalformedError(431, "Cannot read head: too many header fields", at);
      }
      this.#marks.push(this.#lineStart, base + at);
      this.#state = State.Value;
    } else if (byte === CR && isEmpty) {
      this.#state = State.HeadEnd;
    } else if ((byte === SPACE || byte === TAB) && isEmpty) {
      throw malformed("a header line is folded", at);
    } else {
      throw malformed("a field name has a character that names do not have", at);
    }
    return at + 1;
  }

  #grow(size: number): void {
    this.#size += size;
    if (this.#size > HEAD_SIZE_MAX) {
      throw new HttpMalformedError(431, "Cannot read head: it is too large", 0);
    }
  }

  #hold(input: Uint8Array, start: number, end: number): void {
    const size = this.#heldSize + end - start;
    let held = this.#held;
    if (held === undefined || size > held.length) {
      const grown = new Uint8Array(Math.max(size, HELD_CAPACITY, (held?.length ?? 0) * 2));
      if (held !== undefined) grown.set(held.subarray(0, this.#heldSize));
      held = grown;
      this.#held = grown;
    }
    held.set(input.subarray(start, end), this.#heldSize);
    this.#heldSize = size;
  }

  #cut(text: string): Head {
    const marks = this.#marks;
    const fields = new HeaderFields();
    for (let i = 1; i < marks.length; i += 3) {
      const nameEnd = marks[i + 1] ?? 0;
      fields.append(
        text.slice(marks[i], nameEnd),
        trimBlanks(text.slice(nameEnd + 1, marks[i + 2])),
      );
    }
    return { startLine: text.slice(0, marks[0]), fields };
  }
}

function expectLineFeed(input: Uint8Array, at: number): void {
  if (input[at] !== LF) throw malformed("a carriage return is alone", at);
}

function malformed(why: string, offset: number): HttpMalformedError {
  return new HttpMalformedError(400, `Cannot read head: ${why}`, offset);
}
