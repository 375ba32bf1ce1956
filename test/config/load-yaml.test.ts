/**
 * Goal: YAML becomes a configuration, and every fault in it is told with its line and a remedy.
 *
 * Method: whole small files, with the values or the exact messages that they must lead to.
 */

import { describe, expect, test } from "vitest";
import { findVhost } from "../../src/config/find-vhost.ts";
import { faultsOf, loadYaml } from "./load.ts";

describe("an empty file", () => {
  const { config, warnings } = loadYaml("# nothing\n");

  test("stands for our own defaults", () => {
    expect(warnings).toEqual([]);
    expect(config.listen).toEqual([{ host: "0.0.0.0", port: 1935 }]);
    expect(config.daemon).toBe(false);
    expect(config.srsLogTank).toBe("console");
    expect(config.graceStartWait).toBe(0);
    expect(config.httpServer).toMatchObject({ enabled: false, dir: "./html", page: true });
    expect(config.httpApi.enabled).toBe(false);
    expect(config.limits).toEqual({
      handshakeTimeout: 10,
      connectionsPerAddress: 0,
      authFailures: 10,
      rtmpMessageSize: 16_777_216,
      programs: 64,
      sendBuffer: 524_288,
    });
    expect(config.testStream).toEqual({ enabled: false, app: "live", stream: "test" });
    expect(config.log).toEqual({ format: "auto", level: "info" });
  });

  test("has the default vhost", () => {
    const vhost = config.vhosts["__defaultVhost__"];
    expect(vhost).toMatchObject({
      enabled: true,
      chunkSize: 60_000,
      outAckSize: 2_500_000,
      tcpNodelay: true,
      minLatency: false,
      play: {
        gopCache: true,
        queueLength: 30,
        queueBytes: 33_554_432,
        timeJitter: "full",
        mwLatency: 350,
        mwMsgs: 8,
        writeTimeout: 30,
        waitStream: 30,
        idleStreamTimeout: 10,
      },
      publish: { firstpktTimeout: 20_000, normalTimeout: 5000, kickoffForIdle: 0, graceMs: 5000 },
      httpRemux: { enabled: true, mount: "[vhost]/[app]/[stream].flv" },
    });
  });

  test("is frozen down to the last value", () => {
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.listen[0])).toBe(true);
    expect(Object.isFrozen(config.vhosts)).toBe(true);
    expect(Object.isFrozen(config.vhosts["__defaultVhost__"]?.play)).toBe(true);
  });
});

