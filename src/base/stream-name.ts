/**
 * How streams are addressed, and which names of vhosts, applications and streams are taken from
 * outside. They become keys, paths, URLs, log fields and JSON, so what could mean something there is
 * kept out here, once.
 *
 * @module
 */

/** The vhost of streams that are addressed by an IP address, and by names that are not configured. */
export const DEFAULT_VHOST = "__defaultVhost__";

/** `vhost/app/stream`. The app may have several levels. */
export interface StreamName {
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
}

/** The key of a stream in logs, hooks and the API: `/live/show`, or `vhost/live/show`. */
export function formatStreamUrl(name: StreamName): string {
  const vhost = name.vhost === DEFAULT_VHOST ? "" : name.vhost;
  return `${vhost}/${name.app}/${name.stream}`;
}

/** The name that `formatStreamUrl` makes `url` of; `undefined` if it is none. */
export function parseStreamUrl(url: string): StreamName | undefined {
  const first = url.indexOf("/");
  const last = url.lastIndexOf("/");
  if (first < 0 || last === first) return undefined;
  const vhost = first === 0 ? DEFAULT_VHOST : url.slice(0, first);
  return { vhost, app: url.slice(first + 1, last), stream: url.slice(last + 1) };
}

/** The parts of `app/stream`; `undefined` if it is none, or a name in it is not safe. */
export function splitStreamPath(path: string): Omit<StreamName, "vhost"> | undefined {
  const slash = path.lastIndexOf("/");
  const [app, stream] = [path.slice(0, Math.max(0, slash)), path.slice(slash + 1)];
  return isSafeAppName(app) && isSafeStreamName(stream) ? { app, stream } : undefined;
}

/**
 * Bytes of UTF-8. Signed tokens serve as stream names and reach 300 to 400; twice that of a file
 * name (255 on ext4, XFS, APFS and NTFS), which recordings and segments check for themselves.
 */
export const STREAM_NAME_SIZE_MAX = 512;

/**
 * Bytes of UTF-8 of a query, which carries tokens too; HTTP servers commonly take 8 KiB in a
 * request line, and hooks pass the query on.
 */
export const STREAM_PARAM_SIZE_MAX = 8192;

// Category Cc is C0, DEL and C1; Zl and Zp break lines in JavaScript; Cs is half a surrogate pair,
// which no UTF-8 can carry.
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

/**
 * Whether `name` can be one level of a stream's address: a vhost, one level of an application, or a
 * stream. Anything printable is fine but `.`, `..`, and the separators `/` and `\`.
 */
export function isSafeStreamName(name: string): boolean {
  if (name === "" || name === "." || name === "..") return false;
  if (name.includes("/") || name.includes("\\") || UNSAFE.test(name)) return false;
  return sizeOfUtf8(name, STREAM_NAME_SIZE_MAX) <= STREAM_NAME_SIZE_MAX;
}

/** Whether `app` is one or more safe names with `/` between them. */
export function isSafeAppName(app: string): boolean {
  if (app.length > STREAM_NAME_SIZE_MAX) return false;
  return app.split("/").every(isSafeStreamName);
}

/** Whether `param`, a query with its `?`, has nothing in it that a log or a header would trip over. */
export function isSafeStreamParam(param: string): boolean {
  if (UNSAFE.test(param)) return false;
  return sizeOfUtf8(param, STREAM_PARAM_SIZE_MAX) <= STREAM_PARAM_SIZE_MAX;
}

/** Bytes that `text` takes in UTF-8; stops counting past `limit`. */
function sizeOfUtf8(text: string, limit: number): number {
  let size = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    size += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4;
    if (size > limit) break;
  }
  return size;
}
