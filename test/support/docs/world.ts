/**
 * What the commands of the documentation find when they are run: servers with and without streams,
 * files, and programs that stand in for others.
 *
 * @module
 */

import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publishFile } from "../ffmpeg.ts";
import { media } from "../media.ts";
import { type Program, runProgram } from "../program.ts";
import { createSelfSigned } from "../self-signed.ts";
import {
  type ConfigValue,
  freePorts,
  type Ports,
  ROOT,
  RUNTIME_ENVIRONMENT,
  rtcConfig,
  SLUICE,
  startServer,
  type TestServer,
} from "../server.ts";
import { waitFor } from "../wait.ts";
import type { CommandRule } from "./command-rules.ts";

/** Default ports, and whose they are; a port that is not here is a fault of the page. */
const DEFAULT_PORTS: Readonly<Record<string, keyof Ports>> = {
  1935: "rtmp",
  1443: "rtmps",
  8080: "http",
  8088: "https",
  1985: "api",
  8000: "rtc",
};
const SCHEME_PORTS: Readonly<Record<string, string>> = { rtmp: "1935", rtmps: "1443" };
const ADDRESS = /\b(rtmps?|https?):\/\/(?:localhost|127\.0\.0\.1|HOST)(?::(\d+))?(?=[/'"\s]|$)/g;

/** As little as a server from SRS may have. */
const SRS_FILE = `listen 1935;
max_connections 1000;
daemon off;
srs_log_tank console;
http_api { enabled on; listen 1985; }
http_server { enabled on; listen 8080; dir ./objs/nginx/html; }
vhost __defaultVhost__ { http_remux { enabled on; } hls { enabled on; } }
`;

/** Starts a program, waits for evidence that it works, and ends it. */
const MOMENT = `#!/bin/sh
evidence=$1
shift
OUTPUT=$(mktemp)
export OUTPUT
timeout -k 2 90 env "$@" >"$OUTPUT" 2>&1 &
child=$!
tries=0
until sh -c "$evidence"; do
  tries=$((tries + 1))
  state=$(cut -d ' ' -f 3 "/proc/$child/stat" 2>/dev/null || echo Z)
  if [ "$state" = Z ] || [ "$tries" -gt 300 ]; then
    kill -TERM "$child" 2>/dev/null
    echo "No sign of life of: $*" >&2
    tail -n 30 "$OUTPUT" >&2
    exit 1
  fi
  sleep 0.1
done
kill -TERM "$child"
wait "$child"
rm -f "$OUTPUT" "$OUTPUT.answer"
`;

/** Takes frames from each address among its arguments. */
const PLAYER = `#!/bin/sh
set -eu
for word; do
  case $word in
    *://*)
      packets=$(ffprobe -v error -probesize 200000 -analyzeduration 1000000 -read_intervals '%+#20' \\
        -show_entries packet=codec_type -of csv=p=0 "$word")
      printf '%s\\n' "$packets" | grep -q video
      ;;
  esac
done
`;

/** The id of a recording, once there is one. */
const RECORDING_ID = `#!/bin/sh
until id=$(curl -fs "$PLAYED_API/api/v1/recordings" | grep -oE '"id":"[0-9a-f]{24}"' | head -n 1) &&
  [ -n "$id" ]; do
  sleep 0.1
done
printf %s "$id" | cut -d '"' -f 4
`;

/** Waits until nobody publishes at the empty server. */
const IDLE = `#!/bin/sh
while curl -fs "$EMPTY_API/api/v1/streams/" | grep -q '"active":true'; do sleep 0.05; done
`;

export class DocsWorld {
  /** It has `live/livestream` and `live/show`. */
  readonly played: TestServer;
  /** Nobody publishes there but the commands. */
  readonly empty: TestServer;
  readonly #folder: string;
  readonly #publishers: readonly Program[];
  #count = 0;

  private constructor(
    played: TestServer,
    empty: TestServer,
    folder: string,
    publishers: readonly Program[],
  ) {
    this.played = played;
    this.empty = empty;
    this.#folder = folder;
    this.#publishers = publishers;
  }

  static async open(): Promise<DocsWorld> {
    const [file, empty] = await Promise.all([media("h264-aac.flv"), startEmpty()]);
    const played = await startPlayed(file);
    const folder = mkdtempSync(join(tmpdir(), "sluice-docs-"));
    const publishers = ["live/livestream", "live/show"].map((stream) =>
      publishFile(file, played.rtmpUrl(stream), { isLooped: true }),
    );
    await fillFolder(folder, file, played);
    const world = new DocsWorld(played, empty, folder, publishers);
    await waitFor("streams to play", async () => {
      const answer = await fetch(played.apiUrl("/api/v1/streams/"));
      return ((await answer.text()).match(/"active":true/g) ?? []).length >= 2;
    });
    return world;
  }

  async close(): Promise<void> {
    for (const publisher of this.#publishers) await publisher.end();
    await this.played.stop();
    await this.empty.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A folder as one stands in when one types commands. */
  createWorkingFolder(block: string, pid: number): string {
    this.#count += 1;
    const folder = join(this.#folder, `block-${this.#count}`);
    mkdirSync(join(folder, "html"), { recursive: true });
    mkdirSync(join(folder, "bin"));
    symlinkSync(SLUICE, join(folder, "bin/sluice"));
    // Copies, no links: commands write files of these names too. What they are to make is not there.
    cpSync(`${ROOT}conf`, join(folder, "conf"), { recursive: true });
    const files = [
      ...["file.mp4", "show.flv", "film.flv"].map((name) => [name, join(this.#folder, name)]),
      ["sluice.yaml", `${ROOT}conf/sluice.yaml`],
    ] as const;
    for (const [name, source] of files) {
      if (!block.includes(`-o ${name}`)) copyFileSync(source, join(folder, name));
    }
    writeFileSync(join(folder, "srs.conf"), SRS_FILE);
    writeFileSync(join(folder, "sluice.log"), "{}\n");
    writeFileSync(join(folder, "sluice.pid"), `${pid}\n`);
    return folder;
  }

  /** The command as it can be run here. */
  translate(command: string, { rewrite, server }: CommandRule): string {
    const { ports } = server === "empty" ? this.empty : this.played;
    return replaceAddresses(rewrite?.(command) ?? command, ports)
      .replaceAll("/usr/local/srs/", `${this.#folder}/srs/`)
      .replaceAll("/etc/sluice/", `${this.#folder}/etc/`)
      .replaceAll(/\b192\.0\.2\.\d+/g, "127.0.0.1");
  }

  /** An address of a page as one that leads to the server with streams. */
  translateAddress(address: string): string {
    return replaceAddresses(address, this.played.ports);
  }

  /** Variables for a script; a server that it starts has ports of its own. */
  async createEnvironment(): Promise<Record<string, string>> {
    const ports = await freePorts();
    const at = (name: keyof Ports): string => `127.0.0.1:${ports[name]}`;
    return {
      ...RUNTIME_ENVIRONMENT,
      PATH: `${this.#folder}/bin:${process.env["PATH"] ?? ""}`,
      CURL_HOME: this.#folder,
      TMPDIR: this.#folder,
      PLAYED_API: this.played.apiUrl(""),
      EMPTY_API: this.empty.apiUrl(""),
      SLUICE_LISTEN: at("rtmp"),
      SLUICE_RTMPS_LISTEN: at("rtmps"),
      SLUICE_HTTP_SERVER_LISTEN: at("http"),
      SLUICE_HTTP_SERVER_HTTPS_LISTEN: at("https"),
      SLUICE_HTTP_API_LISTEN: at("api"),
      SLUICE_HTTP_API_ENABLED: "on",
      SLUICE_RTC_SERVER_LISTEN: at("rtc"),
      SLUICE_RTC_SERVER_TCP_LISTEN: at("rtc"),
    };
  }
}

function replaceAddresses(text: string, ports: Ports): string {
  return text.replaceAll(ADDRESS, (_, scheme: string, given?: string) => {
    const name = DEFAULT_PORTS[given ?? SCHEME_PORTS[scheme] ?? ""];
    if (name === undefined) throw new Error(`No default port in: ${text}`);
    return `${scheme}://127.0.0.1:${ports[name]}`;
  });
}

async function startEmpty(): Promise<TestServer> {
  const { certificate, key } = createSelfSigned("localhost", ["localhost", "127.0.0.1"]);
  return startServer({
    config: (ports, folder) => {
      writeFileSync(join(folder, "server.key"), key);
      writeFileSync(join(folder, "server.crt"), certificate);
      const listen = `127.0.0.1:${ports.rtmps}`;
      const rtmps = { enabled: true, listen, key: "./server.key", cert: "./server.crt" };
      return { ...rtcConfig(ports), rtmps };
    },
  });
}

/** With what makes the API's lists have entries: something forwarded, encoded and ingested. */
async function startPlayed(file: string): Promise<TestServer> {
  const vhost: ConfigValue = {
    snapshot: { enabled: true },
    forward: { enabled: true, destination: ["127.0.0.1:9"] },
    transcode: {
      "live/show": {
        enabled: true,
        engines: {
          sd: {
            ...{ enabled: true, vcodec: "copy", acodec: "copy" },
            output: "rtmp://127.0.0.1:[port]/[app]/[stream]_[engine]?vhost=[vhost]",
          },
        },
      },
    },
    ingest: {
      film: {
        ...{ enabled: true, input: { type: "file", url: file } },
        engines: { copy: { output: "rtmp://127.0.0.1:[port]/live/film?vhost=[vhost]" } },
      },
    },
  };
  return startServer({
    config: (ports) => ({
      ...rtcConfig(ports),
      http_api: { allow_update: true },
      ff_log_dir: "/dev/null",
      vhosts: { __defaultVhost__: vhost },
    }),
  });
}

async function fillFolder(folder: string, file: string, played: TestServer): Promise<void> {
  const programs: Readonly<Record<string, string>> = {
    moment: MOMENT,
    recording_id: RECORDING_ID,
    idle: IDLE,
    ...{ ffplay: PLAYER, vlc: PLAYER, mpv: PLAYER },
    pgrep: `#!/bin/sh\necho ${played.process.pid}\n`,
  };
  mkdirSync(join(folder, "bin"));
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, "bin", name), text);
    chmodSync(join(folder, "bin", name), 0o755);
  }
  symlinkSync(SLUICE, join(folder, "bin/sluice"));
  // Errors are faults, and so are redirections, by which the API answers what it does not have.
  const options = ["fail", "silent", "show-error", "max-time = 40", "location", "max-redirs = 0"];
  writeFileSync(join(folder, ".curlrc"), `${options.join("\n")}\n`);
  mkdirSync(join(folder, "srs/conf"), { recursive: true });
  mkdirSync(join(folder, "etc"));
  writeFileSync(join(folder, "srs/conf/srs.conf"), SRS_FILE);
  for (const name of ["show.flv", "film.flv"]) copyFileSync(file, join(folder, name));
  const copied = await runProgram("ffmpeg", [
    ...["-v", "error", "-nostdin", "-i", file, "-c", "copy", join(folder, "file.mp4")],
  ]);
  if (copied.code !== 0) throw new Error(copied.stderr);
}
