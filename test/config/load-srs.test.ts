/**
 * Goal: a file that works with SRS works here, with SRS's defaults; what SRS overlooks is told.
 *
 * Method: whole small files, with the values, warnings or exact messages that they must lead to.
 */

import { describe, expect, test } from "vitest";
import { findVhost } from "../../src/config/find-vhost.ts";
import { faultsOf, load, loadSrs } from "./load.ts";

/** Loads the directives of one vhost. */
function vhostOf(directives: string) {
  const { config, warnings } = loadSrs(`daemon off;\nvhost v {\n${directives}\n}`);
  const vhost = config.vhosts["v"];
  if (vhost === undefined) throw new Error("no vhost");
  return { vhost, warnings };
}

describe("defaults", () => {
  const { config, warnings } = loadSrs("listen 1935;\nvhost a.com { }\n");

  test("are SRS's", () => {
    expect(config).toMatchObject({
      pid: "./objs/srs.pid",
      daemon: true,
      srsLogTank: "file",
      srsLogFile: "./objs/srs.log",
      graceStartWait: 2300,
      graceFinalWait: 3200,
      httpServer: { dir: "./objs/nginx/html" },
    });
    expect(config.vhosts["a.com"]).toMatchObject({
      tcpNodelay: false,
      httpRemux: { enabled: false },
      publish: { graceMs: 0 },
      play: { waitStream: 0, idleStreamTimeout: 3, mwLatency: 350 },
    });
  });

  test("do not include the default vhost", () => {
    expect(Object.keys(config.vhosts)).toEqual(["a.com"]);
    expect(findVhost(config, "b.com")).toBeUndefined();
  });

  test("are nothing to warn of", () => {
    expect(warnings).toEqual([]);
  });

  test("keep the latency of realtime mode", () => {
    expect(vhostOf("min_latency on;").vhost.play).toMatchObject({ mwLatency: 350, mwMsgs: 0 });
  });
});

