/**
 * Goal: the doctor finds what keeps a server from its work, says what to do, and finds nothing wrong
 * with a machine that is well.
 *
 * Method: a machine in memory that is well, of which each case spoils one thing; what is told about it
 * is compared to the letter.
 */

import { describe, expect, test } from "vitest";
import { examine } from "../../../src/app/doctor/examine.ts";
import { formatFindings, hasProblem } from "../../../src/app/doctor/format-findings.ts";
import { NamedBackends } from "../../../src/app/doctor/named-backends.ts";
import { SystemError } from "../../../src/base/errors.ts";
import type { MemoryHostOptions } from "../../../src/runtime/memory/memory-host.ts";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import { loadYaml } from "../../config/load.ts";
import { createSelfSigned } from "../../support/self-signed.ts";

const PUBLIC = { interfaceName: "eth0", address: "8.8.4.4", family: "ipv4" } as const;
const PRIVATE = { interfaceName: "eth0", address: "192.168.1.5", family: "ipv4" } as const;
const IPV6 = { interfaceName: "eth0", address: "2600::5", family: "ipv6" } as const;
const CONFIG_PATH = "/etc/sluice.yaml";
const FFMPEG_VERSION = "ffmpeg version 7.1.1-1 Copyright (c) the FFmpeg developers\n";
const ENCODERS = " V....D libx264              libx264 H.264 (codec h264)\n A....D aac   AAC\n";

class Machine extends MemoryRuntime {
  /** What programs print, by their command lines; others print nothing, and end with 0. */
  readonly answers = new Map<string, { output: string; code?: number }>([
    ["timedatectl show --property=NTPSynchronized --value", { output: "yes\n" }],
    ["ffmpeg -version", { output: FFMPEG_VERSION }],
    ["ffmpeg -hide_banner -encoders", { output: ENCODERS }],
  ]);

  static async create(options: MemoryHostOptions = {}): Promise<Machine> {
    const machine = new Machine({ addresses: [PUBLIC], workingFolder: "/srv", ...options });
    const { files } = machine;
    const texts = {
      "/proc/self/limits": "Max open files            20000                20000     files\n",
      "/proc/meminfo": "MemTotal:       8000000 kB\nMemAvailable:    4000000 kB\n",
      "/proc/sys/net/core/rmem_max": "4194304\n",
      "/proc/sys/net/core/wmem_max": "4194304\n",
      "/usr/bin/archive": "#!/bin/sh\n",
      "/html/index.html": "",
      [CONFIG_PATH]: "",
    };
    for (const [path, text] of Object.entries(texts)) {
      await files.makeFolder(path.slice(0, path.lastIndexOf("/")));
      await files.write(path, text);
    }
    files.permissionsOf = (path) => (path.startsWith("/usr/bin/") ? 0o755 : 0o640);
    files.freeSizeOfDisk = 100 * 1024 ** 3;
    machine.#playPrograms();
    return machine;
  }

  #playPrograms(): void {
    const { processes } = this;
    const spawn = processes.spawn.bind(processes);
    processes.spawn = async (program, args, options) => {
      const child = await spawn(program, args, options);
      queueMicrotask(() => {
        const { output, code = 0 } = this.answers.get(child.command.join(" ")) ?? { output: "" };
        child.print(output);
        child.finish({ code, signal: undefined });
      });
      return child;
    };
  }
}

const GOOD = `
http_server: { enabled: true, dir: /html }
http_api: { enabled: true }
`;

/** What the doctor tells that is not ok, or all of it. */
async function told(machine: Machine, yaml: string, isFull = false): Promise<string[]> {
  const { config } = loadYaml(yaml);
  const findings = await examine({ config, runtime: machine, configPath: CONFIG_PATH });
  return findings
    .filter(({ level }) => isFull || level !== "ok")
    .map(({ level, area, text }) => `${level} ${area}: ${text}`);
}

