/**
 * Reports as a server gives them, for tests of what is made of them.
 *
 * @module
 */

import type {
  BroadcastReport,
  ProcessReport,
  SessionReport,
  StreamReport,
} from "../../src/live/reports.ts";
import type { ServerView } from "../../src/live/server-view.ts";

export const STREAM: StreamReport = {
  url: "/live/livestream",
  vhost: "__defaultVhost__",
  app: "live",
  name: "livestream",
  tcUrl: "rtmp://127.0.0.1:1935/live",
  publisher: { clientId: "nd481804", sinceMs: 1_795_197_450_000 },
  isRelayed: false,
  // H.264 Main at level 3; AAC-LC, 44.1 kHz, stereo.
  video: { codec: "h264", configuration: "AU1AHv/hAAA=" },
  audio: { codec: "aac", configuration: "EhA=" },
  width: 768,
  height: 320,
  videoFrames: 1_500,
  audioFrames: 2_580,
  receivedSize: 1_743_081,
  sentSize: 3_514_417,
  receivedRate: 243_210,
  sentRate: 504_400,
  clients: 3,
  subscribers: 2,
  gopCache: { isEnabled: true, frames: 60, framesMax: 2_500, size: 180_000, sizeMax: 33_554_432 },
  queue: { durationMs: 30_000, sizeMax: 4_194_304, writeTimeoutMs: 15_000 },
  broadcasts: [],
  drops: { skips: 4, skippedSize: 90_000, writeTimeouts: 1 },
};

export const BROADCAST: BroadcastReport = {
  format: "rtmp/60000/1/relative",
  isForPeers: false,
  subscribers: 1,
  chainSize: 120_000,
  chainMs: 1_900,
  lagSizeMax: 20_000,
  lagMsMax: 700,
};

export const PLAYER: SessionReport = {
  clientId: "s1999172",
  clientType: "rtmp-play",
  address: "127.0.0.1",
  url: "/live/livestream",
  vhost: "__defaultVhost__",
  app: "live",
  stream: "livestream",
  tcUrl: "rtmp://127.0.0.1:1935/live",
  pageUrl: "",
  swfUrl: "",
  isPublishing: false,
  aliveMs: 58_350,
  receivedSize: 3_502,
  sentSize: 1_749_658,
  lagSize: 20_000,
  lagMs: 700,
  skips: 2,
  skippedSize: 50_000,
};

export const PROCESS: ProcessReport = {
  pid: 28_619,
  role: "single",
  worker: null,
  startedMs: 1_795_197_424_500,
  uptimeMs: 86_400,
  cpuUserMs: 1_200,
  cpuSystemMs: 550,
  cpuLoad: 0.021,
  residentSize: 31_170_560,
  heapSize: 8_000_000,
  openFiles: 19,
  pendingTimers: 4,
  connections: 3,
  connectionsMax: 1_000,
  streams: 1,
  sessions: { "rtmp-play": 1, "fmle-publish": 1 },
  sessionsTotal: 7,
  receivedSize: 1_750_000,
  sentSize: 3_520_000,
  drops: { skips: 4, skippedSize: 90_000, writeTimeouts: 1 },
};

/** A view that tells what it was given, and notes who is kicked. */
export class FixedView implements ServerView {
  readonly kicked: string[] = [];
  streamReports: readonly StreamReport[] = [STREAM];
  sessionReports: readonly SessionReport[] = [PLAYER];
  processReports: readonly ProcessReport[] = [PROCESS];

  async streams(): Promise<readonly StreamReport[]> {
    return this.streamReports;
  }

  async sessions(): Promise<readonly SessionReport[]> {
    return this.sessionReports;
  }

  async processes(): Promise<readonly ProcessReport[]> {
    return this.processReports;
  }

  async kick(clientId: string, reason: string): Promise<boolean> {
    const isThere = this.sessionReports.some((report) => report.clientId === clientId);
    if (isThere) this.kicked.push(`${clientId} ${reason}`);
    return isThere;
  }
}