describe("values", () => {
  test("a file like those in use", () => {
    const { config, warnings } = loadSrs(`
# a comment; with { signs }
listen              127.0.0.1:1935 [::1]:1935 1936;  # more
max_connections     100;
daemon              off;
srs_log_tank        console;
http_api { enabled on; listen 1985; https { enabled on; listen 1990; key "k 1"; cert 'c;2'; } }
http_server
{
    enabled on; listen 8080; dir ./html;
}
vhost __defaultVhost__ {
    tcp_nodelay on;
    play { gop_cache off; queue_length 10; mw_latency 100; time_jitter zero; }
    publish { mr off; firstpkt_timeout 10000; }
    http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
}`);
    expect(warnings).toEqual([]);
    expect(config.listen).toEqual([
      { host: "127.0.0.1", port: 1935 },
      { host: "::1", port: 1935 },
      { host: "0.0.0.0", port: 1936 },
    ]);
    expect(config.maxConnections).toBe(100);
    expect(config.httpApi.https).toMatchObject({ enabled: true, key: "k 1", cert: "c;2" });
    expect(config.httpServer).toMatchObject({ enabled: true, dir: "./html" });
    expect(config.vhosts["__defaultVhost__"]).toMatchObject({
      tcpNodelay: true,
      play: { gopCache: false, queueLength: 10, mwLatency: 100, timeJitter: "zero" },
      publish: { firstpktTimeout: 10_000 },
      httpRemux: { enabled: true, mount: "[vhost]/[app]/[stream].flv" },
    });
  });

  test("blocks with names, and repeated ones", () => {
    const { config } = loadSrs(`
stream_caster { enabled on; caster flv; output rtmp://127.0.0.1/[app]/[stream]; listen 8936; }
stream_caster { enabled off; caster gb28181; sip { listen 5061; } }
vhost v {
  ingest one { input { type stream; url rtmp://a/b; } engine { enabled off; output rtmp://c; } }
  ingest two { ffmpeg /bin/ffmpeg; }
  transcode { enabled on; engine ff { vcodec libx264; vfilter { v quiet; re; } vparams { g 40; } } }
  transcode live/show { engine a { acodec copy; } engine b { vfps 29.97; } }
  exec { publish /bin/a [stream] >out; publish /bin/b; }
  security { allow play all; deny publish 10.0.0.0/8; allow publish 127.0.0.1; }
}`);
    expect(config.streamCaster).toMatchObject([
      { enabled: true, caster: "flv", listen: [{ host: "0.0.0.0", port: 8936 }] },
      { enabled: false, caster: "gb28181", sip: { listen: [{ host: "0.0.0.0", port: 5061 }] } },
    ]);
    const vhost = config.vhosts["v"];
    expect(Object.keys(vhost?.ingest ?? {})).toEqual(["one", "two"]);
    expect(vhost?.ingest["one"]?.input).toMatchObject({ type: "stream", url: "rtmp://a/b" });
    expect(vhost?.ingest["one"]?.engines[""]?.output).toBe("rtmp://c");
    expect(vhost?.transcode["*"]?.engines["ff"]).toMatchObject({
      vcodec: "libx264",
      vfilter: { v: "quiet", re: "" },
      vparams: { g: "40" },
      aparams: {},
    });
    expect(vhost?.transcode["live/show"]?.engines["b"]?.vfps).toBe(29.97);
    expect(vhost?.exec.publish).toEqual([["/bin/a", "[stream]", ">out"], ["/bin/b"]]);
    expect(vhost?.security).toMatchObject({
      allow: [
        { action: "play", from: "all" },
        { action: "publish", from: "127.0.0.1" },
      ],
      deny: [{ action: "publish", from: "10.0.0.0/8" }],
    });
  });

  test("a directive without a value, or with an empty one, has its default", () => {
    const { config } = loadSrs("listen 1935;daemon off;max_connections;pid \"\";srs_log_tank '';");
    expect([config.maxConnections, config.pid, config.srsLogTank]).toEqual([
      1000,
      "./objs/srs.pid",
      "file",
    ]);
  });

  test("a port on both families is one listener", () => {
    const { config } = loadSrs("listen 1935 [::]:1935 1936;");
    expect(config.listen).toEqual([
      { host: "::", port: 1935 },
      { host: "0.0.0.0", port: 1936 },
    ]);
  });

  test("settings of our own can be given too", () => {
    const { vhost, warnings } = vhostOf("publish { grace_ms 3000; } play { write_timeout 5; }");
    expect([vhost.publish.graceMs, vhost.play.writeTimeout]).toEqual([3000, 5]);
    expect(warnings).toEqual([]);
  });

  test("a file may have Windows line ends and a byte order mark", () => {
    const { config } = loadSrs("\ufefflisten 1936;\r\ndaemon off;\r\nvhost a {\r\n}\r\n");
    expect(config.listen).toEqual([{ host: "0.0.0.0", port: 1936 }]);
  });

  test("candidates may name a variable", () => {
    const text = "daemon off;\nrtc_server { candidate $CANDIDATE 10.0.0.1; }";
    const candidate = (environment: Record<string, string>): unknown =>
      loadSrs(text, { environment }).config.rtcServer.candidate;
    expect(candidate({ CANDIDATE: "192.0.2.1 192.0.2.2" })).toEqual([
      "192.0.2.1",
      "192.0.2.2",
      "10.0.0.1",
    ]);
    expect(candidate({})).toEqual(["10.0.0.1"]);
    const alone = "daemon off;\nrtc_server { candidate $constructor; }";
    expect(loadSrs(alone).config.rtcServer.candidate).toEqual(["*"]);
  });
});

