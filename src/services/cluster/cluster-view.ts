/**
 * The server as all of its processes together know it: each is asked, and a peer that does not answer
 * is left out.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { StreamName } from "../../base/stream-name.ts";
import type { FeedAnswer, FeedChange } from "../../live/feeds.ts";
import type { MachineReport } from "../../live/machine-report.ts";
import { mergeStreams } from "../../live/merge-streams.ts";
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
} from "../../live/reports.ts";
import type { ServerView } from "../../live/server-view.ts";
import { mergeVhosts } from "../../live/vhost-report.ts";
import { HttpClient } from "../../protocols/http/client.ts";
import type { Tcp } from "../../runtime/runtime.ts";
import { connectorTo, type Peer, type Peers, peerUrl } from "./peer.ts";
import { DVR_PATH, FEED_PATH, INGEST_PATH, KICK_PATH, REPORT_PATHS } from "./peer-server.ts";

/** Reports are made in milliseconds; whoever asked for them, such as a metrics scraper, waits 10 s. */
const ANSWER_MS_MAX = 2_000;

/** A hundred thousand sessions. */
const REPORT_SIZE_MAX = 64 << 20;

export interface ClusterViewPorts {
  /** This process's name among its peers. */
  readonly name: string;
  /** What this process alone knows. */
  readonly local: ServerView;
  readonly peers: Peers;
  readonly tcp: Tcp;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class ClusterView implements ServerView {
  readonly #ports: ClusterViewPorts;

  constructor(ports: ClusterViewPorts) {
    this.#ports = ports;
  }

  async streams(): Promise<readonly StreamReport[]> {
    return mergeStreams(await this.#gather("streams", (local) => local.streams()));
  }

  async sessions(): Promise<readonly SessionReport[]> {
    return (await this.#gather("sessions", (local) => local.sessions())).flat();
  }

  async processes(): Promise<readonly ProcessReport[]> {
    return (await this.#gather("processes", (local) => local.processes())).flat();
  }

  async vhosts(): Promise<readonly VhostReport[]> {
    const [vhosts, streams] = await Promise.all([
      this.#gather("vhosts", (local) => local.vhosts()),
      this.streams(),
    ]);
    return mergeVhosts(vhosts, streams);
  }

  async forwards(): Promise<readonly ForwardReport[]> {
    return (await this.#gather("forwards", (local) => local.forwards())).flat();
  }

  async pulls(): Promise<readonly PullReport[]> {
    return (await this.#gather("pulls", (local) => local.pulls())).flat();
  }

  async transcodes(): Promise<readonly TranscodeReport[]> {
    return (await this.#gather("transcodes", (local) => local.transcodes())).flat();
  }

  async ingests(): Promise<readonly IngestReport[]> {
    return (await this.#gather("ingests", (local) => local.ingests())).flat();
  }

  async dvrs(): Promise<readonly RecordingReport[]> {
    return (await this.#gather("dvrs", (local) => local.dvrs())).flat();
  }

  /** Workers have one machine. */
  machine(): Promise<MachineReport> {
    return this.#ports.local.machine();
  }

  async kick(clientId: string, reason: string): Promise<boolean> {
    if (await this.#ports.local.kick(clientId, reason)) return true;
    return this.#tell(peerUrl(KICK_PATH, { client: clientId, reason }));
  }

  async setIngest(vhost: string, id: string, isRunning: boolean): Promise<boolean> {
    if (await this.#ports.local.setIngest(vhost, id, isRunning)) return true;
    return this.#tell(peerUrl(INGEST_PATH, { vhost, id, run: isRunning ? "1" : "0" }));
  }

  async changeFeed(change: FeedChange): Promise<FeedAnswer | undefined> {
    const answer = await this.#ports.local.changeFeed(change);
    if (answer !== undefined) return answer;
    const answers = await this.#askAll(peerUrl(FEED_PATH), JSON.stringify(change));
    return answers.find((one) => one !== undefined) as FeedAnswer | undefined;
  }

  /** Whoever has the publisher does it; the others say that they have none. */
  async setDvr(name: StreamName, isRunning: boolean): Promise<RecordingProblem | undefined> {
    const problem = await this.#ports.local.setDvr(name, isRunning);
    if (problem === undefined || !isElsewhere(problem)) return problem;
    const run = isRunning ? "1" : "0";
    const answers = await this.#askAll(peerUrl(DVR_PATH, { ...name, run }));
    // The peer is the same program, so that what it says is a problem or `null`.
    const heard = (answers as ({ readonly problem: RecordingProblem | null } | undefined)[]).filter(
      (answer) => answer !== undefined,
    );
    if (heard.some((answer) => answer.problem === null)) return undefined;
    return heard.find((answer) => !isElsewhere(answer.problem))?.problem ?? problem;
  }

  /** @returns Whether any of the peers has done it. */
  async #tell(url: string): Promise<boolean> {
    const answers = await this.#askAll(url);
    return answers.some((answer) => answer !== undefined);
  }

  /** Has all peers do something. @returns What they answer; `undefined` of who has not done it. */
  #askAll(url: string, body?: string): Promise<readonly unknown[]> {
    const peers = this.#ports.peers.list();
    return Promise.all(peers.map((peer) => this.#ask(peer, "POST", url, body)));
  }

  /**
   * This process's report and those of all peers that answer, in the order of their names, so that
   * whoever asks the server page by page is told the same whichever process answers.
   */
  async #gather<Report>(
    what: keyof typeof REPORT_PATHS,
    report: (local: ServerView) => Promise<readonly Report[]>,
  ): Promise<(readonly Report[])[]> {
    const { name, local, peers } = this.#ports;
    const url = peerUrl(REPORT_PATHS[what]);
    const asked = peers.list().map((peer) => ({
      name: peer.name,
      // The peer is the same program, so that what it sends is what this one would.
      report: this.#ask(peer, "GET", url) as Promise<readonly Report[] | undefined>,
    }));
    const all = [...asked, { name, report: report(local) }];
    all.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    const reports = await Promise.all(all.map((part) => part.report));
    return reports.filter((part) => part !== undefined);
  }

  /** What the peer answers; `undefined`, with a line in the log, if it does not in time. */
  async #ask(peer: Peer, method: string, url: string, body = ""): Promise<unknown> {
    const { tcp, clock, logger } = this.#ports;
    const client = new HttpClient({ tcp: connectorTo(tcp, peer), clock });
    const bytes = new TextEncoder().encode(body);
    const request = { url, method, body: bytes, timeoutMs: ANSWER_MS_MAX, redirectsMax: 0 };
    try {
      const { status, body } = await client.fetch(request, REPORT_SIZE_MAX);
      return status === 200 ? JSON.parse(new TextDecoder().decode(body)) : undefined;
    } catch (error) {
      logger.warn("peer not heard", { peer: peer.name, reason: toError(error).message });
      return undefined;
    }
  }
}

/** Whether another process may have no such problem. */
function isElsewhere(problem: RecordingProblem | null): boolean {
  return problem === "not_published" || problem === "not_recorded";
}
