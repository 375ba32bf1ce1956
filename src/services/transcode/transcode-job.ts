/**
 * What FFmpeg is to do with a stream for one engine of the settings.
 *
 * @module
 */

import { dateVariables } from "../../base/path-template.ts";
import type { StreamName } from "../../base/stream-name.ts";
import type { SessionRequest } from "../../live/admission.ts";
import { type EngineSettings, encodeArguments } from "../../programs/ffmpeg/engine-arguments.ts";
import { withoutKey } from "../../programs/program-key.ts";
import { expandPath, expandTemplate } from "../../programs/template.ts";

/** A stream that is published here. */
export interface TranscodedStream extends StreamName {
  /** With what its publisher was let publish; absent for what is no session. */
  readonly request?: SessionRequest | undefined;
}

/** Where this server takes RTMP from programs on its machine. */
export interface LocalAddress {
  readonly host: string;
  readonly port: number;
}

export interface TranscodeEngine extends EngineSettings {
  /** In SRS's words: URL or file, with variables. */
  readonly output: string;
}

/** Addresses before anything of our own is put into them. */
export interface TranscodeAddresses {
  readonly input: string;
  readonly output: string;
}

/** A URL, other than that of a file. */
const NETWORK_URL = /^(?!file:)[a-z][a-z0-9+.-]*:\/\//i;
/** Their values are safe names, which the paths of files may be made of. */
const NAMES: readonly string[] = ["vhost", "app", "stream", "engine"];

/** As SRS makes them, of the names of a stream and an engine. */
export function transcodeAddresses(
  { vhost, app, stream, request }: TranscodedStream,
  [engineName, { output }]: readonly [string, Pick<TranscodeEngine, "output">],
  { host, port }: LocalAddress,
  now: { readonly wallMs: number; readonly isUtc: boolean },
): TranscodeAddresses {
  const values = {
    ...{ vhost, app, stream, port, engine: engineName },
    param: withoutKey(request?.param ?? ""),
    ...dateVariables(now.wallMs, now.isUtc),
    timestamp: Math.floor(now.wallMs),
  };
  return {
    input: `rtmp://${host}:${port}/${app}?vhost=${vhost}/${stream}`,
    output: NETWORK_URL.test(output)
      ? expandTemplate(output, values)
      : expandPath(output, values, NAMES),
  };
}

/** SRS's command line, without the program itself. */
export function transcodeArguments(
  engine: EngineSettings,
  { input, output }: TranscodeAddresses,
): readonly string[] {
  return encodeArguments(engine, input, output);
}

/** What is shown of an output: no key, and no query, which may have one. */
export function shownOutput(output: string): string {
  if (!NETWORK_URL.test(output)) return output;
  return output.replace(/\?(?:vhost=([^/&?#]*))?[^/]*/, (_, vhost?: string) =>
    vhost === undefined ? "" : `?vhost=${vhost}`,
  );
}
