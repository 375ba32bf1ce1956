/**
 * The servers that are measured, each with how it is set up and started: as its makers ship it, but
 * for the ports, room for enough connections, no access log, and on nginx that players begin with a
 * key frame.
 *
 * @module
 */

import { type ChildProcess, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findBun, ROOT } from "../programs.ts";
import { hasProgram, SERVER_CORE, start, stop, waitForPort } from "./processes.ts";

/** How a server is to run for a scenario. */
export interface Mode {
  /** Sluice alone: small limits for who does not read, so that they are met within a minute. */
  readonly isTight?: boolean;
  /** Each frame is sent at once. */
  readonly isRealtime?: boolean;
  /** Sluice alone: worker processes, which are not pinned. */
  readonly workers?: number;
}

export interface Running {
  readonly pid: number;
  readonly rtmp: string | undefined;
  readonly httpFlv: string | undefined;
  /** Where its metrics are, if it is Sluice. */
  readonly metrics?: string;
  stop(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  /** Such as `1.22.1`; `undefined` if it is not on this machine. */
  readonly version: string | undefined;
  start(mode: Mode): Promise<Running>;
}

export interface Places {
  /** For configurations and logs; removed at the end. */
  readonly folder: string;
  /** The stream that the bare loop sends. */
  readonly source: string;
  /** An SRS binary, and a MediaMTX binary, if somebody has them. */
  readonly srs: string | undefined;
  readonly mediamtx: string | undefined;
  readonly ports: Ports;
}

export interface Ports {
  readonly rtmp: number;
  readonly http: number;
  readonly api: number;
}

const CONNECTIONS_MAX = 19_000;
const NODE_MEDIA_SERVER = "node-media-server@4.4.3";
const WINDOW_MS = 350;

export function listSubjects(places: Places): Subject[] {
  return [
    bareLoop(places),
    ...["bun", "node", "deno"].map((runtime) => sluice(places, runtime)),
    nginx(places),
    nodeMediaServer(places),
    srs(places),
    mediamtx(places),
  ];
}

async function running(
  child: ChildProcess,
  port: number,
  urls: Pick<Running, "rtmp" | "httpFlv" | "metrics">,
): Promise<Running> {
  await waitForPort(port, child);
  return { ...urls, pid: child.pid ?? 0, stop: () => stop(child) };
}

/** Where the stream is. */
function rtmpUrl({ ports }: Places): string {
  return `rtmp://127.0.0.1:${ports.rtmp}/live/show`;
}

function httpUrl({ ports }: Places): string {
  return `http://127.0.0.1:${ports.http}/live/show.flv`;
}

function bareLoop(places: Places): Subject {
  const bun = findBun();
  const { source, ports } = places;
  return {
    name: "bare loop",
    version: `Bun ${firstLine(bun, "--version")}`,
    start: ({ isRealtime = false }) => {
      const windowMs = isRealtime ? 0 : WINDOW_MS;
      const script = join(ROOT, "scripts/bench/bare-loop.ts");
      const command = [bun, script, String(ports.http), source, String(windowMs)];
      const child = start(command, { core: SERVER_CORE });
      return running(child, ports.http, { rtmp: undefined, httpFlv: httpUrl(places) });
    },
  };
}

/** The settings of every Sluice that is measured. */
export function sluiceSettings(ports: Ports, mode: Mode): string {
  const { isRealtime = false, isTight = false, workers = 1 } = mode;
  return `listen: 127.0.0.1:${ports.rtmp}
max_connections: ${CONNECTIONS_MAX}
workers: ${workers}
log: { level: warn }
http_server: { enabled: true, listen: "127.0.0.1:${ports.http}" }
http_api: { enabled: true, listen: "127.0.0.1:${ports.api}" }
${isTight ? "limits: { send_buffer: 65536 }" : ""}
vhosts:
  __defaultVhost__:
    min_latency: ${isRealtime}
    ${isTight ? "play: { queue_length: 5, write_timeout: 8 }" : ""}
`;
}

function sluice(places: Places, runtime: string): Subject {
  const { folder, ports } = places;
  return {
    name: `Sluice on ${runtime}`,
    version: `${JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version}`,
    start: (mode) => {
      const config = join(folder, "sluice.yaml");
      writeFileSync(config, sluiceSettings(ports, mode));
      const isPinned = (mode.workers ?? 1) === 1;
      const child = start([join(ROOT, "bin/sluice"), "-c", config], {
        core: isPinned ? SERVER_CORE : undefined,
        environment: { SLUICE_RUNTIME: runtime },
        log: join(folder, `sluice-${runtime}.log`),
      });
      return running(child, ports.api, {
        rtmp: rtmpUrl(places),
        httpFlv: httpUrl(places),
        metrics: `http://127.0.0.1:${ports.api}/metrics`,
      });
    },
  };
}

function nginx(places: Places): Subject {
  const { folder, ports } = places;
  const module = "/usr/lib/nginx/modules/ngx_rtmp_module.so";
  const isThere = hasProgram("nginx") && existsSync(module);
  const version = /nginx\/(\S+)/.exec(isThere ? firstLine("nginx", "-v") : "")?.[1];
  return {
    name: "nginx-rtmp",
    version,
    start: () => {
      const config = join(folder, "nginx.conf");
      writeFileSync(
        config,
        `load_module ${module};
daemon off; worker_processes 1; worker_rlimit_nofile ${CONNECTIONS_MAX + 1_000};
pid ${folder}/nginx.pid; error_log ${folder}/nginx.log warn;
events { worker_connections ${CONNECTIONS_MAX}; }
rtmp {
  access_log off;
  server { listen 127.0.0.1:${ports.rtmp}; application live { live on; wait_key on; } }
}
`,
      );
      const child = start(["nginx", "-c", config], { core: SERVER_CORE });
      return running(child, ports.rtmp, { rtmp: rtmpUrl(places), httpFlv: undefined });
    },
  };
}

function nodeMediaServer(places: Places): Subject {
  const { folder, ports } = places;
  return {
    name: "node-media-server",
    version: NODE_MEDIA_SERVER.split("@")[1],
    start: async () => {
      const home = join(folder, "node-media-server");
      const program = join(home, "node_modules/node-media-server/bin/app.js");
      if (!existsSync(program)) install(home);
      const config = join(home, "config.json");
      const auth = { play: false, publish: false, secret: "", jwt: { secret: "", users: [] } };
      const settings = {
        bind: "127.0.0.1",
        notify: { url: "" },
        store: { path: join(home, "data"), maxHistory: 10 },
        auth,
        rtmp: { port: ports.rtmp },
        http: { port: ports.http },
        record: { auto: false, path: join(home, "record") },
      };
      writeFileSync(config, JSON.stringify(settings));
      const command = [process.execPath, program, "-c", config, "--no-admin"];
      const child = start(command, { core: SERVER_CORE });
      return running(child, ports.rtmp, { rtmp: rtmpUrl(places), httpFlv: httpUrl(places) });
    },
  };
}

/** SRS, by the path of its binary. One thread of it serves all players. */
function srs(places: Places): Subject {
  const { folder, srs: program, ports } = places;
  return {
    name: "SRS",
    version: program === undefined ? undefined : firstLine(program, "-v"),
    start: ({ isRealtime = false }) => {
      const config = join(folder, "srs.conf");
      writeFileSync(
        config,
        `listen ${ports.rtmp}; max_connections ${CONNECTIONS_MAX}; daemon off; srs_log_tank console;
srs_log_level_v2 error; pid ${folder}/srs.pid;
http_server { enabled on; listen ${ports.http}; dir ${folder}; }
vhost __defaultVhost__ {
  min_latency ${isRealtime ? "on" : "off"};
  http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
}
`,
      );
      const child = start([program ?? "", "-c", config], { core: SERVER_CORE, folder });
      return running(child, ports.rtmp, { rtmp: rtmpUrl(places), httpFlv: httpUrl(places) });
    },
  };
}

function mediamtx(places: Places): Subject {
  const { folder, mediamtx: program, ports } = places;
  return {
    name: "MediaMTX",
    version: program === undefined ? undefined : firstLine(program, "--version"),
    start: () => {
      const config = join(folder, "mediamtx.yml");
      writeFileSync(
        config,
        `logLevel: error
rtmpAddress: 127.0.0.1:${ports.rtmp}
rtsp: no
hls: no
webrtc: no
srt: no
paths: { all_others: {} }
`,
      );
      const child = start([program ?? "", config], { core: SERVER_CORE });
      return running(child, ports.rtmp, { rtmp: rtmpUrl(places), httpFlv: undefined });
    },
  };
}

/** Not among Sluice's own packages: nothing but this needs it. */
function install(home: string): void {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "package.json"), "{}");
  const npm = ["install", "--no-audit", "--no-fund", "--prefix", home, NODE_MEDIA_SERVER];
  const { status } = spawnSync("npm", npm, { stdio: "ignore" });
  if (status !== 0) throw new Error(`Cannot install ${NODE_MEDIA_SERVER}`);
}

function firstLine(program: string, option: string): string {
  const { stdout, stderr } = spawnSync(program, [option], { encoding: "utf8" });
  return `${stdout}${stderr}`.trim().split("\n")[0] ?? "";
}
