/**
 * What the log says of a session that has ended.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import type { Session } from "./session-registry.ts";

/** @param failure A bug that ended it; `undefined` for an end that belongs to the day's work. */
export function logSessionEnd(
  logger: Logger,
  session: Session,
  end: { readonly nowMs: number; readonly reason: string; readonly failure: unknown },
): void {
  const fields = {
    clientId: session.clientId,
    type: session.clientType,
    protocol: session.protocol,
    address: session.remoteAddress,
    url: session.streamUrl,
    seconds: Math.round((end.nowMs - session.startedMs) / 100) / 10,
    receivedSize: session.receivedSize,
    sentSize: session.sentSize,
    skips: session.skipCount,
    skippedSize: session.skippedSize,
    reason: end.reason,
  };
  if (end.failure === undefined) logger.info("session ended", fields);
  else logger.error("session ended", { ...fields, error: end.failure });
}
