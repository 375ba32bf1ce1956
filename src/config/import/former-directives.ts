/**
 * Directives that some version of SRS has and the settings table does not: why they are not needed, or
 * what is not there yet. By their path, without names: `vhost.hls.hls_recover`.
 *
 * @module
 */

/** The reason, without a full stop. */
type Reasons = Readonly<Record<string, string>>;

const REMOVED = "SRS itself has no use for it any more";
const RTSP = "SRS removed its RTSP caster";
const SIP = "SRS's GB28181 does without it since version 5";
const THREADS = "It tunes SRS's threads; `workers` spread the work over the cores here";
const SENDING = "Packets always leave in batches";

const NOT_NEEDED: Reasons = {
  kafka: "SRS removed Kafka; events.md says how to be told of what happens",
  nvr: REMOVED,
  pithy_print: REMOVED,
  "rtc_server.perf_stat": "Figures are always counted",
  "rtc_server.queue_length": REMOVED,
  "rtc_server.gso": SENDING,
  "rtc_server.sendmmsg": SENDING,
  "rtc_server.padding": SENDING,
  "rtc_server.black_hole.publisher": "It is a tool for work on SRS",
  "stream_caster.tcp_enable": SIP,
  "stream_caster.rtp_port_min": RTSP,
  "stream_caster.rtp_port_max": RTSP,
  "stream_caster.rtp_idle_timeout": SIP,
  "stream_caster.wait_keyframe": SIP,
  "stream_caster.audio_enable": SIP,
  "stream_caster.auto_create_channel": SIP,
  "stream_caster.sip.serial": SIP,
  "stream_caster.sip.realm": SIP,
  "stream_caster.sip.ack_timeout": SIP,
  "stream_caster.sip.keepalive_timeout": SIP,
  "stream_caster.sip.invite_port_fixed": SIP,
  "stream_caster.sip.query_catalog_interval": SIP,
  "stream_caster.sip.auto_play": SIP,
  "threads.async_srtp": THREADS,
  "threads.async_recv": THREADS,
  "threads.async_send": THREADS,
  "threads.async_tunnel": THREADS,
  "threads.cpu_affinity": THREADS,
  "vhost.http_remux.hstrs": "A player may always come before the stream",
  "vhost.hls.hls_storage":
    "SRS keeps segments on disk whatever it says; so does `hls_storage: both`",
  "vhost.http.hls_mount": REMOVED,
  "vhost.http_static.hls_mount": REMOVED,
  "vhost.dvr.dvr_autostart": "It never came to a release",
};

/** Where SRS's default is what is done here, `off` asks for nothing. */
const NOT_YET: Reasons = {
  "vhost.hls.hls_use_fmp4":
    "HLS with fMP4 is a block of its own here: set `cmaf.enabled: true` and `hls.enabled: false`",
  "vhost.hls.hls_fmp4_file": "The names of fMP4 segments follow from `cmaf.playlist`",
  "vhost.hls.hls_init_file": "The names of fMP4 segments follow from `cmaf.playlist`",
  "vhost.hls.hls_recover": "A playlist begins anew after a restart of the server",
  "vhost.hls.hls_master_m3u8_path_relative": "The address of a session's playlist is absolute",
  "vhost.rtc.init_rate_from_sdp": "The first estimate does not come from the session description",
};

export function reasonNotNeeded(path: string, words: readonly string[]): string | undefined {
  if (Object.hasOwn(NOT_NEEDED, path)) return NOT_NEEDED[path];
  const isAsked = Object.hasOwn(NOT_YET, path) && words[0] !== "off";
  return Object.hasOwn(NOT_YET, path) && !isAsked ? "It is off here in any case" : undefined;
}

export function reasonNotYet(path: string): string | undefined {
  return Object.hasOwn(NOT_YET, path) ? NOT_YET[path] : undefined;
}
