/**
 * The streams as WebRTC has them: joined to those of the hub as the vhosts say.
 *
 * @module
 */

import { RefusedError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { formatStreamUrl, type StreamName } from "../base/stream-name.ts";
import type { Config } from "../config/config.ts";
import { findVhost } from "../config/find-vhost.ts";
import type { StreamHub } from "../live/stream-hub.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { RtcStreams as RtcServerStreams, RtcStreamUse } from "../servers/rtc/ports.ts";
import type { RtcRelaySource } from "../services/cluster/relay-source.ts";
import { RtcRelays } from "../services/cluster/rtc-relays.ts";
import type { StreamDirectory } from "../services/cluster/stream-directory.ts";
import { type RtcBridgeSettings, RtcStreams } from "../services/rtc-bridge/rtc-streams.ts";
import { TranscoderPool } from "../services/rtc-bridge/transcoder/transcoder-pool.ts";

export interface RtcStreamsParts {
  readonly hub: StreamHub;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** As it is now. */
  readonly config: () => Config;
  /** What other processes publish, if there are any. */
  readonly directory?: StreamDirectory | undefined;
}

/** What WebRTC publishes and plays, with what is to be looked after. */
export interface ServedRtcStreams extends RtcServerStreams, RtcRelaySource {
  sweep(nowMs: number): void;
  close(): Promise<void>;
}

export function createRtcStreams({
  hub,
  runtime,
  logger,
  config,
  directory,
}: RtcStreamsParts): ServedRtcStreams {
  const { clock, threads, host, tcp } = runtime;
  const threadCountMax = host.coreCount;
  const pool = new TranscoderPool({ threads, clock, logger, threadCountMax });
  const settingsOf = (vhost: string): RtcBridgeSettings => toBridge(config(), vhost);
  const elsewhere = directory && new RtcRelays({ directory, tcp, clock, logger });
  const streams = new RtcStreams({ hub, pool, clock, logger, settingsOf, elsewhere });
  return {
    use: (main) => {
      const { bridgesToRtc } = settingsOf(main.name.vhost);
      const publishedAs = main.publication?.publisher.request?.clientType;
      if (!isForRtc(bridgesToRtc, publishedAs)) return undefined;
      const { stream, release } = streams.forPlaying(main.name);
      main.enter();
      return {
        stream,
        release: () => {
          main.leave();
          release();
        },
      };
    },
    play: (name) => {
      const main = hub.getOrCreate(name);
      expectBridged(name, main.publication?.publisher.request?.clientType, settingsOf(name.vhost));
      const { stream, release } = streams.forPlaying(name);
      main.enter();
      const use: RtcStreamUse = {
        stream,
        main,
        close: () => {
          main.leave();
          release();
        },
      };
      return use;
    },
    publish: (publication, name, tracks) => streams.forPublishing(name, publication, tracks),
    sweep: (nowMs) => streams.sweep(nowMs),
    close: async () => {
      streams.close();
      await pool.stop();
    },
  };
}

/** @throws {RefusedError} `forbidden` if somebody publishes the stream otherwise, and that is not for WebRTC. */
function expectBridged(
  name: StreamName,
  publishedAs: string | undefined,
  { bridgesToRtc }: RtcBridgeSettings,
): void {
  if (isForRtc(bridgesToRtc, publishedAs)) return;
  throw new RefusedError(
    "forbidden",
    `Cannot play "${formatStreamUrl(name)}" by WebRTC: rtmp_to_rtc is off`,
  );
}

function isForRtc(bridgesToRtc: boolean, publishedAs: string | undefined): boolean {
  return bridgesToRtc || publishedAs === undefined || publishedAs === "rtc-publish";
}

function toBridge(config: Config, vhost: string): RtcBridgeSettings {
  const rtc = findVhost(config, vhost)?.rtc;
  return {
    bridgesToRtc: rtc?.rtmpToRtc === true,
    bridgesFromRtc: rtc?.rtcToRtmp === true,
    opusBitrate: rtc?.opusBitrate ?? 48_000,
    aacBitrate: rtc?.aacBitrate ?? 48_000,
  };
}
