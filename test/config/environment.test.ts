/**
 * Goal: every variable that SRS knows sets what it sets there; variables win over files; a slip in
 * a name is told.
 *
 * Method: the names are written down here one by one, from SRS's documentation, so that a change of
 * the rule that makes them is seen; values and messages are exact.
 */

import { describe, expect, test } from "vitest";
import { environmentNames } from "../../src/config/environment.ts";
import { SETTINGS } from "../../src/config/settings/table.ts";
import { faultsOf, loadEnvironment, loadSrs, loadYaml } from "./load.ts";

/** `PREFIX: names`, for SRS_PREFIX_NAME. */
const SRS_NAMES = `
: listen pid max_connections daemon in_docker disable_daemon_for_docker asprocess work_dir server_id
  pithy_print_ms utc_time log_tank srs_log_tank log_level srs_log_level log_level_v2 srs_log_level_v2
  log_file srs_log_file ff_log_dir ff_log_level empty_ip_ok grace_start_wait grace_final_wait
  force_grace_quit inotify_auto_reload auto_reload_for_docker tcmalloc_release_rate
  query_latest_version first_wait_for_qlv threads_interval
CIRCUIT_BREAKER: enabled high_threshold high_pulse critical_threshold critical_pulse dying_threshold
  dying_pulse
RTMPS: enabled listen key cert
HTTP_API: enabled listen crossdomain raw_api_enabled raw_api_allow_reload auth_enabled auth_username
  auth_password https_enabled https_listen https_key https_cert
HTTP_SERVER: enabled listen dir crossdomain https_enabled https_listen https_key https_cert
RTC_SERVER: enabled listen tcp_enabled tcp_listen protocol candidate ip_family
  use_auto_detect_network_ip api_as_candidates resolve_api_domain keep_api_domain ecdsa encrypt
  reuseport merge_nalus black_hole_enabled black_hole_addr
SRT_SERVER: enabled listen maxbw mss latency recvlatency peerlatency tlpktdrop tsbpdmode
  connect_timeout peer_idle_timeout sendbuf recvbuf payloadsize passphrase pbkeylen default_app
  sei_filter
RTSP_SERVER: enabled listen
EXPORTER: enabled listen label tag
HEARTBEAT: enabled interval url device_id summaries ports
TENCENTCLOUD_CLS: enabled label tag secret_id secret_key endpoint topic_id debug_logging
  stat_heartbeat stat_streams heartbeat_ratio streams_ratio
TENCENTCLOUD_APM: enabled team token endpoint service_name debug_logging
VHOST: chunk_size in_ack_size out_ack_size tcp_nodelay min_latency
VHOST_PLAY: gop_cache gop_cache_max_frames queue_length time_jitter atc atc_auto mix_correct
  mw_latency mw_msgs send_min_interval reduce_sequence_header
VHOST_PUBLISH: mr mr_latency firstpkt_timeout normal_timeout parse_sps try_annexb_first
  kickoff_for_idle
VHOST_HTTP_STATIC: enabled mount dir
VHOST_HTTP_REMUX: enabled mount fast_cache drop_if_not_match has_audio has_video guess_has_av
VHOST_HTTP_HOOKS: enabled on_connect on_close on_publish on_unpublish on_play on_stop on_dvr on_hls
  on_hls_notify
VHOST_HLS: enabled hls_fragment hls_td_ratio hls_aof_ratio hls_window hls_on_error hls_path
  hls_m3u8_file hls_ts_file hls_entry_prefix hls_acodec hls_vcodec hls_cleanup hls_dispose
  hls_wait_keyframe hls_ts_floor hls_nb_notify hls_dts_directly hls_ctx hls_ts_ctx hls_keys
  hls_fragments_per_key hls_key_file hls_key_file_path hls_key_url
VHOST_DASH: enabled dash_fragment dash_update_period dash_timeshift dash_path dash_mpd_file
  dash_window_size dash_cleanup dash_dispose
VHOST_HDS: enabled hds_fragment hds_window hds_path
VHOST_DVR: enabled dvr_plan dvr_path dvr_duration dvr_wait_keyframe time_jitter
VHOST_RTC: enabled rtmp_to_rtc rtc_to_rtmp nack nack_no_copy twcc stun_timeout stun_strict_check
  dtls_role dtls_version drop_for_pt keep_bframe keep_avc_nalu_sei opus_bitrate aac_bitrate
  pli_for_rtmp
VHOST_RTSP: enabled rtmp_to_rtsp
VHOST_SRT: enabled to_rtmp srt_to_rtmp
`
  .trim()
  .split(/\n(?! )/)
  .flatMap((group) => {
    const [prefix = "", names = ""] = group.split(":");
    const stem = prefix === "" ? "SRS" : `SRS_${prefix}`;
    return names
      .trim()
      .split(/\s+/)
      .map((name) => `${stem}_${name.toUpperCase()}`);
  });

