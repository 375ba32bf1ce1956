/**
 * What can be known of the server as a whole, and done to it, whichever of its processes is asked:
 * the one layer beneath the HTTP API, the metrics and whatever else looks at the server.
 *
 * Reports are plain data, as JSON carries it, since they travel between processes.
 *
 * @module
 */

import type { StreamName } from "../base/stream-name.ts";
import type { FeedAnswer, FeedChange } from "./feeds.ts";
import type { MachineReport } from "./machine-report.ts";
import type {
  ForwardReport,
  IngestReport,
  ProcessReport,
  PullReport,
  RecordingProblem,
  RecordingReport,
  SessionReport,
  StreamReport,
  TranscodeReport,
  VhostReport,
} from "./reports.ts";

export interface ServerView {
  /** Every stream once, with the figures of all processes. */
  streams(): Promise<readonly StreamReport[]>;
  sessions(): Promise<readonly SessionReport[]>;
  processes(): Promise<readonly ProcessReport[]>;
  /** Every vhost that has had a stream, with the figures of all processes. */
  vhosts(): Promise<readonly VhostReport[]>;
  /** Streams on their way to other servers. */
  forwards(): Promise<readonly ForwardReport[]>;
  /** Streams that are fetched from other servers. */
  pulls(): Promise<readonly PullReport[]>;
  /** Streams on their way through encoders. */
  transcodes(): Promise<readonly TranscodeReport[]>;
  /** What is fetched and published here. */
  ingests(): Promise<readonly IngestReport[]>;
  /** Streams that are being recorded. */
  dvrs(): Promise<readonly RecordingReport[]>;
  /** The machine of the process that is asked. */
  machine(): Promise<MachineReport>;
  /** @returns Whether there was such a session. `reason` goes into the log. */
  kick(clientId: string, reason: string): Promise<boolean>;
  /**
   * Has an ingester run, or stop until it is told otherwise or configured anew.
   *
   * @returns Whether there is one of that name.
   */
  setIngest(vhost: string, id: string, isRunning: boolean): Promise<boolean>;
  /**
   * Adds something that fetches a stream, puts another in its place, or takes one away; it is gone when
   * the server starts anew.
   *
   * @returns `undefined`: nobody here fetches.
   */
  changeFeed(change: FeedChange): Promise<FeedAnswer | undefined>;
  /**
   * Has a stream recorded until its publisher leaves, whatever is set, or no more until it is published
   * again.
   *
   * @returns Why not; `undefined`: it is done.
   */
  setDvr(name: StreamName, isRunning: boolean): Promise<RecordingProblem | undefined>;
}