describe("examine()", () => {
  test("tells what it has looked at where all is well", async () => {
    const machine = await Machine.create();
    const { config } = loadYaml(`${GOOD}rtc_server: { enabled: true }`);
    const findings = await examine({ config, runtime: machine, configPath: CONFIG_PATH });
    expect(hasProblem(findings)).toBe(false);
    expect(formatFindings(findings)).toMatchInlineSnapshot(`
      "ok       runtime      memory 1.0.0 on linux x64
      ok       cores        1 of 2 cores will be used; \`workers: auto\` uses all of them
      ok       memory       3.8 GiB are free
      ok       limits       A process may open 20000 files, enough for 1000 connections
      ok       limits       The buffers of UDP may be as large as WebRTC wants them
      ok       ports        1935/tcp (rtmp) is free
      ok       ports        8000/udp (webrtc-udp) is free
      ok       ports        8000/tcp (webrtc-tcp) is free
      ok       ports        8080/tcp (http) is free
      ok       ports        1985/tcp (http) is free
      ok       permissions  /etc/sluice.yaml is safe from others
      ok       clock        The clock says 2026-01-01T00:00:00.000Z, and is kept by NTP
      ok       addresses    A WebRTC client is told of 8.8.4.4:8000/udp, 8.8.4.4:8000/tcp, besides the address at which it asks by HTTP

      All is well.
      "
    `);
    expect(machine.tcp.isListening(1935)).toBe(false);
  });

  test.each<[string, string, (machine: Machine) => unknown, string[]]>([
    [
      "few files",
      "max_connections: 19900",
      () => 0,
      [
        "problem limits: A process may open 20000 files, too few for max_connections: 19900: raise it to 20028 (ulimit -n, LimitNOFILE= of systemd, --ulimit of a container), or lower max_connections",
      ],
    ],
    [
      "small buffers",
      "rtc_server: { enabled: true }",
      ({ files }) => files.write("/proc/sys/net/core/rmem_max", "212992"),
      [
        "warning limits: Packets of WebRTC may be lost in a burst, as buffers of UDP end at 208 KiB: sysctl -w net.core.rmem_max=4194304, and the same in /etc/sysctl.d/",
      ],
    ],
    [
      "little memory",
      "",
      ({ files }) => files.write("/proc/meminfo", "MemAvailable:    200000 kB\n"),
      ["warning memory: 195 MiB are free, and 192 MiB are needed to begin with: viewers need more"],
    ],
    [
      "hardly any memory, as a container has",
      "",
      async ({ files }) => {
        await files.makeFolder("/sys/fs/cgroup");
        await files.write("/sys/fs/cgroup/memory.max", "134217728");
        await files.write("/sys/fs/cgroup/memory.current", "33554432");
      },
      ["problem memory: 96 MiB are free, and 192 MiB are needed to begin with"],
    ],
    [
      "more workers than cores",
      'workers: "4"',
      () => 0,
      [
        "warning cores: 4 workers share 2 cores: more than one each gains nothing, set `workers: auto`",
      ],
    ],
    [
      "a port in use",
      "",
      ({ tcp }) => tcp.listen({ host: "0.0.0.0", port: 1935 }, () => undefined),
      [
        "problem ports: 1935/tcp (rtmp) cannot be had: another program has it; ss -ltnp 'sport = :1935' says which",
      ],
    ],
    [
      "a port of UDP in use",
      "rtc_server: { enabled: true }",
      ({ udp }) => {
        const handler = { datagram: () => undefined, error: () => undefined };
        return udp.bind({ host: "0.0.0.0", port: 8000 }, handler);
      },
      [
        "problem ports: 8000/udp (webrtc-udp) cannot be had: another program has it; ss -lunp 'sport = :8000' says which",
      ],
    ],
    [
      "a port that takes a right",
      "listen: 80",
      (machine) => {
        machine.tcp.listen = () => Promise.reject(new SystemError("EACCES", "Cannot listen"));
      },
      [
        "problem ports: 80/tcp (rtmp) cannot be had: ports below 1024 take a right: AmbientCapabilities=CAP_NET_BIND_SERVICE or a socket unit of systemd, setcap cap_net_bind_service=+ep on the program, or start as root and set `user`",
      ],
    ],
    [
      "an address of another machine",
      'listen: "192.0.2.77:1935"',
      (machine) => {
        machine.tcp.listen = () =>
          Promise.reject(new SystemError("EADDRNOTAVAIL", "Cannot listen"));
      },
      [
        "problem ports: 192.0.2.77:1935/tcp (rtmp) cannot be had: this machine does not have the address 192.0.2.77",
      ],
    ],
    [
      "a folder that cannot be created",
      "vhosts: { __defaultVhost__: { dvr: { enabled: true, dvr_path: '/data/[app]/[stream].mp4' } } }",
      ({ files }) => {
        files.fault = (path) => (path === "/" ? "EACCES" : undefined);
      },
      ["problem folders: /data (dvr_path) cannot be created: / cannot be written to"],
    ],
    [
      "a file in place of a folder",
      "srs_log_tank: file\nsrs_log_file: /etc/sluice.yaml/a.log",
      () => 0,
      [
        "problem folders: /etc/sluice.yaml (srs_log_file) cannot be a folder: /etc/sluice.yaml is a file",
      ],
    ],
    [
      "a disk with less than recordings leave free",
      "vhosts: { __defaultVhost__: { dvr: { enabled: true, dvr_path: /data } } }",
      ({ files }) => {
        files.freeSizeOfDisk = 200 << 20;
      },
      [
        "problem folders: /data (dvr_path) has 200 MiB free, so that nothing is recorded: recordings leave 256 MiB free (dvr_free_space)",
      ],
    ],
    [
      "a disk that is nearly full",
      "srs_log_tank: file\nsrs_log_file: /var/log/sluice.log",
      ({ files }) => {
        files.freeSizeOfDisk = 100 << 20;
      },
      ["warning folders: /var/log (srs_log_file) has 100 MiB free, which is soon full"],
    ],
    [
      "files that others have left",
      "srs_log_tank: file\nsrs_log_file: /usr/bin/archive\npid: /html",
      ({ files }) => {
        files.fault = (path) => (path === "/usr/bin/archive" ? "EACCES" : undefined);
      },
      [
        "problem folders: /usr/bin/archive (srs_log_file) cannot be written to: whose is it? ls -l /usr/bin/archive",
        "problem folders: /html (pid) cannot be written to: whose is it? ls -l /html",
      ],
    ],
    [
      "authorities that are not there",
      "vhosts: { a: { http_hooks: { enabled: true, tls_ca: /ca.pem }, token: { play: true, jwks: /keys.json } } }",
      () => 0,
      [
        'problem certificates: /ca.pem (a http_hooks.tls_ca) cannot be used: Cannot use "/ca.pem": ENOENT',
        'problem certificates: /keys.json (a token.jwks) cannot be used: Cannot use "/keys.json": ENOENT',
      ],
    ],
    [
      "a configuration that everybody may change",
      "",
      ({ files }) => {
        files.permissionsOf = () => 0o666;
      },
      [
        "problem permissions: Everybody on this machine may change /etc/sluice.yaml: chmod o-w /etc/sluice.yaml",
      ],
    ],
    [
      "secrets that everybody may read",
      "http_api: { enabled: true, auth: { enabled: true, username: a, password: b } }",
      ({ files }) => {
        files.permissionsOf = () => 0o644;
      },
      [
        "warning permissions: Everybody on this machine may read /etc/sluice.yaml, in which there are secrets: chmod o-r /etc/sluice.yaml",
      ],
    ],
    [
      "a clock that is not set",
      "",
      ({ clock }) => {
        clock.wallMs = () => 0;
      },
      [
        "problem clock: The clock says 1970-01-01T00:00:00.000Z, which is wrong: set it, and keep it by NTP",
      ],
    ],
    [
      "a clock that nothing keeps",
      "",
      ({ answers }) => {
        answers.set("timedatectl show --property=NTPSynchronized --value", { output: "no\n" });
      },
      [
        "warning clock: The clock says 2026-01-01T00:00:00.000Z, and nothing keeps it: timedatectl set-ntp true",
      ],
    ],
  ])("finds %s", async (_, yaml, spoil, expected) => {
    const machine = await Machine.create();
    await spoil(machine);
    expect(await told(machine, yaml)).toEqual(expected);
  });

  test("does not take the server itself for another program", async () => {
    const machine = await Machine.create();
    await machine.tcp.listen({ host: "0.0.0.0", port: 1935 }, () => undefined);
    const child = await machine.processes.spawn("sluice", [], { environment: {} });
    child.isRunning = true;
    machine.processes.isRunning = (pid) => pid === 77;
    await machine.files.write("/srv.pid", "77");
    expect(await told(machine, "pid: /srv.pid", true)).toContain(
      "ok ports: 1935/tcp (rtmp) is in use, by the server that runs as process 77",
    );
  });
});

