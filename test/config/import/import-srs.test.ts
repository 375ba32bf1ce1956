/**
 * Goal: an imported configuration does what SRS's file does, each directive ends in one outcome that
 * is told, and what cannot be read is refused with its line and column.
 *
 * Method: files such as SRS's users have (test/fixtures/srs-conf), loaded in SRS's format and as the
 * YAML that was made of them: whatever has an effect must be equal. Golden reports; cuts and noise.
 */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/base/errors.ts";
import type { Config } from "../../../src/config/config.ts";
import { Findings } from "../../../src/config/findings.ts";
import { formatReport, losesSomething } from "../../../src/config/import/format-report.ts";
import { type ImportedConfig, importSrs } from "../../../src/config/import/import-srs.ts";
import { type Block, hasValues, type Values } from "../../../src/config/settings/setting.ts";
import { SETTINGS } from "../../../src/config/settings/table.ts";
import { type Directive, DirectiveParser } from "../../../src/config/srs/directives.ts";
import { pathOf, walkSettings } from "../../../src/config/walk-settings.ts";
import { createRandom } from "../../support/seeded-random.ts";
import { faultsOf, load, loadYaml } from "../load.ts";

const FOLDER = new URL("../../fixtures/srs-conf/", import.meta.url);
const NAMES = readdirSync(FOLDER);
/** Files with names or values that the loader refuses. */
const FAULTY = ["mistakes.conf", "old-spellings.conf", "srs7.conf"];
const OPTIONS = { environment: { CANDIDATE: "198.51.100.9" } };

function textOf(name: string): string {
  return readFileSync(new URL(name, FOLDER), "utf8");
}

function importText(text: string, files: Readonly<Record<string, string>> = {}): ImportedConfig {
  const readText = (path: string): string => {
    const found = files[path];
    if (found === undefined) throw new Error("no such file");
    return found;
  };
  return importSrs({ path: "srs.conf", text, readText });
}

/** What has an effect: nothing of a disabled block but that it is disabled. */
function effective(block: Block, values: Values): unknown {
  if (values["enabled"] === false) return { enabled: false };
  return Object.fromEntries(
    block.items.filter(hasAny).map((item) => {
      const value = values[item.property];
      if (item.kind === "setting") return [item.name, value];
      if (item.shape === "one") return [item.name, effective(item, value as Values)];
      const inner = Object.entries(value as Record<string, Values>);
      const entries = inner.map(([key, one]) => [key, effective(item, one)]);
      // A vhost that is not there refuses everybody, as one that is disabled.
      const isAbsent = ([, one]: unknown[]): boolean => JSON.stringify(one) === '{"enabled":false}';
      return [item.name, entries.filter((entry) => item.name !== "vhosts" || !isAbsent(entry))];
    }),
  );
}

function hasAny(item: Block["items"][number]): boolean {
  return item.kind === "block" ? hasValues(item) : item.obsolete === undefined;
}

function countOf(directives: readonly Directive[]): number {
  return directives.reduce((sum, { children = [] }) => sum + 1 + countOf(children), 0);
}