describe("values", () => {
  test.each([
    ["1936", [{ host: "0.0.0.0", port: 1936 }]],
    ["0", [{ host: "0.0.0.0", port: 0 }]],
    ["127.0.0.1:1936", [{ host: "127.0.0.1", port: 1936 }]],
    ['"[::1]:1936"', [{ host: "::1", port: 1936 }]],
    ["localhost:1936", [{ host: "127.0.0.1", port: 1936 }]],
    [
      "[1936, 127.0.0.1:1937]",
      [
        { host: "0.0.0.0", port: 1936 },
        { host: "127.0.0.1", port: 1937 },
      ],
    ],
    ["[]", []],
  ])("listen: %s", (text, expected) => {
    expect(loadYaml(`listen: ${text}`).config.listen).toEqual(expected);
  });

  test.each([
    ["true", true],
    ["false", false],
    ["on", true],
    ["off", false],
    ['"on"', true],
  ])("a boolean %s", (text, expected) => {
    expect(loadYaml(`force_grace_quit: ${text}`).config.forceGraceQuit).toBe(expected);
  });

  test("texts need no quotes, even if they look like something else", () => {
    const text = "server_id: 0012\nhttp_api:\n  auth: {username: true, password: 1e3}\n";
    const { config } = loadYaml(text);
    expect(config.serverId).toBe("0012");
    expect(config.httpApi.auth).toMatchObject({ username: "true", password: "1e3" });
  });

  test("lists, rules, commands and options", () => {
    const { config } = loadYaml(`
vhosts:
  a:
    cluster: {origin: one}
    forward: {destination: [one, two:1936]}
    security:
      allow: [play all, publish 10.0.0.0/8]
      deny: publish fe80::1
    exec:
      publish:
        - /bin/record [stream] fast
        - [/bin/other, "two words"]
    transcode:
      live/show:
        engines:
          small:
            vfilter: {v: quiet, threads: 2, re: }
`);
    const vhost = config.vhosts["a"];
    expect(vhost?.cluster.origin).toEqual(["one"]);
    expect(vhost?.forward.destination).toEqual(["one", "two:1936"]);
    expect(vhost?.security.allow).toEqual([
      { action: "play", from: "all" },
      { action: "publish", from: "10.0.0.0/8" },
    ]);
    expect(vhost?.security.deny).toEqual([{ action: "publish", from: "fe80::1" }]);
    expect(vhost?.exec.publish).toEqual([
      ["/bin/record", "[stream]", "fast"],
      ["/bin/other", "two words"],
    ]);
    expect(vhost?.transcode["live/show"]?.engines["small"]?.vfilter).toEqual({
      v: "quiet",
      threads: "2",
      re: "",
    });
  });

  test("aliases stand for what they name", () => {
    const { config } = loadYaml(
      "vhosts:\n  a: {play: &big {queue_length: 60}}\n  b: {play: *big}\n",
    );
    expect(config.vhosts["b"]?.play.queueLength).toBe(60);
  });

  test("empty blocks are blocks", () => {
    const { config } = loadYaml("http_server:\nvhosts:\n  a:\nstream_caster:\n");
    expect(Object.keys(config.vhosts)).toEqual(["__defaultVhost__", "a"]);
    expect(config.streamCaster).toEqual([]);
  });
});

describe("defaults that depend on other settings", () => {
  test("the chunk size of a vhost is the global one", () => {
    const { vhosts } = loadYaml("chunk_size: 4096\nvhosts: {a: {chunk_size: 8192}, b: {}}").config;
    expect([vhosts["a"]?.chunkSize, vhosts["b"]?.chunkSize]).toEqual([8192, 4096]);
  });

  test("in realtime mode nothing is collected, unless it is said", () => {
    const { vhosts } = loadYaml(
      "vhosts: {a: {min_latency: true}, b: {min_latency: true, play: {mw_latency: 100}}}",
    ).config;
    expect(vhosts["a"]?.play).toMatchObject({ mwLatency: 0, mwMsgs: 0 });
    expect(vhosts["b"]?.play).toMatchObject({ mwLatency: 100, mwMsgs: 0 });
  });

  test("media by TCP have the port of UDP, if nothing else is said", () => {
    const tcp = (text: string): unknown => loadYaml(text).config.rtcServer.tcp.listen;
    expect(tcp("")).toEqual([{ host: "0.0.0.0", port: 8000 }]);
    expect(tcp("rtc_server: {listen: 21800}")).toEqual([{ host: "0.0.0.0", port: 21_800 }]);
    const both = [9000, 9001].map((port) => ({ host: "::", port }));
    expect(tcp('rtc_server: {listen: ["[::]:9000", "[::]:9001"]}')).toEqual(both);
    expect(tcp("rtc_server: {listen: []}")).toEqual([{ host: "0.0.0.0", port: 8000 }]);
    expect(tcp("rtc_server: {listen: 21800, tcp: {listen: 8000}}")).toEqual([
      { host: "0.0.0.0", port: 8000 },
    ]);
  });

  test("the HTTPS port of the API is shared if the HTTP port is", () => {
    const https = (text: string): unknown => loadYaml(text).config.httpApi.https.listen;
    expect(https("http_api: {listen: 8080}")).toEqual([{ host: "0.0.0.0", port: 8088 }]);
    expect(https("http_api: {listen: 8081}")).toEqual([{ host: "0.0.0.0", port: 1990 }]);
  });

  test.each([
    ["", "info"],
    ["srs_log_level: verbose", "debug"],
    ["srs_log_level: info", "debug"],
    ["srs_log_level: warn", "warn"],
    ["srs_log_level: warn\nsrs_log_level_v2: info", "info"],
    ["srs_log_level_v2: trace", "debug"],
    ["srs_log_level_v2: trace\nlog: {level: error}", "error"],
  ])("the log level with %j is %s", (text, expected) => {
    expect(loadYaml(text).config.log.level).toBe(expected);
  });

  test("daemon has no effect in a container", () => {
    const { config, warnings } = loadYaml("daemon: true\nin_docker: true");
    expect([config.daemon, warnings]).toEqual([false, []]);
  });
});