describe("what SRS overlooks", () => {
  test.each([
    // Default off: only "on" is on.
    [
      "tcp_nodelay yes;",
      { tcpNodelay: false },
      'tcp_nodelay: Expected on or off, found "yes", which means off as in SRS',
    ],
    // Default on: only "off" is off.
    [
      "enabled false;",
      { enabled: true },
      'enabled: Expected on or off, found "false", which means on as in SRS',
    ],
    // The exception: default on, but only "on" is on.
    [
      "srt { srt_to_rtmp yes; }",
      { srt: { srtToRtmp: false } },
      'srt.srt_to_rtmp: Expected on or off, found "yes", which means off as in SRS',
    ],
    [
      "publish { firstpkt_timeout 900.7; }",
      { publish: { firstpktTimeout: 900 } },
      'publish.firstpkt_timeout: Expected a whole number of at least 100, found "900.7", which means 900 as in SRS',
    ],
    [
      "chunk_size 70000;",
      { chunkSize: 65_536 },
      'chunk_size: Expected a whole number from 128 to 65536, found "70000", 65536 is used',
    ],
    [
      "rtc { opus_bitrate 1; }",
      { rtc: { opusBitrate: 48_000 } },
      'rtc.opus_bitrate: Expected a whole number from 8000 to 320000, found "1", 48000 is used',
    ],
    [
      "play { queue_length 10 20; }",
      { play: { queueLength: 10 } },
      'play.queue_length: Expected one value, only "10" is used',
    ],
    [
      "hls on;",
      { hls: { enabled: false } },
      'hls: Expected a block { }, found "on", which is ignored as in SRS',
    ],
    [
      "in_ack_size 1; in_ack_size 2;",
      { inAckSize: 1 },
      "in_ack_size: Repeated, the first one on line 3 is used",
    ],
    [
      "play { gop_cache off; } play { gop_cache on; }",
      { play: { gopCache: false } },
      "play: Repeated, the first one on line 3 is used",
    ],
    [
      "ingest a { input { speed 2; } }",
      { ingest: { a: { input: { type: "file" } } } },
      "ingest.a.input.speed: Unknown setting, ignored as in SRS",
    ],
  ])("%s", (text, values, warning) => {
    const { vhost, warnings } = vhostOf(text);
    expect(vhost).toMatchObject(values);
    expect(warnings).toContain(`a.conf:3: vhosts.v.${warning}`);
  });

  test("a vhost that is given twice", () => {
    const { config, warnings } = loadSrs("daemon off;\nvhost a { enabled off; }\nvhost a { }");
    expect(config.vhosts["a"]?.enabled).toBe(false);
    expect(warnings).toEqual(["a.conf:3: vhosts.a: Repeated, the first one on line 2 is used"]);
  });
});

describe("include", () => {
  test("takes the place of the directive, at any level", () => {
    const files = {
      "./conf/all.conf": "max_connections 50;\ninclude b.conf c.conf;",
      "b.conf": "vhost a { include play.conf; }",
      "c.conf": "vhost b { }\n",
      "play.conf": "play { gop_cache off; }\n",
    };
    const { config } = loadSrs("listen 1935;\ninclude ./conf/all.conf;\ndaemon off;", { files });
    expect(config.maxConnections).toBe(50);
    expect(Object.keys(config.vhosts)).toEqual(["a", "b"]);
    expect(config.vhosts["a"]?.play.gopCache).toBe(false);
  });

  test("an empty file is no fault", () => {
    const { config } = loadSrs("include b.conf;\ndaemon off;", { files: { "b.conf": "" } });
    expect(config.daemon).toBe(false);
  });

  test.each([
    ["include none.conf;", {}, 'a.conf:1: include: Cannot read "none.conf": no such file'],
    [
      "listen 1935;\ninclude b.conf;",
      { "b.conf": "\nmax_conections 5;" },
      'b.conf:2: max_conections: Unknown setting, did you mean "max_connections"?',
    ],
    [
      "include b.conf;",
      { "b.conf": "include a.conf;" },
      'b.conf:1: include: Cannot include "a.conf": it includes itself',
    ],
    [
      "include b.conf;",
      { "b.conf": "vhost a {" },
      'b.conf:1:10: Unexpected end of file, expected "}"',
    ],
  ])("faults in %j", (text, files, expected) => {
    expect(faultsOf(() => loadSrs(text, { files: files as Record<string, string> }))).toEqual([
      expected,
    ]);
  });

  test("is bounded in depth and in number", () => {
    const chain = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`${index}`, `include ${index + 1};`]),
    );
    expect(faultsOf(() => loadSrs("include 0;", { files: chain }))).toEqual([
      '7:1: include: Cannot include "8": too many files included',
    ]);
    const text = `include ${"b.conf ".repeat(1001)};`;
    expect(faultsOf(() => loadSrs(text, { files: { "b.conf": "" } }))).toEqual([
      'a.conf:1: include: Cannot include "b.conf": too many files included',
    ]);
  });
});

