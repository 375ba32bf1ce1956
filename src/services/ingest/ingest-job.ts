/**
 * What FFmpeg is to do for one engine of an ingester.
 *
 * @module
 */

import { DEFAULT_VHOST } from "../../base/stream-name.ts";
import {
  copyArguments,
  type EngineSettings,
  encodeArguments,
  type FfmpegOptions,
  optionArguments,
} from "../../programs/ffmpeg/engine-arguments.ts";
import { expandTemplate } from "../../programs/template.ts";

export interface IngestInput {
  /** `file`: over and over; `stream`; both at their own speed. `device`: as it comes. */
  readonly type: "file" | "stream" | "device";
  readonly url: string;
  /** Further options before it. */
  readonly options: FfmpegOptions;
}

export interface IngestEngine extends EngineSettings {
  /** Off: the stream goes on as it is. */
  readonly enabled: boolean;
  /** In SRS's words: a URL with variables. */
  readonly output: string;
}

/** Where an engine publishes, before anything of our own is put into it. */
export function ingestOutput(output: string, vhost: string, port: number): string {
  return expandTemplate(output, { vhost, port })
    .replace(`?vhost=${DEFAULT_VHOST}`, "")
    .replace(`&vhost=${DEFAULT_VHOST}`, "");
}

/** SRS's command line, without the program itself. */
export function ingestArguments(
  input: IngestInput,
  engine: IngestEngine,
  output: string,
  logLevel: string,
): readonly string[] {
  const { enabled, vcodec, acodec } = engine;
  const isCopied = !enabled || vcodec === "" || acodec === "";
  return [
    ...["-loglevel", logLevel],
    ...(input.type === "device" ? [] : ["-re"]),
    ...optionArguments(input.options),
    ...(isCopied
      ? copyArguments(input.url, output)
      : encodeArguments({ ...engine, oformat: "flv" }, input.url, output)),
  ];
}

/** The application and the stream in an output, for the name of a log. */
export function namesInOutput(output: string): readonly [app: string, stream: string] {
  const levels = output.split("/");
  const stream = levels.pop() ?? "";
  const app = levels.pop() ?? "";
  return [app.replace(/\?.*$/s, ""), stream.replace(/\?.*$/s, "")];
}

/** An address without name, password and query; the path of a file as it is. */
export function shownAddress(address: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) return address;
  return address.replace(/^([^:]+:\/\/)[^/?#]*@/, "$1").replace(/[?#].*$/s, "");
}
