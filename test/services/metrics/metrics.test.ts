/**
 * Goal: Prometheus can read what /metrics says, and every figure is the one it is called.
 *
 * Method: fixed reports, each of whose figures is unlike all others; the text as the format's
 * specification has it.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { VERSION } from "../../../src/base/version.ts";
import type { ServerView } from "../../../src/live/server-view.ts";
import { formatMetrics } from "../../../src/services/metrics/exposition.ts";
import { createMetrics } from "../../../src/services/metrics/metrics.ts";
import { parseExposition } from "../../support/exposition.ts";
import {
  BROADCAST,
  createFullView,
  FixedView,
  PLAYER,
  PROCESS,
  STREAM,
  TRANSPORT,
  UNKNOWN_MACHINE,
} from "../../support/reports.ts";

const IDENTITY = {
  serverId: "vid-ul2vr26",
  serviceId: "36etwo4s",
  pid: "28619",
  programKey: "secret",
};
const LABELS = { label: "cn-beijing", tag: "", architecture: "x64" };

function metricsOf(view: ServerView, isEnabled = true): ReturnType<typeof createMetrics> {
  return createMetrics({ view, identity: IDENTITY, isEnabled, labels: LABELS });
}

async function scrape(view: ServerView): Promise<string> {
  const answer = await metricsOf(view)({ path: "/metrics", method: "GET" });
  expect(answer?.status).toBe(200);
  return String(answer?.body);
}

/** The lines with figures, those of one family alone. */
function samplesOf(text: string, name = ""): string[] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.filter((line) => line.startsWith(name) && /^[{ ]?$/.test(line.charAt(name.length)));
}

