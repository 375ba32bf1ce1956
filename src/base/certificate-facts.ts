/**
 * What a certificate says of itself.
 *
 * Spec: RFC 5280, sections 4.1.2.5 (validity) and 4.1.2.6 (subject).
 *
 * @module
 */

/** Times are milliseconds since the Unix epoch. */
export interface CertificateFacts {
  /** Whose it is, such as `CN=live.example.com`. */
  readonly subject: string;
  readonly validFromMs: number;
  readonly validUntilMs: number;
}
