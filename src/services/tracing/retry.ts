/**
 * When to send again what a collector did not take.
 *
 * Spec: OpenTelemetry Protocol 1.5, "Failures" and "OTLP/HTTP Throttling".
 *
 * @module
 */

/** All others are for good. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Half a minute in all, in which a collector has been started anew. */
export const ATTEMPTS_MAX = 6;
const FIRST_DELAY_MS = 1_000;
/** A collector that asks for more is held to this, as what waits has a limit. */
const DELAY_MS_MAX = 60_000;
/** So much of a delay is left to chance, so that servers do not all come back at once. */
const JITTER = 0.5;

export function isRetryable(status: number): boolean {
  return RETRYABLE.has(status);
}

export interface Refusal {
  /** From 1. */
  readonly attempt: number;
  /** The header field `Retry-After`: seconds, or a date. */
  readonly retryAfter: string | undefined;
  /** From 0 to 1. */
  readonly chance: number;
}

/** @param nowMs Wall time. */
export function retryDelayMs({ attempt, retryAfter, chance }: Refusal, nowMs: number): number {
  const asked = parseRetryAfter(retryAfter, nowMs);
  if (asked !== undefined) return Math.min(asked, DELAY_MS_MAX);
  const delayMs = FIRST_DELAY_MS * 2 ** (attempt - 1);
  return Math.min(delayMs * (1 + JITTER * chance), DELAY_MS_MAX);
}

function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
