/**
 * What the program is: `versions`, `authors`, `features`.
 *
 * @module
 */

import { VERSION } from "../../base/version.ts";
import type { Config } from "../../config/config.ts";
import { isSupported } from "../../config/is-supported.ts";
import { envelope } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import type { Router } from "./router.ts";

export function addProgram(router: Router, { identity, runtime, config }: ApiParts): void {
  const [major = 0, minor = 0, revision = 0] = VERSION.split(".").map(Number);
  const start = envelope(identity);
  const versions = { ...start, data: { major, minor, revision, version: VERSION } };
  const authors = { ...start, data: { license: "MIT", contributors: "the Sluice authors" } };
  const features = { ...start, data: describeFeatures(runtime, config) };
  router.at("/api/v1/versions", () => versions);
  router.at("/api/v1/authors", () => authors);
  router.at("/api/v1/features", () => features);
}

/**
 * By SRS's names. What is not planned any more in the settings table is there. HDS, which is in no SRS
 * as it is built, is told of where it is used.
 */
function describeFeatures(
  runtime: ApiParts["runtime"],
  config: Config,
): Readonly<Record<string, unknown>> {
  const { name, version, host } = runtime;
  const ofVhosts = (...names: string[]): boolean => isSupported(["vhosts", ...names]);
  const words = (features: Readonly<Record<string, boolean>>): string =>
    Object.entries(features)
      .map(([feature, isThere]) => `--${feature}=${isThere ? "on" : "off"}`)
      .join(" ");
  return {
    options: words({
      https: true,
      rtc: isSupported(["rtc_server"]),
      srt: isSupported(["srt_server"]),
      gb28181: isSupported(["stream_caster"]),
      h265: true,
      av1: true,
    }),
    options2: `--runtime=${name}/${version} --platform=${host.platform} --arch=${host.architecture}`,
    // The program runs from its source: when that was built nobody can say.
    build: "",
    build2: "",
    features: {
      ssl: true,
      hls: true,
      hds: Object.values(config.vhosts).some(({ hds }) => hds.enabled),
      callback: ofVhosts("http_hooks"),
      api: true,
      httpd: true,
      dvr: ofVhosts("dvr"),
      transcode: ofVhosts("transcode"),
      ingest: ofVhosts("ingest"),
      stat: true,
      caster: isSupported(["stream_caster"]),
      complex_send: true,
      tcp_nodelay: true,
      so_sendbuf: isSupported(["limits", "send_buffer"]),
      mr: ofVhosts("publish", "mr"),
    },
  };
}
