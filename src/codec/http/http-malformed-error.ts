/**
 * A malformed HTTP message, together with the status that tells its sender so.
 *
 * Spec: RFC 9110, section 15.5 (which status for which fault).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

export class HttpMalformedError extends MalformedError {
  /** What a server answers. */
  readonly status: number;

  constructor(status: number, message: string, offset: number, options?: ErrorOptions) {
    super(message, offset, options);
    this.status = status;
  }
}