describe("names", () => {
  const names = [...environmentNames(SETTINGS).values()].flat();

  test("include every variable of SRS", () => {
    expect(SRS_NAMES.length).toBeGreaterThan(230);
    expect(SRS_NAMES.filter((name) => !names.includes(name))).toEqual([]);
  });

  test("belong to one setting each", () => {
    expect(names.length).toBe(new Set(names).size);
  });

  test.each(["FORWARD", "CLUSTER", "SECURITY", "REFER", "TRANSCODE", "INGEST", "EXEC"])(
    "do not include SRS_VHOST_%s, as in SRS",
    (block) => {
      expect(names.filter((name) => name.startsWith(`SRS_VHOST_${block}_`))).toEqual([]);
    },
  );

  test("of settings that SRS does not have begin with SLUICE_", () => {
    expect(names).toContain("SLUICE_TEST_STREAM_ENABLED");
    expect(names).not.toContain("SRS_TEST_STREAM_ENABLED");
  });
});

describe("variables", () => {
  test("win over both spellings of a file", () => {
    const environment = { SRS_LISTEN: "1936 127.0.0.1:1937", SRS_MAX_CONNECTIONS: "7" };
    const expected = {
      maxConnections: 7,
      listen: [
        { host: "0.0.0.0", port: 1936 },
        { host: "127.0.0.1", port: 1937 },
      ],
    };
    expect(loadYaml("listen: 1\nmax_connections: 2", { environment }).config).toMatchObject(
      expected,
    );
    expect(loadSrs("listen 1;max_connections 2;", { environment }).config).toMatchObject(expected);
  });

  test("SLUICE_ wins over SRS_", () => {
    const environment = { SRS_PID: "a", SLUICE_PID: "b" };
    expect(loadYaml("pid: c", { environment }).config.pid).toBe("b");
  });

  test("empty ones count as absent", () => {
    expect(loadYaml("pid: c", { environment: { SRS_PID: "" } }).config.pid).toBe("c");
  });

  test("for a vhost set every vhost", () => {
    const environment = { SRS_VHOST_PLAY_GOP_CACHE: "off", SRS_VHOST_HTTP_HOOKS_ON_PLAY: "u v" };
    const { vhosts } = loadYaml("vhosts: {a: {}, b: {play: {gop_cache: true}}}", {
      environment,
    }).config;
    expect(Object.values(vhosts).map(({ play }) => play.gopCache)).toEqual([false, false, false]);
    expect(vhosts["a"]?.httpHooks.onPlay).toEqual(["u", "v"]);
  });

  test("texts keep their spaces", () => {
    const environment = { SRS_HEARTBEAT_DEVICE_ID: "my device" };
    expect(loadYaml("", { environment }).config.heartbeat.deviceId).toBe("my device");
  });

  test("the log level has SRS's words after SRS_, and ours after SLUICE_", () => {
    const level = (environment: Record<string, string>): string =>
      loadYaml("", { environment }).config.log.level;
    expect(level({ SRS_LOG_LEVEL: "info" })).toBe("debug");
    expect(level({ SLUICE_LOG_LEVEL: "info" })).toBe("info");
    expect(level({ SLUICE_LOG_LEVEL: "warn", SRS_LOG_LEVEL: "verbose" })).toBe("warn");
  });

  test("booleans are SRS's after SRS_, and strict after SLUICE_", () => {
    const read = (environment: Record<string, string>) => loadYaml("", { environment });
    expect(read({ SLUICE_HTTP_API_ENABLED: "true" }).config.httpApi.enabled).toBe(true);
    const srs = read({ SRS_HTTP_API_ENABLED: "true" });
    expect(srs.config.httpApi.enabled).toBe(false);
    expect(srs.warnings).toEqual([
      'SRS_HTTP_API_ENABLED: http_api.enabled: Expected on or off, found "true", which means off as in SRS',
    ]);
  });
});

