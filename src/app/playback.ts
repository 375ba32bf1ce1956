/**
 * Recordings by time as a part of the server.
 *
 * @module
 */

import { DEFAULT_VHOST } from "../base/stream-name.ts";
import type { Config } from "../config/config.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { PlaybackHandler, type PlaybackPorts } from "../services/playback/playback-handler.ts";
import type { Recordings } from "../services/playback/recordings.ts";
import type { ConfigSource } from "./live-config.ts";

export interface PlaybackOptions
  extends Omit<PlaybackPorts, "crypto" | "files" | "recordings" | "playedVhost"> {
  readonly config: ConfigSource;
  readonly runtime: Runtime;
  readonly catalog?: Recordings | undefined;
}

/** @returns `undefined` if nobody says what has been recorded. */
export function createPlayback(options: PlaybackOptions): PlaybackHandler | undefined {
  const { catalog: recordings, runtime, config } = options;
  if (recordings === undefined) return undefined;
  const { crypto, files } = runtime;
  const playedVhost = (host: string): string | undefined => findPlayed(config.current, host);
  return new PlaybackHandler({ ...options, crypto, files, recordings, playedVhost });
}

/** The vhost that serves `host`, if it lets recordings be played. */
function findPlayed({ vhosts }: Config, host: string): string | undefined {
  const name = Object.hasOwn(vhosts, host) ? host : DEFAULT_VHOST;
  const vhost = vhosts[name];
  return vhost?.enabled === true && vhost.dvr.dvrPlayback ? name : undefined;
}
