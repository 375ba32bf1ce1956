/**
 * The server that is soaked: a process with a configuration that lets much happen in little time.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { start, stop, waitForPort } from "../bench/processes.ts";
import { freePort } from "../free-port.ts";
import type { SoakOptions } from "./options.ts";
import { readSample, type Sample } from "./sample.ts";

const ANSWER_MS = 10_000;

export interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Ports {
  readonly rtmp: number;
  readonly http: number;
  readonly api: number;
}

export class SoakServer {
  readonly ports: Ports;
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #startMs: number = performance.now();

  private constructor(ports: Ports, child: ChildProcess, log: string) {
    this.ports = ports;
    this.#child = child;
    this.#log = log;
  }

  /** Starts it, with its files in `folder`. */
  static async start({ program, workers }: SoakOptions, folder: string): Promise<SoakServer> {
    const ports = { rtmp: await freePort(), http: await freePort(), api: await freePort() };
    const config = join(folder, "sluice.yaml");
    const log = join(folder, "sluice.log");
    writeFileSync(config, settings(ports, workers));
    const child = start([program, "-c", config], { log });
    try {
      await waitForPort(ports.api, child);
    } catch (cause) {
      throw new Error(`Cannot start the server: ${readFileSync(log, "utf8")}`, { cause });
    }
    return new SoakServer(ports, child, log);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Seconds since the start. */
  get seconds(): number {
    return (performance.now() - this.#startMs) / 1_000;
  }

  rtmp(path: string): string {
    return `rtmp://127.0.0.1:${this.ports.rtmp}/${path}`;
  }

  http(path: string): string {
    return `http://127.0.0.1:${this.ports.http}/${path}.flv`;
  }

  webSocket(path: string): string {
    return `ws://127.0.0.1:${this.ports.http}/${path}.flv`;
  }

  async sample(): Promise<Sample> {
    const { status, text } = await this.ask("/metrics");
    if (status !== 200) throw new Error(`/metrics was answered with ${status}`);
    return readSample(text, this.seconds);
  }

  /** Asks the API, over a connection that is closed behind the answer. */
  ask(path: string, method = "GET"): Promise<Answer> {
    const options = { host: "127.0.0.1", port: this.ports.api, path, method, agent: false };
    return new Promise((resolve, reject) => {
      const asked = request({ ...options, timeout: ANSWER_MS }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part) => {
          text += part;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", reject);
      });
      asked.on("timeout", () => asked.destroy(new Error(`No answer to ${method} ${path}`)));
      asked.on("error", reject);
      asked.end();
    });
  }

  /** What operators ask for a reload with. */
  hangUp(): void {
    this.#child.kill("SIGHUP");
  }

  /** Ends it as an operator would. @returns What is wrong with how it ended. */
  async stop(): Promise<string[]> {
    if (!this.isRunning) return [`The server ended by itself (${this.#describeExit()})`];
    await stop(this.#child);
    return this.#child.exitCode === 0 ? [] : [`The server stopped with ${this.#describeExit()}`];
  }

  /** Lines of the log that tell of a fault: errors, and what is no line of a log, such as a stack. */
  faultyLines(): string[] {
    return this.#lines().filter((line) => !isHarmless(line));
  }

  warningCount(): number {
    return this.#lines().filter(isHarmless).length;
  }

  #lines(): string[] {
    const text = readFileSync(this.#log, "utf8");
    return text.split("\n").filter((line) => line !== "");
  }

  #describeExit(): string {
    const { exitCode, signalCode } = this.#child;
    return exitCode === null ? `${signalCode}` : `exit code ${exitCode}`;
  }
}

function settings({ rtmp, http, api }: Ports, workers: string): string {
  return `listen: 127.0.0.1:${rtmp}
workers: ${workers}
log: { level: warn, format: json }
limits: { handshake_timeout: 3, send_buffer: 65536 }
http_server: { enabled: true, listen: "127.0.0.1:${http}" }
http_api: { enabled: true, listen: "127.0.0.1:${api}" }
vhosts:
  __defaultVhost__:
    play: { queue_length: 3, write_timeout: 4, idle_stream_timeout: 2 }
    publish: { grace_ms: 1000 }
`;
}

function isHarmless(line: string): boolean {
  try {
    const { level } = JSON.parse(line) as { level?: string };
    return level === "warn" || level === "info" || level === "debug";
  } catch {
    return false;
  }
}