describe("programs", () => {
  const transcode = (engine: string, ffmpeg = "ffmpeg"): string =>
    `vhosts: { __defaultVhost__: { transcode: { "*": { enabled: true, ffmpeg: ${ffmpeg}, engines: { e: { enabled: true, ${engine}, output: "rtmp://127.0.0.1/a/b" } } } } } }`;

  test.each<[string, (machine: Machine) => unknown, string[]]>([
    [transcode("vcodec: libx264, acodec: aac"), () => 0, []],
    [transcode("vcodec: copy, acodec: an"), () => 0, []],
    [transcode("vcodec: h264, acodec: copy"), () => 0, []],
    [
      transcode("vcodec: libx264, acodec: libfdk_aac"),
      () => 0,
      [
        "problem programs: ffmpeg (__defaultVhost__ transcode *) cannot encode to libfdk_aac: ffmpeg -encoders says what it can",
      ],
    ],
    [
      transcode("vcodec: copy, acodec: copy", "./objs/ffmpeg"),
      ({ processes }) => processes.missing.add("./objs/ffmpeg"),
      [
        "problem programs: ./objs/ffmpeg (__defaultVhost__ transcode *) cannot be started: it is not there; install FFmpeg (Debian: apt install ffmpeg), and set `ffmpeg: ffmpeg`",
      ],
    ],
    [
      transcode("vcodec: copy, acodec: copy"),
      ({ answers }) =>
        answers.set("ffmpeg -version", { output: "error while loading libx264.so\n", code: 127 }),
      [
        "problem programs: ffmpeg (__defaultVhost__ transcode *) does not work: error while loading libx264.so",
      ],
    ],
    [
      "vhosts: { __defaultVhost__: { snapshot: { enabled: true } } }",
      ({ answers }) => answers.set("ffmpeg -version", { output: "ffmpeg version 3.4.8\n" }),
      [
        "warning programs: ffmpeg (__defaultVhost__ snapshot) is FFmpeg 3.4.8: 4 or later is better",
      ],
    ],
    [
      "vhosts: { __defaultVhost__: { exec: { enabled: true, publish: [[archive], [/usr/bin/archive]], play: [[none]] } } }",
      () => 0,
      ["problem programs: none (__defaultVhost__ exec) is not in any folder of PATH"],
    ],
  ])("%s", async (yaml, spoil, expected) => {
    const machine = await Machine.create();
    await spoil(machine);
    expect(await told(machine, yaml)).toEqual(expected);
  });

  test("that say nothing are ended", async () => {
    const machine = await Machine.create();
    const { processes, clock } = machine;
    const children = processes.children;
    processes.spawn = Object.getPrototypeOf(processes).spawn;
    const telling = told(machine, "");
    while (children.length === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    await clock.advance(10_000);
    expect(await telling).toEqual([]);
    expect(children[0]?.signals).toEqual(["SIGKILL"]);
  });
});

describe("certificates", () => {
  const yaml = "rtmps: { enabled: true, key: /a.key, cert: /a.crt }";
  const DAY_MS = 86_400_000;

  async function tellOf(
    pair: { readonly certificate: string; readonly key: string },
    nowMs: number,
  ): Promise<string[]> {
    const machine = await Machine.create();
    await machine.files.write("/a.crt", pair.certificate);
    await machine.files.write("/a.key", pair.key);
    machine.clock.wallMs = () => nowMs;
    const lines = await told(machine, yaml, true);
    return lines.filter((line) => line.includes(" certificates: "));
  }

  test("are good, soon to be renewed, expired, or not good yet", async () => {
    const pair = createSelfSigned("one", ["localhost"]);
    const nowMs = Date.now();
    const date = new Date(nowMs + DAY_MS).toISOString().slice(0, 10);
    expect(await tellOf(pair, nowMs)).toEqual([
      `warning certificates: /a.crt (rtmps) for CN=one is good until ${date}, 0 more days: renew it`,
    ]);
    expect(await tellOf(pair, nowMs + 2 * DAY_MS)).toEqual([
      `problem certificates: /a.crt (rtmps) expired on ${date}: renew it`,
    ]);
    expect((await tellOf(pair, nowMs - 2 * DAY_MS))[0]).toMatch(
      /^problem certificates: \/a\.crt \(rtmps\) is not good before \S+: is the clock right\?$/,
    );
  });

  test("that belong to another key, or are none", async () => {
    const [one, two] = ["one", "two"].map((name) => createSelfSigned(name, []));
    if (one === undefined || two === undefined) throw new Error("two were made");
    expect(await tellOf({ ...one, key: two.key }, Date.now())).toEqual([
      "problem certificates: /a.crt (rtmps) cannot be used: Cannot use the certificate: the key belongs to another one",
    ]);
    expect(await tellOf({ certificate: "x", key: "y" }, Date.now())).toEqual([
      "problem certificates: /a.crt (rtmps) cannot be used: Cannot use the certificate: not PEM",
    ]);
    expect(await told(await Machine.create(), yaml)).toEqual([
      'problem certificates: /a.crt (rtmps) cannot be used: Cannot use "/a.crt": ENOENT',
    ]);
  });
});

describe("addresses", () => {
  const API = "besides the address at which it asks by HTTP";

  test.each<[string, MemoryHostOptions, string[]]>([
    [
      "",
      { addresses: [PUBLIC] },
      [`ok: A WebRTC client is told of 8.8.4.4:8000/udp, 8.8.4.4:8000/tcp, ${API}`],
    ],
    [
      ", tcp: { enabled: false }",
      { addresses: [PRIVATE] },
      [
        `warning: A WebRTC client is told of 192.168.1.5:8000/udp, ${API}. All of them are private: behind NAT, set rtc_server.candidate to the address that the Internet sees`,
      ],
    ],
    [
      "",
      { addresses: [] },
      [`warning: WebRTC clients are told of no address, ${API}: set rtc_server.candidate`],
    ],
    [
      ", api_as_candidates: false",
      { addresses: [] },
      ["problem: WebRTC clients are told of no address: set rtc_server.candidate"],
    ],
    [
      ", protocol: udp, candidate: [live.example.com, other.example.com]",
      { addresses: [PRIVATE], names: { "live.example.com": ["8.8.4.5"] } },
      [
        "problem: rtc_server.candidate: other.example.com has no address",
        `ok: A WebRTC client is told of 8.8.4.5:8000/udp, ${API}`,
      ],
    ],
    [
      ", protocol: udp",
      { addresses: [PUBLIC, IPV6] },
      [
        `ok: A WebRTC client is told of 8.8.4.4:8000/udp, ${API}`,
        'warning: This machine has IPv6, and WebRTC does not: set rtc_server.listen: "[::]:8000"',
      ],
    ],
  ])("with rtc_server: enabled%s", async (more, options, expected) => {
    const machine = await Machine.create(options);
    const lines = await told(machine, `rtc_server: { enabled: true${more} }`, true);
    const addresses = lines.filter((line) => line.includes(" addresses: "));
    expect(addresses.map((line) => line.replace(" addresses: ", ": "))).toEqual(expected);
  });
});

describe("backends", () => {
  test("are connected to, and sent nothing", async () => {
    const names = { "hooks.example.com": ["192.0.2.1"] };
    const machine = await Machine.create({ names });
    const received: number[] = [];
    await machine.tcp.listen({ host: "0.0.0.0", port: 8085 }, (socket) => {
      const data = (bytes: Uint8Array): void => void received.push(bytes.length);
      socket.handler = { data, drain: () => undefined, close: () => undefined };
    });
    const hooks = `{ enabled: true, on_publish: [http://hooks.example.com:8085/a, http://none.example.com/], on_stop: [http://192.0.2.1:9/] }`;
    const lines = await told(
      machine,
      `vhosts: { __defaultVhost__: { http_hooks: ${hooks}, forward: { enabled: true, destination: ["192.0.2.9:1936"] } } }`,
      true,
    );
    expect(lines.filter((line) => line.includes(" backends: "))).toEqual([
      "ok backends: hooks.example.com:8085 (__defaultVhost__ http_hooks.on_publish) can be reached",
      "problem backends: none.example.com:80 (__defaultVhost__ http_hooks.on_publish) cannot be found: the name has no address",
      "warning backends: 192.0.2.1:9 (__defaultVhost__ http_hooks.on_stop) cannot be reached: Cannot connect to 192.0.2.1:9: ECONNREFUSED",
      "problem backends: 192.0.2.9:1936 (__defaultVhost__ forward) cannot be reached: Cannot connect to 192.0.2.9:1936: ECONNREFUSED",
    ]);
    expect(received).toEqual([]);
  });

  test("are those that the configuration names, each once", () => {
    const { config } = loadYaml(`
heartbeat: { enabled: true, url: "http://192.0.2.1:8085/a" }
tracing: { enabled: true, endpoint: "http://[2001:db8::1]:4318" }
vhosts:
  a:
    http_hooks:
      { enabled: true, on_play: ["http://192.0.2.1:8085/b"], on_hls_notify: ["http://[stream].example.com/"], tls_verify: false, on_close: ["https://b.example.com/c"] }
    forward: { enabled: true, destination: [c.example.com, "[2001:db8::2]:1936", "rtmps://d.example.com/live/[stream]", "rtmp://[app].example.com/a/b"] }
    cluster: { mode: remote, origin: ["e.example.com:19350"], origin_cluster: true, coworkers: [f.example.com] }
    pull: { one: { url: "https://g.example.com/a.m3u8", stream: live/a } }
    token: { play: true, jwks: "https://h.example.com/keys" }
  closed: { enabled: false, forward: { enabled: true, destination: [i.example.com] } }
`);
    const { all, unreadable } = new NamedBackends(config);
    expect(unreadable).toEqual([]);
    const shown = all.map(({ host, port, tls, level }) => {
      const isVerified = tls?.isVerified === false ? " unverified" : "";
      return `${host} ${port}${tls === undefined ? "" : " tls"}${isVerified} ${level}`;
    });
    expect(shown).toEqual([
      "192.0.2.1 8085 problem",
      "2001:db8::1 4318 warning",
      "b.example.com 443 tls unverified warning",
      "c.example.com 1935 problem",
      "2001:db8::2 1936 problem",
      "d.example.com 443 tls problem",
      "e.example.com 19350 problem",
      "f.example.com 1985 problem",
      "g.example.com 443 tls warning",
      "h.example.com 443 tls problem",
    ]);
  });
});