describe("importSrs()", () => {
  test.each(NAMES.filter((name) => !FAULTY.includes(name)))("%s does the same", (name) => {
    const srs = load(name, textOf(name), OPTIONS).config;
    const { config } = loadYaml(importText(textOf(name)).yaml, OPTIONS);
    const asValues = (one: Config): Values => one as unknown as Values;
    expect(effective(SETTINGS, asValues(config))).toEqual(effective(SETTINGS, asValues(srs)));
    expect(config.httpServer.dir).toBe(srs.httpServer.dir);
  });

  test.each(NAMES)("tells of every directive of %s", (name) => {
    const { report, yaml } = importText(textOf(name));
    const parser = new DirectiveParser(() => "", new Findings());
    expect(report.entries).toHaveLength(countOf(parser.parse("a", textOf(name))));
    for (const { outcome, text } of report.entries) {
      if (["not needed", "not there yet", "lost"].includes(outcome)) expect(text).not.toBe("");
    }
    expect(faultsOf(() => loadYaml(yaml, OPTIONS))).toEqual([]);
  });

  test("the largest of the files has every setting that SRS has", () => {
    const srsText = textOf("everything.conf") + textOf("srs7.conf");
    const missing = [...walkSettings(SETTINGS)].filter(({ setting, blocks }) => {
      if (setting.isOwn || blocks.some(({ name }) => ["users", "tracing", "pull"].includes(name))) {
        return false;
      }
      return !new RegExp(`(^|[\\s{;])${setting.name}(?=[\\s;])`, "m").test(srsText);
    });
    const notOfSrs = [
      "tencentcloud_cls.debug_logging",
      "tencentcloud_cls.stat_heartbeat",
      "tencentcloud_cls.stat_streams",
      "tencentcloud_cls.heartbeat_ratio",
      "tencentcloud_cls.streams_ratio",
      "is_full",
      "vhosts.NAME.rtc.bframe",
      "vhosts.NAME.rtc.aac",
    ];
    const paths = missing.map(({ setting, blocks }) => pathOf(blocks, setting));
    expect(paths.filter((path) => !notOfSrs.includes(path))).toEqual([]);
  });

  test("keeps references to the environment", () => {
    expect(importText(textOf("srs.conf")).yaml).toContain('  candidate: ["$CANDIDATE"]\n');
    const own = importText("rtc_server { candidate $SRS_LISTEN; } vhost __defaultVhost__ { }");
    expect(own.yaml).toContain('candidate: ["$SRS_LISTEN"]');
  });

  test("puts included files in place, and tells their lines", () => {
    const { yaml, report } = importText("include a.conf;\nvhost __defaultVhost__ { }", {
      "a.conf": "listen 1940;\nwhatever 1;",
    });
    expect(yaml).toMatch(/^listen: 1940$/m);
    expect(formatReport(report, false)).toContain("  a.conf:2, whatever: Unknown setting\n");
  });

  test("refuses everybody by address where SRS does", () => {
    const { yaml } = importText("vhost a.example.com { }");
    expect(yaml).toContain("  __defaultVhost__:\n    enabled: false # SRS's default\n");
    expect(loadYaml(yaml).config.vhosts["__defaultVhost__"]?.enabled).toBe(false);
  });

  test("loses of a list only what is wrong in it", () => {
    const rules = "allow play nobody; allow publish 10.0.0.0/8; deny play 10.0.0.1;";
    const { yaml } = importText(`vhost v { security { enabled on; ${rules} } }`);
    expect(loadYaml(yaml).config.vhosts["v"]?.security).toEqual({
      enabled: true,
      allow: [{ action: "publish", from: "10.0.0.0/8" }],
      deny: [{ action: "play", from: "10.0.0.1" }],
    });
  });

  test("tells of what is lost in a block whose feature is to come", () => {
    const { report } = importText("srt_server { enabled on; latency soon; }");
    const text = formatReport(report, false);
    expect(text).toContain("line 1, srt_server.enabled: SRT is not supported yet\n");
    expect(text).toContain(
      "line 1, srt_server.latency: Expected a whole number of at least 0, found",
    );
  });

  test("takes a farm", { timeout: 30_000 }, () => {
    const vhost = (_: unknown, index: number): string =>
      `vhost v${index}.example.com { gop_cache off; srt { enabled on; } hls { enabled on; } }`;
    const { report, yaml } = importText(Array.from({ length: 1_500 }, vhost).join("\n"));
    // More than a mebibyte, which was loaded before it was given out.
    expect(yaml.match(/^ {2}v\d+\.example\.com:$/gm)).toHaveLength(1_500);
    const text = formatReport(report, false);
    expect(text).toContain(
      "\n  lines 1, 2, 3, 4, 5, 6, 7, 8 and 1492 more, vhost.srt.enabled: SRT",
    );
    expect(text).toContain("vhost.gop_cache: It is `vhosts.NAME.play.gop_cache` now\n");
    expect(text.split("\n").length).toBeLessThan(60);
  });

  test.each([
    ["", "srs.conf:1: The file is empty"],
    ["listen 1935", 'srs.conf:1:12: Unexpected end of file, expected ";" or "{"'],
    ["listen 1935;\n  }", 'srs.conf:2:3: Unexpected "}"'],
    ["listen 1935;\nvhost a {\n  hls { }", 'srs.conf:3:10: Unexpected end of file, expected "}"'],
    ['listen "1935;', 'srs.conf:1:8: Expected a closing "'],
    ["include b.conf;", 'srs.conf:1: include: Cannot read "b.conf": no such file'],
    [
      "vhost a { hls { enabled on; }\nhttp_remux { enabled on; mount /[app]/[stream].ts; } }",
      "srs.conf:2: vhosts.a.http_remux.mount: Cannot mount on .ts: HLS is enabled and has such names too",
    ],
  ])("refuses %j", (text, expected) => {
    expect(faultsOf(() => importText(text))).toEqual([expected]);
  });

  test("survives cuts", () => {
    const text = textOf("everything.conf");
    for (let end = 0; end < text.length; end += 97) expectGood(text.slice(0, end));
  });

  test("survives noise", () => {
    const random = createRandom(8);
    const words = [...textOf("old-spellings.conf").split(/\s+/), "{", "}", ";", '"\u2028"', "'#'"];
    for (let run = 0; run < 60; run++) {
      const length = random(40);
      const pick = (): string => words[random(words.length)] ?? "";
      expectGood(Array.from({ length }, pick).join(" "));
    }
    const text = textOf("old-spellings.conf");
    for (let run = 0; run < 60; run++) {
      const at = random(text.length);
      const noise = String.fromCharCode(random(256));
      expectGood(text.slice(0, at) + noise + text.slice(at + 1));
    }
  });
});

