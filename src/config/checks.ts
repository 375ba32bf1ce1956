/**
 * Settings that are right one by one and wrong together.
 *
 * @module
 */

import { DEFAULT_VHOST } from "../base/stream-name.ts";
import { checkAccess } from "./check-access.ts";
import { checkForward } from "./check-forward.ts";
import { checkHooks } from "./check-hooks.ts";
import { checkPackaging } from "./check-packaging.ts";
import { checkPrograms } from "./check-programs.ts";
import { checkPulls } from "./check-pull.ts";
import { checkTracing } from "./check-tracing.ts";
import type { Config, StreamCasterConfig } from "./config.ts";
import { type Endpoint, formatEndpoint, isSameEndpoint } from "./endpoint.ts";
import type { Findings, Place } from "./findings.ts";
import { isLiveExtension, LIVE_EXTENSIONS } from "./live-extension.ts";
import { quote } from "./quote.ts";
import { locate, type RawBlock } from "./raw-value.ts";
import type { ConfigFormat } from "./settings/setting.ts";
import type { HttpRemuxConfig, VhostConfig } from "./vhost-config.ts";

/** More than any machine has cores to spare; each costs some 60 MB. */
const WORKERS_MAX = 256;

/** A TCP listener, as far as its endpoints may be shared. */
interface Listener {
  readonly path: string;
  readonly endpoints: readonly Endpoint[];
  /** Listeners of the same group answer together on a port that they share. */
  readonly group: string;
}

/** What the checks report to, and where lines are found. */
export interface CheckContext {
  readonly findings: Findings;
  readonly format: ConfigFormat;
  /** The file, or the word environment. */
  readonly source: string;
  readonly raw: RawBlock | undefined;
}

/** Reports what is wrong with the configuration as a whole, at the setting that is best changed. */
export function checkConfig(config: Config, context: CheckContext): void {
  const fault: Fault = (steps, message) => {
    const path = steps.join(".").replace(/^(stream_caster)\.(\d+)/, "$1[$2]");
    context.findings.error(placeOf(steps, context), path, message);
  };
  checkProcess(config, fault);
  checkWorkers(config, fault);
  checkTestStream(config, fault);
  checkHttp(config, fault);
  checkListeners(config, fault);
  checkAccess(config, fault);
  checkTracing(config, fault);
  checkWebRtc(config, fault);
  config.streamCaster.forEach((caster, index) => {
    checkCaster(caster, ["stream_caster", String(index)], fault);
  });
  for (const [name, vhost] of Object.entries(config.vhosts)) {
    if (!vhost.enabled) continue;
    checkVhost(vhost, ["vhosts", name], fault);
    checkPackaging(vhost, ["vhosts", name], fault);
    checkPrograms(vhost, ["vhosts", name], fault);
    checkHooks(vhost.httpHooks, ["vhosts", name, "http_hooks"], fault);
    if (context.format === "srs") checkTsMount(vhost, ["vhosts", name], fault);
  }
}

type Fault = (steps: readonly string[], message: string) => void;

function placeOf(steps: readonly string[], { raw, source }: CheckContext): Place {
  return locate(raw, steps) ?? { source, line: undefined };
}

function checkWebRtc({ rtcServer }: Config, fault: Fault): void {
  const { key, cert } = rtcServer;
  if ((key === "") === (cert === "")) return;
  const missing = key === "" ? "key" : "cert";
  fault(["rtc_server", missing], "Expected both a key and its certificate, or neither");
}

function checkTestStream({ testStream, vhosts }: Config, fault: Fault): void {
  const isServed = vhosts[DEFAULT_VHOST]?.enabled === true;
  if (testStream.enabled && !isServed) {
    fault(["test_stream", "enabled"], `Cannot publish the test stream: no vhost ${DEFAULT_VHOST}`);
  }
}

function checkProcess(config: Config, fault: Fault): void {
  if (config.srsLogTank === "file" && config.srsLogFile === "") {
    fault(["srs_log_file"], "Expected the name of a file, because srs_log_tank is file");
  }
  if (config.daemon && config.asprocess) {
    fault(["asprocess"], "Cannot follow the parent process: daemon is on, which leaves it");
  }
  const { testStream } = config;
  if (testStream.enabled && (testStream.app === "" || testStream.stream === "")) {
    fault(["test_stream"], "Expected an app and a stream name");
  }
}

function checkWorkers(config: Config, fault: Fault): void {
  const { workers } = config;
  const isNumber = /^[1-9]\d{0,2}$/.test(workers) && Number(workers) <= WORKERS_MAX;
  if (workers !== "auto" && !isNumber) {
    fault(
      ["workers"],
      `Expected auto or a number from 1 to ${WORKERS_MAX}, found ${quote(workers)}`,
    );
  }
  const isChosen = listenersOf(config).some(({ endpoints }) =>
    endpoints.some(({ port }) => port === 0),
  );
  if (workers !== "1" && isChosen) {
    fault(["workers"], "Expected 1, because several processes cannot share a port 0");
  }
}

function checkHttp(config: Config, fault: Fault): void {
  const { httpApi: api, httpServer: server, rtmps } = config;
  if (api.https.enabled && !api.enabled) {
    fault(["http_api", "https", "enabled"], "Cannot serve HTTPS: http_api.enabled is off");
  }
  if (server.https.enabled && !server.enabled) {
    fault(["http_server", "https", "enabled"], "Cannot serve HTTPS: http_server.enabled is off");
  }
  const { enabled: isAuth, username, password } = api.auth;
  if (api.enabled && isAuth && (username === "" || password === "")) {
    fault(["http_api", "auth"], "Expected a username and a password");
  }
  const tls = [
    [["http_api", "https"], api.https],
    [["http_server", "https"], server.https],
    [["rtmps"], rtmps],
  ] as const;
  for (const [steps, { enabled, key, cert }] of tls) {
    if (enabled && (key === "" || cert === "")) fault(steps, "Expected a key and a certificate");
  }
  if (!api.enabled || !server.enabled || !api.https.enabled || !server.https.enabled) return;
  if (isShared(api.listen, server.listen) !== isShared(api.https.listen, server.https.listen)) {
    fault(
      ["http_api", "https", "listen"],
      "Expected http_api and http_server to share both the HTTP and the HTTPS port, or neither",
    );
  }
}

