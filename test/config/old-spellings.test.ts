/**
 * Goal: files for older versions of SRS mean what they meant.
 *
 * Method: each old directive beside the one of today; both must load to the same vhost or block.
 */

import { describe, expect, test } from "vitest";
import { loadSrs } from "./load.ts";

describe("in a vhost", () => {
  test.each([
    ["http { enabled on; mount [vhost]/x; }", "http_static { enabled on; mount [vhost]/x; }"],
    ["http_remux { enabled on; hstrs on; }", "http_remux { enabled on; }"],
    ["refer github.com github.io;", "refer { enabled on; all github.com github.io; }"],
    ["refer a; refer_play b; refer_publish c;", "refer { enabled on; all a; play b; publish c; }"],
    ["publish_1stpkt_timeout 9000;", "publish { firstpkt_timeout 9000; }"],
    ["publish_normal_timeout 7000;", "publish { normal_timeout 7000; }"],
    ["mr { enabled on; latency 500; }", "publish { mr on; mr_latency 500; }"],
    ["time_jitter zero;", "play { time_jitter zero; }"],
    ["mix_correct on;", "play { mix_correct on; }"],
    ["atc on; atc_auto on;", "play { atc on; atc_auto on; }"],
    ["mw_latency 100;", "play { mw_latency 100; }"],
    ["gop_cache off; gop_cache_max_frames 9;", "play { gop_cache off; gop_cache_max_frames 9; }"],
    ["queue_length 5;", "play { queue_length 5; }"],
    ["send_min_interval 5;", "play { send_min_interval 5; }"],
    ["reduce_sequence_header on;", "play { reduce_sequence_header on; }"],
    // What is in the block already wins.
    ["queue_length 5; play { queue_length 6; }", "play { queue_length 6; }"],
    ["forward a:1935 b;", "forward { enabled on; destination a:1935 b; }"],
    [
      "mode remote; origin a b; token_traverse on; vhost x; debug_srs_upnode off;",
      "cluster { mode remote; origin a b; token_traverse on; vhost x; debug_srs_upnode off; }",
    ],
    ["nack { enabled off; no_copy off; }", "rtc { nack off; nack_no_copy off; }"],
    ["twcc { enabled off; }", "rtc { twcc off; }"],
    ["rtc { enabled on; aac transcode; }", "rtc { enabled on; rtmp_to_rtc on; }"],
    ["rtc { enabled on; aac discard; }", "rtc { enabled on; rtmp_to_rtc off; }"],
    ["rtc { bframe keep; }", "rtc { keep_bframe on; }"],
    ["rtc { bframe discard; }", "rtc { keep_bframe off; }"],
    ["bandcheck { enabled on; key x; }", ""],
  ])("%s", (old, today) => {
    const before = loadSrs(`vhost v { ${old} }`).config.vhosts["v"];
    const after = loadSrs(`vhost v { ${today} }`).config.vhosts["v"];
    expect(before).toBeDefined();
    expect(before).toEqual(after);
  });

  test("does not warn of what it makes itself", () => {
    const { warnings } = loadSrs("daemon off;\nvhost v { gop_cache off; queue_length 5; }");
    expect(warnings).toEqual([]);
  });

  test("tells the line of the old directive", () => {
    expect(() => loadSrs("vhost v {\n  queue_length x;\n}")).toThrow(
      'a.conf:2: vhosts.v.play.queue_length: Expected a whole number from 1 to 3600, found "x"',
    );
  });
});

describe("outside of vhosts", () => {
  test.each([
    ["http_stream { enabled on; listen 80; }", "http_server { enabled on; listen 80; }"],
    ["srt_server { tlpkdrop off; }", "srt_server { tlpktdrop off; }"],
    ["rtc_server { perf_stat on; queue_length 100; listen 9; }", "rtc_server { listen 9; }"],
    [
      "stream_caster { caster gb28181; host 10.0.0.1; rtp_port_min 1; sip { serial 34; } }",
      "stream_caster { caster gb28181; sip { candidate 10.0.0.1; } }",
    ],
  ])("%s", (old, today) => {
    expect(loadSrs(old).config).toEqual(loadSrs(today).config);
  });

  test("an old directive is not mistaken for its default", () => {
    expect(loadSrs("http_stream { listen 80; }").config.httpServer.listen).toEqual([
      { host: "0.0.0.0", port: 80 },
    ]);
  });
});