/** Whatever comes out can be loaded, which `importSrs` sees to; nothing but ConfigError is thrown. */
function expectGood(text: string): void {
  try {
    const { report, yaml } = importText(text);
    expect(yaml.split("\n").filter((line) => line.includes("\u2028"))).toEqual([]);
    for (const line of formatReport(report, true).split("\n")) expect(line).not.toMatch(/\r/);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error).toBeInstanceOf(ConfigError);
  }
}

describe("the report", () => {
  test("of spellings of old", () => {
    const { report } = importText(textOf("old-spellings.conf"));
    expect(losesSomething(report)).toBe(true);
    expect(formatReport(report, false)).toMatchInlineSnapshot(`
      "srs.conf: 72 directives, 26 as they were, 21 otherwise, 16 not needed any more, 9 not there yet, 0 lost

      Not there yet:
        line 9, stream_caster: SRS has had no RTSP caster since version 4, and RTSP is to come here
        line 23, vhost.mode: Edges and clusters are not supported yet, the vhost serves its own streams only

      Carried over otherwise:
        line 4, http_stream: It is \`http_server\` now
        line 7, srt_server.tlpkdrop: It is \`srt_server.tlpktdrop\` now
        line 8, stream_caster.host: It is \`stream_caster.sip.candidate\` now
        line 11, vhost.gop_cache: It is \`vhosts.NAME.play.gop_cache\` now
        line 11, vhost.queue_length: It is \`vhosts.NAME.play.queue_length\` now
        line 11, vhost.time_jitter: It is \`vhosts.NAME.play.time_jitter\` now
        line 11, vhost.mw_latency: It is \`vhosts.NAME.play.mw_latency\` now
        line 13, vhost.publish_1stpkt_timeout: It is \`vhosts.NAME.publish.firstpkt_timeout\` now
        line 13, vhost.publish_normal_timeout: It is \`vhosts.NAME.publish.normal_timeout\` now
        line 14, vhost.refer: It is \`vhosts.NAME.refer.all\` now
        line 14, vhost.refer_play: It is \`vhosts.NAME.refer.play\` now
        line 14, vhost.refer_publish: It is \`vhosts.NAME.refer.publish\` now
        line 15, vhost.forward: It is \`vhosts.NAME.forward.destination\` now
        line 16, vhost.http: It is \`vhosts.NAME.http_static\` now
        line 19, vhost.nack.enabled: It is \`vhosts.NAME.rtc.nack\` now
        line 20, vhost.twcc.enabled: It is \`vhosts.NAME.rtc.twcc\` now
        line 21, vhost.rtc.bframe: It is \`vhosts.NAME.rtc.keep_bframe\` now
        line 21, vhost.rtc.aac: It is \`vhosts.NAME.rtc.rtmp_to_rtc\` now

      Not needed any more:
        line 3, pithy_print: SRS itself has no use for it any more
        line 5, kafka: SRS removed Kafka; events.md says how to be told of what happens
        line 6, rtc_server.perf_stat: Figures are always counted
        line 6, rtc_server.queue_length: SRS itself has no use for it any more
        line 8, stream_caster.rtp_port_min: SRS removed its RTSP caster
        line 8, stream_caster.wait_keyframe: SRS's GB28181 does without it since version 5
        line 12, vhost.mr.enabled: What has arrived is read at once; there is no read to merge
        line 12, vhost.mr.latency: What has arrived is read at once; there is no read to merge
        line 17, vhost.http_remux.hstrs: A player may always come before the stream
        line 18, vhost.hls.hls_storage: SRS keeps segments on disk whatever it says; so does \`hls_storage: both\`
        line 19, vhost.nack.no_copy: Packets are never copied

      To know besides:
        work_dir: Paths such as \`./objs/...\` begin in the folder that the server is started in

      Written out, since SRS's default is another than that of YAML:
        pid: ./objs/srs.pid
        daemon: true
        srs_log_tank: file
        srs_log_file: ./objs/srs.log
        ff_log_dir: ./objs
        grace_start_wait: 2300
        grace_final_wait: 3200
        exporter.enabled: false
        vhosts.NAME.tcp_nodelay: false (in 2 places)
        vhosts.NAME.play.wait_stream: 0 (in 2 places)
        vhosts.NAME.play.idle_stream_timeout: 3 (in 2 places)
        vhosts.NAME.publish.grace_ms: 0 (in 2 places)
        vhosts.NAME.http_remux.formats: []
        vhosts.NAME.hls.hls_storage: both
        vhosts.NAME.hls.hls_on_demand: false
        vhosts.NAME.hls.hls_m3u8_file: "[app]/[stream].m3u8"
        vhosts.NAME.hls.hls_ts_file: "[app]/[stream]-[seq].ts"
        vhosts.NAME.hls.hls_key_file: "[app]/[stream]-[seq].key"
        vhosts.NAME.cmaf.enabled: false (in 2 places)
        vhosts.NAME.dash.enabled: false (in 2 places)
        vhosts.NAME.rtc.rtc_to_rtmp: false
        vhosts.NAME.http_remux.enabled: false
        vhosts.NAME.hls.enabled: false
        vhosts.NAME.rtc.enabled: false
      "
    `);
  });

  test("of mistakes", () => {
    const { report } = importText(textOf("mistakes.conf"));
    expect(formatReport(report, false)).toMatchInlineSnapshot(`
      "srs.conf: 23 directives, 13 as they were, 5 otherwise, 0 not needed any more, 0 not there yet, 5 lost

      Lost, since the name or the value is not known:
        line 1, min_x: Unknown setting
        line 4, vhost.play.queue_length: Expected a whole number from 1 to 3600, found "ten"
        line 4, vhost.play.mw_latency: Expected a whole number from 0 to 10000, found "99999"
        line 4, vhost.play.time_jitter: Expected one of full, zero, off, found "never"
        line 4, vhost.http_hooks.on_publsh: Unknown setting, did you mean "on_publish"?

      Carried over otherwise:
        line 3, vhost: Repeated, the first one on line 2 is used
        line 4, vhost.play.gop_cache: Expected on or off, found "maybe", which means on as in SRS
        line 4, vhost.play.gop_cache: Repeated, the first one on line 4 is used
        line 4, vhost.hls: Expected a block { }, found "on", which is ignored as in SRS

      To know besides:
        vhosts.__defaultVhost__: There is no vhost __defaultVhost__, so that who asks by address is refused, as in SRS
        work_dir: Paths such as \`./objs/...\` begin in the folder that the server is started in

      Written out, since SRS's default is another than that of YAML:
        pid: ./objs/srs.pid
        srs_log_file: ./objs/srs.log
        ff_log_dir: ./objs
        grace_start_wait: 2300
        grace_final_wait: 3200
        http_server.dir: ./objs/nginx/html
        exporter.enabled: false
        vhosts.NAME.enabled: false
        vhosts.NAME.tcp_nodelay: false (in 2 places)
        vhosts.NAME.play.wait_stream: 0 (in 2 places)
        vhosts.NAME.play.idle_stream_timeout: 3 (in 2 places)
        vhosts.NAME.publish.grace_ms: 0 (in 2 places)
        vhosts.NAME.http_remux.enabled: false (in 2 places)
        vhosts.NAME.hls.enabled: false (in 2 places)
        vhosts.NAME.cmaf.enabled: false (in 2 places)
        vhosts.NAME.dash.enabled: false (in 2 places)
        vhosts.NAME.rtc.enabled: false (in 2 places)
      "
    `);
  });

  test("of a plain file, in full", () => {
    const { report, yaml } = importText(textOf("rtmp.conf"));
    expect(losesSomething(report)).toBe(false);
    expect(formatReport(report, true)).toMatchInlineSnapshot(`
      "srs.conf: 5 directives, 5 as they were, 0 otherwise, 0 not needed any more, 0 not there yet, 0 lost

      To know besides:
        work_dir: Paths such as \`./objs/...\` begin in the folder that the server is started in

      Carried over as they were:
        line 1, listen
        line 2, max_connections
        line 3, daemon
        line 4, srs_log_tank
        line 5, vhost

      Written out, since SRS's default is another than that of YAML:
        pid: ./objs/srs.pid
        srs_log_file: ./objs/srs.log
        ff_log_dir: ./objs
        grace_start_wait: 2300
        grace_final_wait: 3200
        http_server.dir: ./objs/nginx/html
        exporter.enabled: false
        vhosts.NAME.tcp_nodelay: false
        vhosts.NAME.play.wait_stream: 0
        vhosts.NAME.play.idle_stream_timeout: 3
        vhosts.NAME.publish.grace_ms: 0
        vhosts.NAME.http_remux.enabled: false
        vhosts.NAME.hls.enabled: false
        vhosts.NAME.cmaf.enabled: false
        vhosts.NAME.dash.enabled: false
        vhosts.NAME.rtc.enabled: false
      "
    `);
    expect(yaml).toMatchInlineSnapshot(`
      "# yaml-language-server: $schema=sluice.schema.json
      #
      # Imported from SRS's configuration.
      # srs.conf: 5 directives, 5 as they were, 0 otherwise, 0 not needed any more, 0 not there yet, 0 lost
      #
      # To know besides:
      #   work_dir: Paths such as \`./objs/...\` begin in the folder that the server is started in

      listen: 1935
      pid: ./objs/srs.pid # SRS's default
      max_connections: 1000
      daemon: false
      srs_log_tank: console
      srs_log_file: ./objs/srs.log # SRS's default
      ff_log_dir: ./objs # SRS's default
      grace_start_wait: 2300 # SRS's default
      grace_final_wait: 3200 # SRS's default

      http_server:
        dir: ./objs/nginx/html # SRS's default

      exporter:
        enabled: false # SRS's default

      vhosts:
        __defaultVhost__:
          tcp_nodelay: false # SRS's default
          play:
            wait_stream: 0 # SRS's default
            idle_stream_timeout: 3 # SRS's default
          publish:
            grace_ms: 0 # SRS's default
          http_remux:
            enabled: false # SRS's default
          hls:
            enabled: false # SRS's default
          cmaf:
            enabled: false # SRS's default
          dash:
            enabled: false # SRS's default
          rtc:
            enabled: false # SRS's default
      "
    `);
  });
});
