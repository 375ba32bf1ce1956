/**
 * How streams are addressed.
 *
 * @module
 */

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
