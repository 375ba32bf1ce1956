/**
 * Server-sent events as they are sent: blocks of lines, each block ended by an empty line.
 *
 * ```text
 * event: stream.published        a block with data is an event of that name
 * id: 4tf0kq2z-17                what the client says in Last-Event-ID when it comes again
 * data: {"type":"stream.publ...
 *
 * :                              a comment, which keeps the connection alive
 * id: 4tf0kq2z-18                without data: no event, but the id counts from here on
 *
 * ```
 *
 * Spec: WHATWG HTML, sections 9.2.5 (Parsing an event stream) and 9.2.6 (Interpreting an event stream).
 *
 * @module
 */

const TEXT_ENCODER = new TextEncoder();

/** The media type of an event stream, which is always UTF-8. */
export const EVENT_STREAM_TYPE = "text/event-stream";

/** What would end a line, or make browsers ignore an id. */
const UNSAFE = /[\r\n\0]/;
const LINE_END = /\r\n|\r|\n/;

export interface EventBlock {
  /** Of one line. */
  readonly name: string;
  /** Of one line, without NUL. */
  readonly id: string;
  /** Of any number of lines. */
  readonly data: string;
}

/** @throws {RangeError} If the name or the id cannot be said. */
export function encodeEvent({ name, id, data }: EventBlock): Uint8Array {
  const lines = data.split(LINE_END).map((line) => `data: ${line}\n`);
  return TEXT_ENCODER.encode(
    `event: ${checkLine(name)}\nid: ${checkLine(id)}\n${lines.join("")}\n`,
  );
}

/**
 * What begins a stream: the id of what has happened before it.
 *
 * @param retryMs How long clients are to wait before they come again.
 * @throws {RangeError} If the id cannot be said.
 */
export function encodeOpening(id: string, retryMs: number): Uint8Array {
  return TEXT_ENCODER.encode(`retry: ${Math.round(retryMs)}\nid: ${checkLine(id)}\n\n`);
}

/** A sign of life, with the id of what has happened so far. @throws {RangeError} Likewise. */
export function encodeHeartbeat(id: string): Uint8Array {
  return TEXT_ENCODER.encode(`:\nid: ${checkLine(id)}\n\n`);
}

function checkLine(text: string): string {
  if (UNSAFE.test(text)) throw new RangeError("Cannot encode event: a field has a line end or NUL");
  return text;
}
