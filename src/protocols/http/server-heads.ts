/**
 * Heads of responses with the fields that all answers of one server have.
 *
 * Spec: RFC 9110, sections 6.6.1 (Date) and 10.2.4 (Server).
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { encodeLatin1 } from "../../codec/http/latin1.ts";
import { type FieldList, formatField, formatResponseHead } from "../../codec/http/response-head.ts";

/** One per server: keeps the fields' text, which changes once a second. */
export class ServerHeads {
  readonly #clock: Clock;
  readonly #serverField: string;
  #fieldsSecond = -1;
  #fieldsText = "";

  /** @param serverName Such as `Sluice/1.0.0`. */
  constructor(clock: Clock, serverName: string) {
    this.#clock = clock;
    this.#serverField = formatField("Server", serverName);
  }

  /** Encodes a whole head: status line, `Server`, `Date`, `fields`, empty line. */
  encode(status: number, fields: FieldList): Uint8Array {
    const text = this.format(status, fields);
    const bytes = new Uint8Array(text.length);
    encodeLatin1(text, bytes);
    return bytes;
  }

  /** The same as text of one byte a character, to be encoded together with a body. */
  format(status: number, fields: FieldList): string {
    return formatResponseHead(status, fields, this.#commonFields());
  }

  #commonFields(): string {
    const second = Math.floor(this.#clock.wallMs() / 1_000);
    if (second !== this.#fieldsSecond) {
      const date = new Date(second * 1_000).toUTCString();
      this.#fieldsSecond = second;
      this.#fieldsText = `${this.#serverField}Date: ${date}\r\n`;
    }
    return this.#fieldsText;
  }
}
