/**
 * From a vhost's configuration to what the live core and the players over HTTP need to know of it.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { findVhost } from "../config/find-vhost.ts";
import type { VhostConfig } from "../config/vhost-config.ts";
import type { StreamSettings } from "../live/settings.ts";
import type { LivePlayerSettings } from "../servers/http-live/live-player.ts";

const SECOND_MS = 1_000;

/** The settings of streams on `vhost`. */
export function streamSettings(config: Config, vhost: string): StreamSettings {
  const found = findVhost(config, vhost);
  if (found === undefined) throw new Error(`Cannot find settings: no vhost serves "${vhost}"`);
  return toStreamSettings(found);
}

function toStreamSettings({ play, publish, minLatency }: VhostConfig): StreamSettings {
  return {
    gopCache: {
      isEnabled: play.gopCache,
      framesMax: play.gopCacheMaxFrames,
      sizeMax: play.queueBytes, // A player that joins has the cache for its backlog.
    },
    jitterMode: play.atc ? "off" : play.timeJitter,
    isAtcByMetadata: play.atcAuto,
    isMixCorrected: play.mixCorrect,
    isSequenceHeaderReduced: play.reduceSequenceHeader,
    flush: minLatency
      ? { windowMs: 0, framesMin: 0 }
      : { windowMs: play.mwLatency, framesMin: play.mwMsgs },
    queue: {
      durationMs: play.queueLength * SECOND_MS,
      sizeMax: play.queueBytes,
      writeTimeoutMs: play.writeTimeout * SECOND_MS,
    },
    publisher: {
      firstFrameTimeoutMs: publish.firstpktTimeout,
      frameTimeoutMs: publish.normalTimeout,
      graceMs: publish.graceMs,
      kickoffIdleMs: publish.kickoffForIdle * SECOND_MS,
    },
    idleMs: play.idleStreamTimeout * SECOND_MS,
  };
}

export function livePlayerSettings(vhost: VhostConfig): LivePlayerSettings {
  const { httpRemux, play } = vhost;
  return {
    hasAudio: httpRemux.hasAudio,
    hasVideo: httpRemux.hasVideo,
    isGuessed: httpRemux.guessHasAv,
    isMismatchDropped: httpRemux.dropIfNotMatch,
    fastCacheMs: httpRemux.fastCache * SECOND_MS,
    waitMs: play.waitStream * SECOND_MS,
    isNoDelay: vhost.tcpNodelay,
  };
}
