/**
 * Signed URLs, made by hand; docs/access.md says how backends make them.
 *
 * @module
 */

import { DEFAULT_VHOST, formatStreamUrl } from "../base/stream-name.ts";
import type { Crypto } from "../runtime/runtime.ts";
import { signedParameters } from "../services/access/signed-url.ts";

export interface SignUrlOptions {
  /** Where the stream is published or played, by any protocol. */
  readonly url: string;
  readonly action: "publish" | "play";
  /** Seconds since the Unix epoch. */
  readonly expires: number;
  readonly secret: string;
  /** The only address that it is to be good for. */
  readonly address?: string | undefined;
  /** The vhost that serves the stream. Default: that of the query, else the default one. */
  readonly vhost?: string | undefined;
}

/** What stands behind a stream's name, by protocol. */
const EXTENSION = /\.(?:flv|ts|aac|mp3|m3u8|mpd)$/;

/** @returns `undefined` if the URL has no app and stream. */
export function signUrl(options: SignUrlOptions, crypto: Pick<Crypto, "hmac">): string | undefined {
  const { url, action, expires, secret, address } = options;
  if (!URL.canParse(url)) return undefined;
  const { pathname, searchParams, search, protocol } = new URL(url);
  const isHttp = /^(?:http|ws)s?:$/.test(protocol);
  const path = decodePath(isHttp ? pathname.replace(EXTENSION, "") : pathname);
  const [, app, stream] = /^\/+(.+)\/([^/]+)$/.exec(path ?? "") ?? [];
  if (app === undefined || stream === undefined) return undefined;
  const inQuery = searchParams.get("vhost") ?? searchParams.get("domain");
  const vhost = options.vhost ?? inQuery ?? DEFAULT_VHOST;
  const streamUrl = formatStreamUrl({ vhost, app, stream });
  const parameters = signedParameters({ action, streamUrl, expires, address }, secret, crypto);
  return `${url}${search === "" ? "?" : "&"}${parameters}`;
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
