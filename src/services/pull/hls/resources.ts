/**
 * What HLS fetches: playlists, segments, keys.
 *
 * @module
 */

import { ProtocolError } from "../../../base/errors.ts";
import type { ByteRange } from "../../../codec/m3u8/playlist-reader.ts";
import { HttpClient } from "../../../protocols/http/client.ts";
import { PULL_TIMEOUT_MS, type PullPorts } from "../pull-source.ts";

/** Bytes. */
const PLAYLIST_SIZE_MAX = 4 * 1024 * 1024;
const SEGMENT_SIZE_MAX = 64 * 1024 * 1024;
const KEY_SIZE = 16;
/** For a whole segment. */
const SEGMENT_MS_MAX = 60_000;

export interface FetchedText {
  readonly text: string;
  /** Where it came from, after redirects: what its addresses are relative to. */
  readonly url: string;
}

export class HlsResources {
  readonly #client: HttpClient;
  readonly #tls: PullPorts["tls"];
  readonly #abort = new AbortController();
  #key: { readonly url: string; readonly bytes: Uint8Array } | undefined;

  constructor(ports: PullPorts) {
    this.#client = new HttpClient(ports);
    this.#tls = ports.tls;
  }

  /** Gives up what is being fetched. */
  close(): void {
    this.#abort.abort();
  }

  /** @throws If there is none. */
  async playlist(url: string): Promise<FetchedText> {
    const { body, url: from } = await this.#fetch(url, PLAYLIST_SIZE_MAX, PULL_TIMEOUT_MS);
    return { text: new TextDecoder().decode(body), url: from };
  }

  /** @throws If there is none. */
  async segment(url: string, range: ByteRange | undefined): Promise<Uint8Array> {
    const { body, status } = await this.#fetch(url, SEGMENT_SIZE_MAX, SEGMENT_MS_MAX, range);
    if (range === undefined || status === 206) return body;
    return body.subarray(range.offset, range.offset + range.size);
  }

  /** @throws If there is none, or it is no key of AES-128. */
  async key(url: string): Promise<Uint8Array> {
    if (this.#key?.url === url) return this.#key.bytes;
    const { body } = await this.#fetch(url, PLAYLIST_SIZE_MAX, PULL_TIMEOUT_MS);
    if (body.length !== KEY_SIZE) throw new ProtocolError(`A key has ${body.length} bytes`);
    this.#key = { url, bytes: body };
    return body;
  }

  async #fetch(
    url: string,
    sizeMax: number,
    totalMs: number,
    range?: ByteRange,
  ): Promise<{ status: number; body: Uint8Array; url: string }> {
    const fields: [string, string][] = [];
    if (range !== undefined) {
      fields.push(["Range", `bytes=${range.offset}-${range.offset + range.size - 1}`]);
    }
    const answer = await this.#client.fetch(
      { url, fields, timeoutMs: PULL_TIMEOUT_MS, tls: this.#tls },
      sizeMax,
      { totalMs, signal: this.#abort.signal },
    );
    if (answer.status === 200 || answer.status === 206) return answer;
    throw new ProtocolError(`The server answers ${answer.status}`);
  }
}

/** @throws {ProtocolError} If it is no address of HTTP. */
export function resolveUrl(uri: string, base: string): string {
  const url = URL.parse(uri, base);
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.href;
  throw new ProtocolError("A playlist leads to what is no address of HTTP");
}