describe("faults", () => {
  test.each([
    ["", ["a.conf:1: The file is empty"]],
    ["# nothing\n", ["a.conf:1: The file is empty"]],
    ["foo 1;", ["a.conf:1: foo: Unknown setting"]],
    [
      "listen 1935;\nis_full on;",
      ["a.conf:2: is_full: This is the sample of all settings and not meant to be used"],
    ],
    ["listen 0;", ['a.conf:1: listen: Expected a port from 1 to 65535, found "0"']],
    ["listen 1935x;", ['a.conf:1: listen: Expected a port from 1 to 65535, found "1935x"']],
    [
      "max_connections 10k;",
      ['a.conf:1: max_connections: Expected a whole number from 1 to 1000000, found "10k"'],
    ],
    [
      "srs_log_level loud;",
      ['a.conf:1: srs_log_level: Expected one of trace, verbose, info, warn, error, found "loud"'],
    ],
    ["listen { }", ['a.conf:1: listen: Expected a value and ";", found a block']],
    [
      "vhost v {\n  publish { mix_correct on; }\n}",
      [
        "a.conf:2: vhosts.v.publish.mix_correct: Unknown setting here, it belongs in vhosts.NAME.play",
      ],
    ],
    [
      "vhost v {\n  http_remux { }\n  http_remux { }\n}",
      ["a.conf:3: vhosts.v.http_remux: Already given on line 2"],
    ],
    [
      "vhost v {\n  ingest a { }\n  ingest a { }\n}",
      ["a.conf:3: vhosts.v.ingest.a: Already given on line 2"],
    ],
    [
      "vhost v { security { allow all; } }",
      [
        'a.conf:1: vhosts.v.security.allow: Expected publish or play, then all, an address or a range, found "all"',
      ],
    ],
    ["constructor { }\n", ["a.conf:1: constructor: Unknown setting"]],
    [
      "vhost v { toString 1; __proto__ { } }",
      [
        "a.conf:1: vhosts.v.toString: Unknown setting",
        "a.conf:1: vhosts.v.__proto__: Unknown setting",
      ],
    ],
  ])("in %j", (text, expected) => {
    expect(faultsOf(() => loadSrs(text))).toEqual(expected);
  });
});

describe("the format", () => {
  const srs = "listen 1935;\ndaemon off;\n";
  const yaml = "listen: 1935\ndaemon: off\n";

  test.each([
    ["a.conf", srs, "./objs/srs.pid"],
    ["A.CONF", srs, "./objs/srs.pid"],
    ["a.yaml", yaml, ""],
    ["a.YML", yaml, ""],
    ["a", srs, "./objs/srs.pid"],
    ["a", "# x\nvhost a {\n}\n", "./objs/srs.pid"],
    ["a", yaml, ""],
    ["a", "http_server: {enabled: true}\nvhosts:\n  a: {}\n", ""],
    ["a", "", ""],
  ])("of %s with %j", (path, text, pid) => {
    expect(load(path, text).config.pid).toBe(pid);
  });
});

test("`user` is a setting with a word behind it, and a block of a user with braces", () => {
  const { config, warnings } = loadSrs(
    "daemon off;\nuser sluice:video;\nuser anna { permissions play; }\nuser bob { }\n",
  );
  expect(config.user).toBe("sluice:video");
  expect(Object.keys(config.users)).toEqual(["anna", "bob"]);
  expect(warnings).toEqual([]);
});
