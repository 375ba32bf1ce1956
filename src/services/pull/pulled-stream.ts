/**
 * One stream that is fetched from another server for as long as the configuration says so: again after a
 * pause whenever it ends.
 *
 * @module
 */

import type { Timer } from "../../base/clock.ts";
import { ProtocolError, toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { RestartPause } from "../../base/restart-pause.ts";
import { formatStreamUrl, type StreamName } from "../../base/stream-name.ts";
import type { Publication } from "../../live/publication.ts";
import type { PullReport, PullState } from "../../live/reports.ts";
import type { StreamHub } from "../../live/stream-hub.ts";
import { FlvSource } from "./flv-source.ts";
import { EndedPlaylists } from "./hls/ended-playlists.ts";
import { HlsSource } from "./hls/hls-source.ts";
import { guardInside } from "./inside-guard.ts";
import type { PullPorts, PullSource, PullTarget } from "./pull-source.ts";
import { RtmpSource } from "./rtmp-source.ts";

export interface PulledStreamPorts extends Omit<PullPorts, "tls"> {
  readonly hub: StreamHub;
  readonly logger: Logger;
  readonly tlsOptions: () => Promise<PullPorts["tls"]>;
}

export class PulledStream {
  /** What the configuration calls it. */
  readonly id: string;
  readonly name: StreamName;
  readonly url: string;
  readonly #ports: PulledStreamPorts;
  readonly #pause = new RestartPause();
  readonly #endedPlaylists = new EndedPlaylists();
  #state: PullState = "connecting";
  #sinceMs: number;
  #source: PullSource | undefined;
  #publication: Publication | undefined;
  #timer: Timer | undefined;
  #isStopped = false;
  #connectCount = 0;
  #failureCount = 0;
  #problem = "";

  constructor(ports: PulledStreamPorts, id: string, name: StreamName, url: string) {
    this.#ports = ports;
    this.id = id;
    this.name = name;
    this.url = url;
    this.#sinceMs = ports.clock.monotonicMs();
  }

  start(): void {
    void this.#connect();
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#leave(true);
    this.#log("info", "pull ended", {});
  }

  report(): PullReport {
    return {
      id: this.id,
      url: formatStreamUrl(this.name),
      source: showUrl(this.url),
      state: this.#state,
      stateMs: Math.round(this.#stateMs),
      connects: this.#connectCount,
      failures: this.#failureCount,
      problem: this.#problem,
    };
  }

  async #connect(): Promise<void> {
    this.#enter("connecting");
    try {
      const { tcp, clock, crypto, tlsOptions } = this.#ports;
      const ports = { tcp: guardInside(tcp), clock, crypto, tls: await tlsOptions() };
      if (this.#isStopped) return;
      const source: PullSource = this.#createSource(ports, {
        begin: () => this.#begin(source),
        lost: (error) => {
          if (this.#source === source) this.#lost(error);
        },
      });
      this.#source = source;
      source.start();
    } catch (error) {
      this.#lost(toError(error));
    }
  }

  #createSource(ports: PullPorts, target: PullTarget): PullSource {
    if (/^rtmps?:/iu.test(this.url)) return new RtmpSource(ports, this.url, target);
    if (isPlaylist(this.url)) {
      return new HlsSource(ports, this.url, target, this.#endedPlaylists);
    }
    if (/^https?:/iu.test(this.url)) return new FlvSource(ports, this.url, target);
    throw new ProtocolError("Cannot pull: the address is neither of RTMP nor of HTTP");
  }

  async #begin(source: PullSource): Promise<Publication> {
    const publication = await this.#ports.hub.publish(this.name, {
      clientId: "pull",
      close: (reason) => {
        if (this.#source === source) this.#lost(new ProtocolError(`Closed here: ${reason}`));
      },
    });
    if (this.#source !== source) {
      publication.end(true);
      return publication;
    }
    this.#publication = publication;
    this.#connectCount += 1;
    this.#problem = "";
    this.#enter("pulling");
    this.#log("info", "pull started", { connects: this.#connectCount });
    return publication;
  }

  /** Try again later. */
  #lost(error: Error): void {
    const ranMs = this.#state === "pulling" ? this.#stateMs : 0;
    this.#leave(false);
    if (this.#isStopped) return;
    this.#failureCount += 1;
    this.#problem = error.message;
    const pauseMs = this.#pause.next(ranMs);
    this.#enter("pausing");
    this.#log("warn", "pull failed", { reason: error.message, pauseMs });
    this.#timer = this.#ports.clock.setTimer(pauseMs, () => void this.#connect());
  }

  /** @param isForGood It will not come back. */
  #leave(isForGood: boolean): void {
    const source = this.#source;
    this.#source = undefined;
    source?.stop();
    this.#publication?.end(isForGood);
    this.#publication = undefined;
  }

  #enter(state: PullState): void {
    this.#state = state;
    this.#sinceMs = this.#ports.clock.monotonicMs();
  }

  get #stateMs(): number {
    return this.#ports.clock.monotonicMs() - this.#sinceMs;
  }

  #log(level: "info" | "warn", event: string, fields: Readonly<Record<string, unknown>>): void {
    const url = formatStreamUrl(this.name);
    this.#ports.logger[level](event, { pull: this.id, url, from: showUrl(this.url), ...fields });
  }
}

function isPlaylist(url: string): boolean {
  return /^https?:\/\/[^?#]*\.m3u8(?:[?#]|$)/iu.test(url);
}

/** Without user, password and query, which may be secrets. */
function showUrl(url: string): string {
  return url.replace(/[?#].*$/su, "").replace(/\/\/[^/@]*@/u, "//");
}
