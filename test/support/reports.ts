/**
 * Reports as a server gives them, for tests of what is made of them.
 *
 * @module
 */

import { formatStreamUrl, type StreamName } from "../../src/base/stream-name.ts";
import type { MachineReport } from "../../src/live/machine-report.ts";
import { PROCESS_STAT_NUMBERS, type ProcessStat } from "../../src/live/process-stat.ts";
import type {
  BroadcastReport,
  ForwardReport,
  IngestReport,
  ProcessReport,
  PullReport,
  RecordingProblem,
  RecordingReport,
  SessionReport,
  StreamReport,
  TranscodeReport,
  TransportReport,
  VhostReport,
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
  receivedRate: 480,
  sentRate: 242_300,
  lagSize: 20_000,
  lagMs: 700,
  skips: 2,
  skippedSize: 50_000,
  transport: null,
};

/** What /proc/self/stat of SRS had in the capture, as far as tests look at it. */
const STAT: ProcessStat = {
  command: "sluice",
  state: "R",
  numbers: {
    ...(Object.fromEntries(
      PROCESS_STAT_NUMBERS.map((name) => [name, 0]),
    ) as ProcessStat["numbers"]),
    ppid: 1,
    pgrp: 28_569,
    utime: 31,
    stime: 12,
    num_threads: 4,
    rss: 7_129,
    rsslim: -1,
  },
};

export const TRANSPORT: TransportReport = {
  protocol: "udp",
  rttMs: 30,
  lossRate: 0.02,
  lostPackets: 11,
  jitterMs: 4,
  nackedPackets: 9,
  repeatedPackets: 8,
  keyFrameRequests: 2,
  bandwidth: 3_000_000,
  codecs: ["H264/90000"],
};

export const PROCESS: ProcessReport = {
  pid: 28_619,
  parentPid: 1,
  commandLine: ["./bin/sluice", "-c", "all.conf"],
  workingFolder: "/usr/local/sluice",
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
  stat: STAT,
  use: {
    userMs: 1_900,
    systemMs: 400,
    residentSizeMax: 31_170_560,
    minorFaults: 4_584,
    majorFaults: 2,
    swaps: 0,
    blocksRead: 224,
    blocksWritten: 2_800,
    messagesSent: 0,
    messagesReceived: 0,
    signals: 0,
    voluntarySwitches: 14_092,
    involuntarySwitches: 258,
  },
  connections: 3,
  connectionsMax: 1_000,
  streams: 1,
  sessions: { "rtmp-play": 1, "fmle-publish": 1 },
  sessionsTotal: 7,
  receivedSize: 1_750_000,
  sentSize: 3_520_000,
  drops: { skips: 4, skippedSize: 90_000, writeTimeouts: 1 },
  protocols: {
    rtmp: {
      sessions: 2,
      sessionsTotal: 5,
      errors: 3,
      receivedSize: 1_740_000,
      sentSize: 1_770_000,
      skips: 4,
      skippedSize: 80_000,
      firstFrame: { bounds: [0.05, 0.5], buckets: [6, 8], sum: 1.5, count: 9 },
    },
  },
  flushes: { rtmp: { bounds: [0.001, 0.01], buckets: [10, 11], sum: 0.25, count: 12 } },
  eventLoopDelay: { bounds: [0.005, 0.1], buckets: [860, 862], sum: 0.75, count: 864 },
  ofWorkers: null,
  programs: { running: 22, runningMax: 64, starts: 25, failures: 23, kills: 24, refusals: 21 },
  hooks: {
    bounds: [0.05, 1],
    events: [
      {
        event: "on_play",
        calls: { ok: 13, refused: 2, failed: 1 },
        buckets: [14, 15],
        seconds: 2.5,
        lost: 6,
      },
    ],
    queueLength: 17,
  },
  tracing: { sent: 18, dropped: 20, queueLength: 21 },
  recordings: {
    ...{ streams: 22, failing: 23, finished: 24, finishedSize: 25, failed: 26, waitingSize: 27 },
    framesLeftOut: 28,
  },
};

export const VHOST: VhostReport = {
  name: "__defaultVhost__",
  streams: 1,
  clients: 3,
  receivedSize: 1_743_081,
  sentSize: 3_514_417,
  receivedRate: 243_210,
  sentRate: 504_400,
};

/** Memory and network as in the capture. */
export const MACHINE: MachineReport = {
  sampledMs: 1_795_197_505_488,
  coreCount: 2,
  cpu: {
    ...{ user: 10_534, nice: 61_371, system: 19_544, idle: 80_682, ioWait: 558, irq: 0 },
    ...{ softIrq: 326, steal: 300, guest: 0, use: 0.524 },
  },
  memory: {
    totalSize: 24_684_084 * 1024,
    freeSize: 16_349_828 * 1024,
    buffersSize: 63_812 * 1024,
    cachedSize: 7_201_552 * 1024,
    swapSize: 0,
    swapFreeSize: 0,
  },
  disk: { readRate: 4_598 * 1024, writeRate: 23_101 * 1024, busy: 0.0912 },
  network: {
    publicReceivedSize: 0,
    publicSentSize: 0,
    privateReceivedSize: 2_123_979_942,
    privateSentSize: 211_300_855,
  },
  connections: { total: 323, established: 210, timeWait: 99, udp: 5 },
  uptime: { seconds: 914.52, idleSeconds: 868.88 },
  load: { oneMinute: 1.86, fiveMinutes: 2.78, fifteenMinutes: 1.71 },
  kernel: { name: "Linux", hostName: "vm", release: "6.18.44", version: "#1 SMP" },
};