describe("faults", () => {
  test.each([
    [
      { SLUICE_HTTP_API_ENABLED: "yes" },
      ['SLUICE_HTTP_API_ENABLED: http_api.enabled: Expected on or off, found "yes"'],
    ],
    [{ SRS_LISTEN: "x" }, ['SRS_LISTEN: listen: Expected a port from 1 to 65535, found "x"']],
    // Once, though it applies to two vhosts.
    [
      { SRS_VHOST_PLAY_QUEUE_LENGTH: "long" },
      [
        'SRS_VHOST_PLAY_QUEUE_LENGTH: vhosts.__defaultVhost__.play.queue_length: Expected a whole number from 1 to 3600, found "long"',
      ],
    ],
  ])("of %j", (environment, expected) => {
    const run = (): unknown =>
      loadYaml("vhosts: {a: {}}", { environment: environment as Record<string, string> });
    expect(faultsOf(run)).toEqual(expected);
  });
});

describe("unknown variables", () => {
  test.each([
    ["SRS_HTTP_API_ENABLE", "SRS_HTTP_API_ENABLED"],
    ["SLUICE_VHOST_PLAY_GOPCACHE", "SLUICE_VHOST_PLAY_GOP_CACHE"],
  ])("%s", (name, near) => {
    expect(loadYaml("", { environment: { [name]: "secret" } }).warnings).toEqual([
      `${name}: Unknown variable, ignored, did you mean ${near}?`,
    ]);
  });

  test("that are like none", () => {
    expect(loadYaml("", { environment: { SRS_XYZZY: "1" } }).warnings).toEqual([
      "SRS_XYZZY: Unknown variable, ignored",
    ]);
  });

  test("that others use are not told", () => {
    const environment = {
      SRS_CONFIG_FILE: "x",
      SRS_ENV_ONLY: "on",
      SRS_DEVICE_IP: "192.0.2.1",
      SLUICE_CONFIG_FILE: "x",
      SRS_SERVICE_HOST: "10.0.0.1",
      SRS_SERVICE_PORT_RTMP: "1935",
      SRS_LIVE_PORT: "tcp://10.0.0.1:1935",
      SRS_PORT_1935_TCP_ADDR: "10.0.0.1",
      PATH: "/bin",
    };
    expect(loadYaml("", { environment }).warnings).toEqual([]);
  });
});

describe("without a file", () => {
  test("the defaults are SRS's, in the foreground", () => {
    const { config, warnings } = loadEnvironment({});
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      listen: [{ host: "0.0.0.0", port: 1935 }],
      daemon: false,
      srsLogTank: "console",
      pid: "./objs/srs.pid",
    });
    expect(config.vhosts["__defaultVhost__"]?.httpRemux.enabled).toBe(false);
  });

  test("variables set the default vhost", () => {
    const { config, warnings } = loadEnvironment({
      SRS_LISTEN: "1936",
      SRS_HTTP_SERVER_ENABLED: "on",
      SRS_VHOST_HTTP_REMUX_ENABLED: "on",
    });
    expect(warnings).toEqual([]);
    expect(config.listen).toEqual([{ host: "0.0.0.0", port: 1936 }]);
    expect(config.httpServer.enabled).toBe(true);
    expect(config.vhosts["__defaultVhost__"]?.httpRemux.enabled).toBe(true);
  });
});