describe("findVhost()", () => {
  const { config } = loadYaml("vhosts: {a.com: {chunk_size: 4096}, b.com: {enabled: false}}");

  test.each([
    ["a.com", config.vhosts["a.com"]],
    ["b.com", config.vhosts["b.com"]],
    ["c.com", config.vhosts["__defaultVhost__"]],
    ["A.COM", config.vhosts["__defaultVhost__"]],
    ["constructor", config.vhosts["__defaultVhost__"]],
    ["__proto__", config.vhosts["__defaultVhost__"]],
  ])("%s", (name, expected) => {
    expect(expected).toBeDefined();
    expect(findVhost(config, name)).toBe(expected);
  });
});

describe("faults", () => {
  test.each([
    ["http_servr: {}", ['a.yaml:1: http_servr: Unknown setting, did you mean "http_server"?']],
    ["vhost: {}", ['a.yaml:1: vhost: Unknown setting, did you mean "vhosts"?']],
    [
      "vhosts:\n  a:\n    play:\n      gop_cahce: true\n",
      ['a.yaml:4: vhosts.a.play.gop_cahce: Unknown setting, did you mean "gop_cache"?'],
    ],
    [
      "vhosts:\n  a:\n    gop_cache: true\n",
      ["a.yaml:3: vhosts.a.gop_cache: Unknown setting here, it belongs in vhosts.NAME.play"],
    ],
    [
      "play: {}",
      [
        "a.yaml:1: play: Unknown setting here, it belongs in vhosts.NAME or vhosts.NAME.refer or vhosts.NAME.token or vhosts.NAME.exec",
      ],
    ],
    ["enabled: true", ["a.yaml:1: enabled: Unknown setting"]],
    ["daemon: yes", ['a.yaml:1: daemon: Expected true or false, found "yes"']],
    ["daemon: 1", ["a.yaml:1: daemon: Expected true or false, found 1"]],
    ["daemon:", ["a.yaml:1: daemon: Expected true or false, found nothing"]],
    ["daemon: [true]", ["a.yaml:1: daemon: Expected true or false, found a list"]],
    ["daemon: {on: 1}", ["a.yaml:1: daemon: Expected true or false, found a block"]],
    [
      "max_connections: 1.5",
      ["a.yaml:1: max_connections: Expected a whole number from 1 to 1000000, found 1.5"],
    ],
    [
      'max_connections: "5"',
      ['a.yaml:1: max_connections: Expected a whole number from 1 to 1000000, found "5"'],
    ],
    [
      "grace_start_wait: -1",
      ["a.yaml:1: grace_start_wait: Expected a whole number of at least 0, found -1"],
    ],
    [
      "heartbeat: {interval: .inf}",
      ["a.yaml:1: heartbeat.interval: Expected a number of at least 0.1, found .inf"],
    ],
    [
      "log: {level: warning}",
      ['a.yaml:1: log.level: Expected one of info, debug, warn, error, found "warning"'],
    ],
    ["listen: 65536", ['a.yaml:1: listen: Expected a port from 0 to 65535, found "65536"']],
    [
      "listen: host:1935",
      ['a.yaml:1: listen: Expected an IP address before the port, found "host"'],
    ],
    [
      "listen: ::1:1935",
      [
        'a.yaml:1: listen: Expected a port or an address and a port, such as 1935, 127.0.0.1:1935 or [::1]:1935, found "::1:1935"',
      ],
    ],
    [
      "listen:\n  - 1935\n  - x\n",
      ['a.yaml:3: listen: Expected a port from 0 to 65535, found "x"'],
    ],
    [
      "listen: {port: 1935}",
      [
        "a.yaml:1: listen: Expected a port, an address and a port, or a list of them, found a block",
      ],
    ],
    [
      "http_server: 8080",
      ['a.yaml:1: http_server: Expected a block of settings such as "enabled: true", found 8080'],
    ],
    [
      "vhosts: [a]",
      ['a.yaml:1: vhosts: Expected a block of settings such as "enabled: true", found a list'],
    ],
    [
      "vhosts: {a: {security: {allow: [watch all, play]}}}",
      [
        'a.yaml:1: vhosts.a.security.allow: Expected publish or play, then all, an address or a range, found "watch all"',
        'a.yaml:1: vhosts.a.security.allow: Expected publish or play, then all, an address or a range, found "play"',
      ],
    ],
    ["- listen", ["a.yaml:1: Expected settings such as `listen: 1935`"]],
    ["hello", ["a.yaml:1: Expected settings such as `listen: 1935`"]],
    ["pid: a\nlog: {}\npid: b\n", ["a.yaml:3: pid: Already given on line 1"]],
    ["a: 1\n---\nb: 2\n", ["a.yaml:2: Expected one YAML document, found several"]],
    ["pid: *x", ['a.yaml:1: pid: Cannot find the anchor of the alias "x"']],
  ])("in %j", (text, expected) => {
    expect(faultsOf(() => loadYaml(text))).toEqual(expected);
  });

  test("all of them in one run, in the order of lines", () => {
    const text = "http_server:\n  enabled: maybe\nlisten: x\nfoo: 1\nmax_connections: 0\n";
    expect(faultsOf(() => loadYaml(text)).map((line) => line.slice(0, 9))).toEqual([
      "a.yaml:2:",
      "a.yaml:3:",
      "a.yaml:4:",
      "a.yaml:5:",
    ]);
  });

  test("variables of stream names need quotes, which is said", () => {
    const text = "vhosts:\n  a:\n    http_remux:\n      mount: [vhost]/[app]/[stream].flv\n";
    expect(faultsOf(() => loadYaml(text))).toEqual([
      expect.stringMatching(
        /^a\.yaml:4: Cannot read YAML: .*: a text that begins with "\[" must be in quotes$/,
      ),
    ]);
  });

  test("a file that is no text", () => {
    expect(faultsOf(() => loadYaml("FLV\u0001\u0000"))).toEqual([
      "a.yaml:1: Cannot read configuration: not a text",
    ]);
  });
});