/** Of a system that tells nothing. */
export const UNKNOWN_MACHINE: MachineReport = {
  ...MACHINE,
  ...{ cpu: null, memory: null, disk: null, network: null, connections: null },
  ...{ uptime: null, load: null, kernel: null },
};

export const FORWARD: ForwardReport = {
  url: "/live/show",
  destination: "rtmp://b.example/live/show",
  state: "forwarding",
  stateMs: 6_499,
  connects: 2,
  failures: 1,
  problem: "",
  sentSize: 215_833,
  lagMs: 120,
  skips: 3,
};

export const PULL: PullReport = {
  id: "lobby",
  url: "/live/lobby",
  source: "http://cam.example/lobby.flv",
  state: "pausing",
  stateMs: 250,
  connects: 1,
  failures: 2,
  problem: "The server answers 404",
};

const RUN = {
  stateMs: 12_500,
  pid: 4_711,
  starts: 2,
  kills: 1,
  problem: "ended by SIGKILL",
} as const;

export const TRANSCODE: TranscodeReport = {
  ...RUN,
  url: "/live/show",
  block: "*",
  engine: "ff",
  output: "rtmp://127.0.0.1:1935/live/show_ff",
  state: "running",
  progress: {
    frames: 250,
    fps: 25,
    speed: 1.01,
    outTimeMs: 10_000,
    outSize: 500_000,
    droppedFrames: 3,
  },
};

export const INGEST: IngestReport = {
  ...RUN,
  vhost: "__defaultVhost__",
  id: "film",
  engine: "",
  input: "./film.flv",
  output: "rtmp://127.0.0.1:1935/live/film",
  state: "pausing",
  pid: null,
  progress: null,
};

/** A view that tells what it was given, and notes who is kicked. */
export const DVR: RecordingReport = {
  ...{ url: "/live/show", file: "./html/live/show.1795197500000.flv" },
  ...{ format: "flv", plan: "session" },
  ...{ startedWallMs: 1_795_197_500_000.4, durationMs: 10_040, size: 1_743_081 },
  ...{ isAskedFor: true, isWaiting: false, isFailing: false },
};

export class FixedView implements ServerView {
  readonly kicked: string[] = [];
  streamReports: readonly StreamReport[] = [STREAM];
  sessionReports: readonly SessionReport[] = [PLAYER];
  processReports: readonly ProcessReport[] = [PROCESS];
  vhostReports: readonly VhostReport[] = [VHOST];
  forwardReports: readonly ForwardReport[] = [FORWARD];
  pullReports: readonly PullReport[] = [PULL];
  transcodeReports: readonly TranscodeReport[] = [TRANSCODE];
  ingestReports: readonly IngestReport[] = [INGEST];
  /** Ingesters that somebody has started or stopped. */
  readonly ingestsSet: string[] = [];
  dvrReports: readonly RecordingReport[] = [DVR];
  /** What somebody has had recorded, or not any more, and what is said to that. */
  readonly dvrsSet: string[] = [];
  dvrProblem: RecordingProblem | undefined;
  machineReport: MachineReport = MACHINE;

  async streams(): Promise<readonly StreamReport[]> {
    return this.streamReports;
  }

  async sessions(): Promise<readonly SessionReport[]> {
    return this.sessionReports;
  }

  async processes(): Promise<readonly ProcessReport[]> {
    return this.processReports;
  }

  async vhosts(): Promise<readonly VhostReport[]> {
    return this.vhostReports;
  }

  async forwards(): Promise<readonly ForwardReport[]> {
    return this.forwardReports;
  }

  async pulls(): Promise<readonly PullReport[]> {
    return this.pullReports;
  }

  async transcodes(): Promise<readonly TranscodeReport[]> {
    return this.transcodeReports;
  }

  async ingests(): Promise<readonly IngestReport[]> {
    return this.ingestReports;
  }

  async dvrs(): Promise<readonly RecordingReport[]> {
    return this.dvrReports;
  }

  async setDvr(name: StreamName, isRunning: boolean): Promise<RecordingProblem | undefined> {
    this.dvrsSet.push(`${formatStreamUrl(name)} ${isRunning ? "recorded" : "stopped"}`);
    return this.dvrProblem;
  }

  async setIngest(vhost: string, id: string, isRunning: boolean): Promise<boolean> {
    const isThere = this.ingestReports.some((one) => one.vhost === vhost && one.id === id);
    if (isThere) this.ingestsSet.push(`${id} ${isRunning ? "started" : "stopped"}`);
    return isThere;
  }

  async changeFeed(): Promise<undefined> {
    return undefined;
  }

  async machine(): Promise<MachineReport> {
    return this.machineReport;
  }

  async kick(clientId: string, reason: string): Promise<boolean> {
    const isThere = this.sessionReports.some((report) => report.clientId === clientId);
    if (isThere) this.kicked.push(`${clientId} ${reason}`);
    return isThere;
  }
}

/** With something for every family of metrics to tell of. */
export function createFullView(): FixedView {
  const view = new FixedView();
  const webrtc = PROCESS.protocols["rtmp"];
  view.streamReports = [{ ...STREAM, broadcasts: [BROADCAST] }];
  view.processReports =
    webrtc === undefined
      ? [PROCESS]
      : [{ ...PROCESS, protocols: { ...PROCESS.protocols, webrtc } }];
  view.sessionReports = [PLAYER, { ...PLAYER, transport: TRANSPORT }];
  return view;
}