test("docs/metrics.md lists every family with its type, and no other", async () => {
  const types = [...(await scrape(createFullView())).matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  const docs = readFileSync(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
  const rows = [...docs.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)];
  const toPairs = (matches: RegExpExecArray[]): string[] =>
    matches.map(([, name, type]) => `${name} ${type}`).sort();
  expect(toPairs(rows)).toEqual(toPairs(types));
});

describe("of one process", () => {
  test("every family with its help, its type and its figure", async () => {
    const view = new FixedView();
    view.streamReports = [{ ...STREAM, broadcasts: [BROADCAST] }];
    const text = await scrape(view);
    const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(samples).toEqual([
      `sluice_build_info{version="${VERSION}"} 1`,
      "process_cpu_seconds_total 1.75",
      "process_resident_memory_bytes 31170560",
      "process_open_fds 19",
      "process_start_time_seconds 1795197424.5",
      "sluice_heap_bytes 8000000",
      "sluice_timers 4",
      "sluice_connections 3",
      "sluice_sessions_total 7",
      "sluice_received_bytes_total 1750000",
      "sluice_sent_bytes_total 3520000",
      "sluice_skips_total 4",
      "sluice_skipped_bytes_total 90000",
      "sluice_write_timeouts_total 1",
      "sluice_connections_limit 1000",
      'sluice_sessions{type="rtmp-play"} 1',
      'sluice_sessions{type="fmle-publish"} 1',
      'sluice_protocol_sessions{protocol="rtmp"} 2',
      'sluice_protocol_sessions_total{protocol="rtmp"} 5',
      'sluice_protocol_session_errors_total{protocol="rtmp"} 3',
      'sluice_protocol_received_bytes_total{protocol="rtmp"} 1740000',
      'sluice_protocol_sent_bytes_total{protocol="rtmp"} 1770000',
      'sluice_protocol_skips_total{protocol="rtmp"} 4',
      'sluice_protocol_skipped_bytes_total{protocol="rtmp"} 80000',
      'sluice_first_frame_seconds_bucket{protocol="rtmp",le="0.05"} 6',
      'sluice_first_frame_seconds_bucket{protocol="rtmp",le="0.5"} 8',
      'sluice_first_frame_seconds_bucket{protocol="rtmp",le="+Inf"} 9',
      'sluice_first_frame_seconds_sum{protocol="rtmp"} 1.5',
      'sluice_first_frame_seconds_count{protocol="rtmp"} 9',
      'sluice_flush_seconds_bucket{format="rtmp",le="0.001"} 10',
      'sluice_flush_seconds_bucket{format="rtmp",le="0.01"} 11',
      'sluice_flush_seconds_bucket{format="rtmp",le="+Inf"} 12',
      'sluice_flush_seconds_sum{format="rtmp"} 0.25',
      'sluice_flush_seconds_count{format="rtmp"} 12',
      'sluice_event_loop_delay_seconds_bucket{le="0.005"} 860',
      'sluice_event_loop_delay_seconds_bucket{le="0.1"} 862',
      'sluice_event_loop_delay_seconds_bucket{le="+Inf"} 864',
      "sluice_event_loop_delay_seconds_sum 0.75",
      "sluice_event_loop_delay_seconds_count 864",
      'sluice_hook_calls_total{event="on_play",outcome="ok"} 13',
      'sluice_hook_calls_total{event="on_play",outcome="refused"} 2',
      'sluice_hook_calls_total{event="on_play",outcome="failed"} 1',
      'sluice_hook_seconds_bucket{event="on_play",le="0.05"} 14',
      'sluice_hook_seconds_bucket{event="on_play",le="1"} 15',
      'sluice_hook_seconds_bucket{event="on_play",le="+Inf"} 16',
      'sluice_hook_seconds_sum{event="on_play"} 2.5',
      'sluice_hook_seconds_count{event="on_play"} 16',
      'sluice_hook_lost_total{event="on_play"} 6',
      "sluice_hook_queue_length 17",
      "sluice_trace_spans_sent_total 18",
      "sluice_trace_spans_dropped_total 20",
      "sluice_trace_queue_length 21",
      "sluice_recording_streams 22",
      "sluice_recording_failing 23",
      "sluice_recording_files_total 24",
      "sluice_recording_bytes_total 25",
      "sluice_recording_failures_total 26",
      "sluice_recording_frames_left_out_total 28",
      "sluice_recording_queue_bytes 27",
      "sluice_streams 1",
      "sluice_published_streams 1",
      'sluice_subscribers{format="rtmp"} 1',
      'sluice_chain_bytes{format="rtmp"} 120000',
      "sluice_gop_cache_bytes 180000",
      'sluice_gop_cache_limit_bytes{vhost="__defaultVhost__"} 33554432',
      'sluice_queue_limit_bytes{vhost="__defaultVhost__"} 4194304',
      'sluice_queue_limit_seconds{vhost="__defaultVhost__"} 30',
      "sluice_queue_lag_bytes_max 20000",
      "sluice_queue_lag_seconds_max 0.7",
      'sluice_forwards{state="waiting"} 0',
      'sluice_forwards{state="connecting"} 0',
      'sluice_forwards{state="forwarding"} 1',
      'sluice_forwards{state="pausing"} 0',
      'sluice_pulls{state="connecting"} 0',
      'sluice_pulls{state="pulling"} 0',
      'sluice_pulls{state="pausing"} 1',
      "sluice_programs 22",
      "sluice_programs_limit 64",
      "sluice_program_starts_total 25",
      "sluice_program_failures_total 23",
      "sluice_program_kills_total 24",
      "sluice_program_refusals_total 21",
      'sluice_transcodes{state="starting"} 0',
      'sluice_transcodes{state="running"} 1',
      'sluice_transcodes{state="pausing"} 0',
      'sluice_ingests{state="starting"} 0',
      'sluice_ingests{state="running"} 0',
      'sluice_ingests{state="pausing"} 1',
      'sluice_ingests{state="stopped"} 0',
      'srs_node_uname_info{sysname="Linux",nodename="vm",release="6.18.44",version="#1 SMP",machine="x86_64"} 1',
      `srs_build_info{server="vid-ul2vr26",service="36etwo4s",pid="28619",build_date="",major="0",version="${VERSION}",code="Sluice",label="cn-beijing"} 1`,
      "srs_cpu_percent 2.1",
      "srs_memory 30440",
      "srs_send_bytes_total 3520000",
      "srs_receive_bytes_total 1750000",
      "srs_streams 1",
      "srs_clients 3",
      "srs_clients_total 7",
      "srs_clients_errs_total 3",
    ]);
    for (const { help } of parseExposition(text)) expect(help).toMatch(/^[A-Z].+\.$/);
  });

  test("what the system does not tell is left out, and so is what there is none of", async () => {
    const view = new FixedView();
    view.processReports = [{ ...PROCESS, openFiles: null, pendingTimers: null, sessions: {} }];
    view.streamReports = [];
    view.machineReport = UNKNOWN_MACHINE;
    const text = await scrape(view);
    expect(text).not.toMatch(/process_open_fds|sluice_timers|sluice_sessions |sluice_sessions\{/);
    expect(text).not.toMatch(/sluice_queue_limit|srs_node_uname/);
    expect(samplesOf(text, "sluice_streams")).toEqual(["sluice_streams 0"]);
  });
});

test("of several processes, each has its own samples and the limit is the server's", async () => {
  const view = new FixedView();
  view.processReports = [
    { ...PROCESS, role: "supervisor", sessions: {} },
    { ...PROCESS, role: "worker", worker: 0, residentSize: 5 },
    { ...PROCESS, role: "worker", worker: 1, residentSize: 6, sessions: { "flv-play": 9 } },
  ];
  const text = await scrape(view);
  expect(samplesOf(text, "process_resident_memory_bytes")).toEqual([
    'process_resident_memory_bytes{worker="supervisor"} 31170560',
    'process_resident_memory_bytes{worker="0"} 5',
    'process_resident_memory_bytes{worker="1"} 6',
  ]);
  expect(samplesOf(text, "sluice_sessions")).toContain(
    'sluice_sessions{worker="1",type="flv-play"} 9',
  );
  expect(samplesOf(text, "sluice_connections_limit")).toEqual(["sluice_connections_limit 1000"]);
});

test("streams are added up, by format and by vhost, and never named", async () => {
  const view = new FixedView();
  const flv = { ...BROADCAST, format: "flv/av", chainSize: 7, lagSizeMax: 50_000, lagMsMax: 1 };
  view.streamReports = [
    { ...STREAM, broadcasts: [BROADCAST, { ...BROADCAST, format: "rtmp/4096/1/absolute" }, flv] },
    { ...STREAM, url: "v/secret/name", vhost: 'a"b\\c', publisher: null, broadcasts: [flv] },
  ];
  const text = await scrape(view);
  expect(samplesOf(text, "sluice_chain_bytes")).toEqual([
    'sluice_chain_bytes{format="rtmp"} 240000',
    'sluice_chain_bytes{format="flv"} 14',
  ]);
  expect(samplesOf(text, "sluice_queue_limit_bytes")).toContain(
    String.raw`sluice_queue_limit_bytes{vhost="a\"b\\c"} 4194304`,
  );
  expect(samplesOf(text, "sluice_queue_lag_bytes_max")).toEqual([
    "sluice_queue_lag_bytes_max 50000",
  ]);
  expect(samplesOf(text, "sluice_published_streams")).toEqual(["sluice_published_streams 1"]);
  expect(text).not.toMatch(/secret|livestream/);
});

describe("the text", () => {
  test("what would break a line is escaped", () => {
    const family = {
      name: "a",
      type: "gauge",
      help: 'Back\\slash, "quotes"\nand lines.',
      samples: [{ labels: { x: '\\ " \n', y: "" }, value: -0.5 }],
    } as const;
    expect(formatMetrics([family])).toBe(
      '# HELP a Back\\\\slash, "quotes"\\nand lines.\n' +
        '# TYPE a gauge\na{x="\\\\ \\" \\n",y=""} -0.5\n',
    );
  });

  test("figures that are no numbers", () => {
    const samples = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21];
    const text = formatMetrics([
      {
        name: "a",
        type: "counter",
        help: "A.",
        samples: samples.map((value) => ({ labels: {}, value })),
      },
    ]);
    expect(text.split("\n").slice(2)).toEqual(["a NaN", "a +Inf", "a -Inf", "a 1e+21", ""]);
  });
});

describe("requests", () => {
  const metrics = metricsOf(new FixedView());

  test.each(["/metrics/", "/", "/api/v1/metrics"])("%s is for others", async (path) => {
    expect(await metrics({ path, method: "GET" })).toBeUndefined();
  });

  test("the media type names the format's version", async () => {
    expect(await metrics({ path: "/metrics", method: "HEAD" })).toMatchObject({
      status: 200,
      fields: expect.arrayContaining([
        ["Content-Type", "text/plain; version=0.0.4; charset=utf-8"],
      ]),
    });
  });

  test("that are switched off are answered as by SRS", async () => {
    const answer = await metricsOf(new FixedView(), false)({ path: "/metrics", method: "GET" });
    expect(answer).toMatchObject({ status: 200, body: '{"code":1090}' });
  });

  test("nothing can be posted", async () => {
    expect(await metrics({ path: "/metrics", method: "POST" })).toMatchObject({ status: 405 });
  });
});

describe("of the ways to WebRTC's peers", () => {
  const viewOf = (...transports: readonly (typeof TRANSPORT)[]): FixedView => {
    const view = createFullView();
    view.sessionReports = transports.map((transport) => ({ ...PLAYER, transport }));
    return view;
  };

  test("the mean and the worst, of those that have been measured", async () => {
    const view = viewOf(
      TRANSPORT,
      { ...TRANSPORT, rttMs: 90, lossRate: 0.73 },
      { ...TRANSPORT, rttMs: null, lossRate: 0 },
    );
    const text = await scrape(view);
    expect(samplesOf(text, "sluice_webrtc_round_trip_seconds")).toEqual([
      'sluice_webrtc_round_trip_seconds{direction="play",statistic="mean"} 0.06',
      'sluice_webrtc_round_trip_seconds{direction="play",statistic="max"} 0.09',
    ]);
    expect(samplesOf(text, "sluice_webrtc_loss_ratio")).toEqual([
      'sluice_webrtc_loss_ratio{direction="play",statistic="mean"} 0.25',
      'sluice_webrtc_loss_ratio{direction="play",statistic="max"} 0.73',
    ]);
  });

  test("publishers apart from players", async () => {
    const view = viewOf();
    view.sessionReports = [{ ...PLAYER, isPublishing: true, transport: TRANSPORT }];
    const text = await scrape(view);
    expect(samplesOf(text, "sluice_webrtc_loss_ratio")).toContain(
      'sluice_webrtc_loss_ratio{direction="publish",statistic="max"} 0.02',
    );
    expect(text).not.toContain('direction="play"');
  });

  test("nobody looks at sessions while there are none of WebRTC", async () => {
    const view = new FixedView();
    view.sessions = () => Promise.reject(new Error("looked at"));
    expect(await scrape(view)).not.toContain("sluice_webrtc");
  });
});
