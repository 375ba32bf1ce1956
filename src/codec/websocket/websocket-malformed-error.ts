/**
 * Malformed frames, together with the close code that tells their sender so.
 *
 * Spec: RFC 6455, section 7.4 (which code for which fault).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

export class WebSocketMalformedError extends MalformedError {
  /** What the close frame in answer says. */
  readonly closeCode: number;

  constructor(closeCode: number, message: string, offset: number, options?: ErrorOptions) {
    super(message, offset, options);
    this.closeCode = closeCode;
  }
}
