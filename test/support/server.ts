/**
 * A server under test: a process of its own, with free ports and a configuration of the test's.
 *
 * @module
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/free-port.ts";
import { httpGet } from "./http-request.ts";
import { Program, type ProgramExit } from "./program.ts";
import { waitFor, within } from "./wait.ts";

/** The top of the checkout. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** What servers of this run are started on: `bun`, `deno` or `node`; `compiled` is dist/sluice. */
export const TEST_RUNTIME: string = process.env["SLUICE_TEST_RUNTIME"] ?? "bun";

export const SLUICE: string =
  TEST_RUNTIME === "compiled" ? `${ROOT}dist/sluice` : `${ROOT}bin/sluice`;

/** What makes SLUICE run on it; Node keeps what it has made of the source, as it starts hundreds of times. */
export const RUNTIME_ENVIRONMENT: Readonly<Record<string, string>> =
  TEST_RUNTIME === "compiled"
    ? {}
    : { SLUICE_RUNTIME: TEST_RUNTIME, NODE_COMPILE_CACHE: `${ROOT}dist/.test/compile-cache` };

export interface Ports {
  readonly rtmp: number;
  readonly rtmps: number;
  readonly http: number;
  readonly https: number;
  readonly api: number;
  /** For media of WebRTC, by UDP and TCP. */
  readonly rtc: number;
}

/** A configuration as a value; YAML is a superset of JSON. */
export type ConfigValue = Record<string, unknown>;

export interface ServerOptions {
  /** Further settings, merged into those of a server with RTMP, HTTP and the API. */
  readonly config?: ConfigValue | ((ports: Ports, folder: string) => ConfigValue);
  /** A whole configuration in SRS's format, in place of all of these settings. */
  readonly srsConfig?: (ports: Ports, folder: string) => string;
  readonly environment?: Readonly<Record<string, string>>;
}

export async function freePorts(): Promise<Ports> {
  return {
    rtmp: await freePort(),
    rtmps: await freePort(),
    http: await freePort(),
    https: await freePort(),
    api: await freePort(),
    rtc: await freePort(),
  };
}

function merge(base: ConfigValue, more: ConfigValue): ConfigValue {
  const merged = { ...base };
  for (const [key, value] of Object.entries(more)) {
    const old = merged[key];
    merged[key] = isMap(old) && isMap(value) ? merge(old, value) : value;
  }
  return merged;
}

function isMap(value: unknown): value is ConfigValue {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function baseConfig(ports: Ports): ConfigValue {
  return {
    listen: `127.0.0.1:${ports.rtmp}`,
    http_server: { enabled: true, listen: `127.0.0.1:${ports.http}` },
    http_api: { enabled: true, listen: `127.0.0.1:${ports.api}` },
  };
}

export class TestServer {
  readonly ports: Ports;
  /** A folder for the test's files, removed at the end; the server's working folder. */
  readonly folder: string;
  readonly process: Program;

  constructor(program: Program, ports: Ports, folder: string) {
    this.process = program;
    this.ports = ports;
    this.folder = folder;
  }

  get log(): string {
    return this.process.stdout + this.process.stderr;
  }

  /** The log's lines with this event. */
  events(event: string): Record<string, unknown>[] {
    const lines = this.process.stdout.split("\n").filter((line) => line.startsWith("{"));
    const values = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    return values.filter((value) => value["event"] === event);
  }

  rtmpUrl(stream: string): string {
    return `rtmp://127.0.0.1:${this.ports.rtmp}/${stream}`;
  }

  httpUrl(path: string): string {
    return `http://127.0.0.1:${this.ports.http}${path}`;
  }

  apiUrl(path: string): string {
    return `http://127.0.0.1:${this.ports.api}${path}`;
  }

  /** Bytes of memory that the process holds. */
  residentSize(): number {
    const status = readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  }

  /** Ends it by a signal and waits. */
  async signal(signal: NodeJS.Signals): Promise<ProgramExit> {
    this.process.kill(signal);
    return within(`the server's end by ${signal}`, this.process.exited);
  }

  /**
   * Stops it as an operator does, unless the test has ended it already.
   *
   * @param expectedFault An event that the test has brought about.
   * @throws {Error} If it does not end well, or if it logged a fault of its own.
   */
  async stop(expectedFault?: string): Promise<void> {
    try {
      if (this.process.exit === undefined) {
        const exit = await this.signal("SIGTERM");
        if (exit.code !== 0) throw new Error(`The server ended with ${JSON.stringify(exit)}`);
      }
      const isFault = (line: string): boolean =>
        /"level":"error"/.test(line) && !line.includes(`"event":"${expectedFault}"`);
      if (this.log.split("\n").some(isFault)) throw new Error("The server logged a fault");
    } catch (error) {
      throw new Error(`${String(error)}\n${this.log}`, { cause: error });
    } finally {
      await this.process.end();
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}

/** Writes the configuration and starts the server, without waiting for it. */
export async function launchServer(options: ServerOptions = {}): Promise<TestServer> {
  const ports = await freePorts();
  const folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  const { config = {}, srsConfig, environment } = options;
  const more = typeof config === "function" ? config(ports, folder) : config;
  const file = join(folder, srsConfig === undefined ? "sluice.yaml" : "srs.conf");
  const value = JSON.stringify(merge(baseConfig(ports), more));
  writeFileSync(file, srsConfig === undefined ? value : srsConfig(ports, folder));
  const child = new Program(SLUICE, ["-c", file], {
    environment: { ...RUNTIME_ENVIRONMENT, ...environment },
    workingFolder: folder,
  });
  return new TestServer(child, ports, folder);
}

/** Settings of WebRTC on loopback, for `config`. */
export function rtcConfig({ rtc }: Ports): ConfigValue {
  const listen = `127.0.0.1:${rtc}`;
  return { rtc_server: { enabled: true, listen, tcp: { listen } } };
}

/** Between the choice of a free port and its use somebody else may take it. */
const START_ATTEMPTS_MAX = 3;

/** Starts a server and waits until it answers. */
export async function startServer(options: ServerOptions = {}, attempt = 1): Promise<TestServer> {
  const server = await launchServer(options);
  try {
    await waitFor("the server to answer", async () => {
      const { exit } = server.process;
      if (exit !== undefined) throw new Error(`The server ended: ${JSON.stringify(exit)}`);
      const answer = await httpGet(server.apiUrl("/api/v1/versions")).catch(() => undefined);
      return answer?.status === 200;
    });
  } catch (error) {
    await server.process.end();
    rmSync(server.folder, { recursive: true, force: true });
    const isTaken = server.log.includes("address already in use");
    if (isTaken && attempt < START_ATTEMPTS_MAX) return startServer(options, attempt + 1);
    throw new Error(`${String(error)}\n${server.log}`, { cause: error });
  }
  return server;
}
