/**
 * What sessions come to, by the protocol that they speak: those that are over are added up here.
 *
 * @module
 */

import { Histograms } from "./histogram.ts";
import type { ProtocolReport } from "./reports.ts";
import type { Session, SessionProtocol } from "./session-registry.ts";

/** In seconds: from a cached key frame, at once, to a key frame every 10 s and a late publisher. */
const FIRST_FRAME_BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

interface Counts {
  sessionsTotal: number;
  errors: number;
  receivedSize: number;
  sentSize: number;
  skips: number;
  skippedSize: number;
}

export class ProtocolFigures {
  readonly #counts = new Map<SessionProtocol, Counts>();
  readonly #firstFrames = new Histograms<SessionProtocol>(FIRST_FRAME_BOUNDS);

  added({ protocol }: Session): void {
    this.#of(protocol).sessionsTotal += 1;
  }

  removed(session: Session, isFailed: boolean): void {
    const counts = this.#of(session.protocol);
    addSession(counts, session);
    if (isFailed) counts.errors += 1;
  }

  /** A player has been sent its first key frame, so long after it asked. */
  firstFrame(protocol: SessionProtocol, durationMs: number): void {
    this.#firstFrames.of(protocol).observe(durationMs / 1_000);
  }

  /** @param sessions Those that are there. */
  report(sessions: Iterable<Session>): Readonly<Record<string, ProtocolReport>> {
    const firstFrames = this.#firstFrames.report();
    const all = new Map<string, Counts & { sessions: number }>();
    for (const [protocol, counts] of this.#counts) all.set(protocol, { ...counts, sessions: 0 });
    for (const session of sessions) {
      const counts = all.get(session.protocol);
      if (counts === undefined) continue;
      addSession(counts, session);
      counts.sessions += 1;
    }
    return Object.fromEntries(
      Array.from(all, ([protocol, counts]) => {
        const firstFrame = firstFrames[protocol] ?? null;
        return [protocol, { ...counts, firstFrame }];
      }),
    );
  }

  #of(protocol: SessionProtocol): Counts {
    let counts = this.#counts.get(protocol);
    if (counts === undefined) {
      counts = {
        sessionsTotal: 0,
        errors: 0,
        receivedSize: 0,
        sentSize: 0,
        skips: 0,
        skippedSize: 0,
      };
      this.#counts.set(protocol, counts);
    }
    return counts;
  }
}

function addSession(counts: Counts, session: Session): void {
  counts.receivedSize += session.receivedSize;
  counts.sentSize += session.sentSize;
  counts.skips += session.skipCount;
  counts.skippedSize += session.skippedSize;
}