function isShared(a: readonly Endpoint[], b: readonly Endpoint[]): boolean {
  return a.map(formatEndpoint).sort().join() === b.map(formatEndpoint).sort().join();
}

function listenersOf(config: Config): Listener[] {
  const { httpApi: api, httpServer: server, rtmps, exporter } = config;
  const all: (Listener | false)[] = [
    { path: "listen", endpoints: config.listen, group: "rtmp" },
    rtmps.enabled && { path: "rtmps.listen", endpoints: rtmps.listen, group: "rtmps" },
    api.enabled && { path: "http_api.listen", endpoints: api.listen, group: "http" },
    server.enabled && { path: "http_server.listen", endpoints: server.listen, group: "http" },
    config.rtcServer.enabled &&
      config.rtcServer.tcp.enabled && {
        path: "rtc_server.tcp.listen",
        endpoints: config.rtcServer.tcp.listen,
        group: "http",
      },
    exporter.enabled && { path: "exporter.listen", endpoints: exporter.listen, group: "http" },
    api.https.enabled && {
      path: "http_api.https.listen",
      endpoints: api.https.listen,
      group: "https",
    },
    server.https.enabled && {
      path: "http_server.https.listen",
      endpoints: server.https.listen,
      group: "https",
    },
  ];
  return all.filter((candidate) => candidate !== false);
}

function checkListeners(config: Config, fault: Fault): void {
  const claimed: { readonly endpoint: Endpoint; readonly listener: Listener }[] = [];
  for (const listener of listenersOf(config)) {
    for (const endpoint of listener.endpoints) {
      const claim = claimed.find((candidate) => isSameEndpoint(candidate.endpoint, endpoint));
      const other = claim?.listener;
      const isIdentical = claim !== undefined && isShared([claim.endpoint], [endpoint]);
      const mayShare = isIdentical && other !== listener && other?.group === listener.group;
      if (other !== undefined && !mayShare) {
        const owner = other === listener ? "given twice" : `taken by ${other.path}`;
        fault(
          listener.path.split("."),
          `Cannot listen on ${formatEndpoint(endpoint)}: it is ${owner}`,
        );
      }
      claimed.push({ endpoint, listener });
    }
  }
}

function checkCaster(caster: StreamCasterConfig, steps: readonly string[], fault: Fault): void {
  if (!caster.enabled) return;
  if (caster.caster === "") fault([...steps, "caster"], "Expected the kind of the caster");
  if (caster.output === "") fault([...steps, "output"], "Expected an RTMP URL");
  if (caster.listen.length === 0) fault([...steps, "listen"], "Expected a port to listen on");
  const { sip } = caster;
  if (caster.caster !== "gb28181" || !sip.enabled) return;
  if (sip.listen.some((one) => caster.listen.some((other) => isSameEndpoint(one, other)))) {
    fault([...steps, "sip", "listen"], "Expected another port than for media");
  }
}

function checkVhost(vhost: VhostConfig, steps: readonly string[], fault: Fault): void {
  const { forward, httpRemux, publish } = vhost;
  if (!isMount(httpRemux.mount)) {
    fault(
      [...steps, "http_remux", "mount"],
      "Expected a host and a path with [stream] once and [app] at most once, such as [vhost]/[app]/[stream].flv",
    );
  }
  checkFormats(httpRemux, [...steps, "http_remux"], fault);
  checkPulls(vhost.pull, [...steps, "pull"], fault);
  if (forward.enabled) checkForward(forward, [...steps, "forward"], fault);
  if (forward.enabled && publish.kickoffForIdle > 0) {
    fault(
      [...steps, "publish", "kickoff_for_idle"],
      "Cannot close idle publishers: forward is enabled",
    );
  }
}

/**
 * SRS refuses this, as it cannot tell a segment from a stream. We can, and do so wherever both are on
 * by default; but who comes with SRS's configuration is told what SRS would say.
 */
function checkTsMount(vhost: VhostConfig, steps: readonly string[], fault: Fault): void {
  const { hls, httpRemux } = vhost;
  if (!hls.enabled || !httpRemux.enabled || !httpRemux.mount.endsWith(".ts")) return;
  const message = "Cannot mount on .ts: HLS is enabled and has such names too";
  fault([...steps, "http_remux", "mount"], message);
}

function checkFormats(remux: HttpRemuxConfig, steps: readonly string[], fault: Fault): void {
  const { enabled, mount, formats } = remux;
  const known = LIVE_EXTENSIONS.join(", ");
  const extension = mount.slice(mount.lastIndexOf(".") + 1);
  if (enabled && !isLiveExtension(extension)) {
    fault([...steps, "mount"], `Expected one of ${known} for the extension of ${quote(mount)}`);
  }
  const unknown = formats.find((format) => !isLiveExtension(format));
  if (unknown !== undefined) {
    fault([...steps, "formats"], `Expected formats out of ${known}, found ${quote(unknown)}`);
  }
}

function isMount(mount: string): boolean {
  const count = (variable: string): number => mount.split(variable).length - 1;
  return mount.includes("/") && count("[stream]") === 1 && count("[app]") <= 1;
}