describe("warnings", () => {
  test("features that are not there yet, once a kind", () => {
    const text = `
http_api: {auth: {enabled: true, username: a}}
pithy_print_ms: 5000
vhosts:
  a: {srt: {enabled: true}}
  b: {srt: {enabled: true, srt_to_rtmp: false}, play: {send_min_interval: 10}}
`;
    // The API is off, and with it all that is in its block.
    expect(loadYaml(text).warnings).toEqual([
      "a.yaml:5: vhosts.a.srt: SRT is not supported yet (and 1 more like this)",
      "a.yaml:6: vhosts.b.play.send_min_interval: A least interval between messages is not supported yet",
      "a.yaml:3: pithy_print_ms: Periodic log lines are not supported yet",
    ]);
  });

  test("not for what is disabled, at its default, or obsolete", () => {
    const text = `
pithy_print_ms: 10000
query_latest_version: true
vhosts:
  a: {srt: {enabled: false, srt_to_rtmp: false}, cluster: {mode: local}}
  b: {enabled: false, srt: {enabled: true}, play: {send_min_interval: 1}}
  c: {publish: {mr: true, parse_sps: anything}}
  d: {ingest: {file: {enabled: false, ffmpeg: /bin/ffmpeg}}}
`;
    expect(loadYaml(text).warnings).toEqual([]);
  });
});
