/**
 * What the server does, as a line for people.
 *
 * @module
 */

import type { LiveStream } from "../../live/live-stream.ts";
import type { Session } from "../../live/session-registry.ts";

/** Of a process that serves itself. */
export function describeSessions(
  streams: Iterable<Pick<LiveStream, "publication">>,
  sessions: Iterable<Pick<Session, "clientType">>,
): string {
  const published = [...streams].filter(({ publication }) => publication !== undefined);
  const viewers = [...sessions].filter(({ clientType }) => clientType.endsWith("-play"));
  return describeServing(published.length, viewers.length, "viewer");
}

/** @param who What is counted: `viewer`, or where that is not known `connection`. */
export function describeServing(streamCount: number, count: number, who: string): string {
  return `Serving ${countOf(streamCount, "stream")}, ${countOf(count, who)}`;
}

/** Such as `1 stream` and `2 streams`. */
export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
