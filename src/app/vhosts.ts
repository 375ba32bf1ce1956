/**
 * The vhosts as the servers need to see them.
 *
 * @module
 */

import { DEFAULT_VHOST } from "../base/stream-name.ts";
import type { Config } from "../config/config.ts";
import { isLiveExtension } from "../config/live-extension.ts";
import type { RtcConfig } from "../config/vhost-config.ts";
import type { LiveVhost } from "../servers/http-live/live-handler.ts";
import { Mount } from "../servers/http-live/mount.ts";
import type { RtcVhost } from "../servers/rtc/ports.ts";
import type { RtmpVhost } from "../servers/rtmp/ports.ts";
import { createVhostPackaging, type VhostPackaging } from "../services/packager/vhost-packaging.ts";
import { livePlayerSettings } from "./stream-settings.ts";

interface KnownPackaging {
  /** What it was made from. */
  readonly settings: string;
  readonly packaging: VhostPackaging;
}

export class Vhosts {
  readonly #rtmp = new Map<string, RtmpVhost>();
  readonly #live = new Map<string, LiveVhost>();
  readonly #rtc = new Map<string, RtcVhost>();
  readonly #packaging = new Map<string, KnownPackaging>();

  constructor(config: Config) {
    this.configure(config);
  }

  /** For sessions from now on; packaging stays the same object where its settings are. */
  configure(config: Config): void {
    const packagings = new Map(this.#packaging);
    for (const map of [this.#rtmp, this.#live, this.#rtc, this.#packaging]) map.clear();
    for (const [name, vhost] of Object.entries(config.vhosts)) {
      this.#rtmp.set(name, {
        name,
        isEnabled: vhost.enabled,
        isNoDelay: vhost.tcpNodelay,
        chunkSize: vhost.chunkSize,
        inAckSize: vhost.inAckSize,
        outAckSize: vhost.outAckSize,
      });
      const server = { isUtc: config.utcTime, htmlFolder: config.httpServer.dir };
      const { httpRemux, hls, cmaf, dash, hds, token } = vhost;
      const packaged = [hls, cmaf, dash, hds, token.play, vhost.enabled];
      const settings = JSON.stringify([packaged, server]);
      const known = packagings.get(name);
      const packaging =
        known?.settings === settings ? known.packaging : createVhostPackaging(name, vhost, server);
      if (packaging !== undefined) this.#packaging.set(name, { settings, packaging });
      if (vhost.enabled && vhost.rtc.enabled) this.#rtc.set(name, rtcVhost(name, vhost.rtc));
      if (!vhost.enabled || !httpRemux.enabled) continue;
      this.#live.set(name, {
        name,
        mount: new Mount(httpRemux.mount, httpRemux.formats.filter(isLiveExtension)),
        player: livePlayerSettings(vhost),
        isTsWaiting: !hls.enabled && !cmaf.enabled,
      });
    }
  }

  /** The vhost that serves RTMP clients who ask for `host`. */
  rtmp(host: string): RtmpVhost | undefined {
    return this.#rtmp.get(host) ?? this.#rtmp.get(DEFAULT_VHOST);
  }

  /** How the vhost that serves `host` packages its streams; `undefined` if it does not. */
  packagingOf(host: string): VhostPackaging | undefined {
    return this.#packaging.get(this.#rtmp.has(host) ? host : DEFAULT_VHOST)?.packaging;
  }

  /** The vhost that serves WebRTC to clients who ask for `host`. */
  rtc(host: string): RtcVhost | undefined {
    return this.#rtc.get(this.#rtmp.has(host) ? host : DEFAULT_VHOST);
  }

  /** The vhost that serves streams over HTTP to viewers who ask for `host`. */
  live(host: string): LiveVhost | undefined {
    const isKnown = this.#rtmp.has(host);
    return this.#live.get(isKnown ? host : DEFAULT_VHOST);
  }
}

function rtcVhost(name: string, rtc: RtcConfig): RtcVhost {
  return {
    name,
    isNackOn: rtc.nack,
    isTwccOn: rtc.twcc,
    stunTimeoutMs: rtc.stunTimeout * 1_000,
    isStunStrict: rtc.stunStrictCheck,
    setup: rtc.dtlsRole,
    droppedPayloadType: rtc.dropForPt,
    variants: rtc.variants,
    keyFramePeriodMs: rtc.rtcToRtmp ? rtc.pliForRtmp * 1_000 : 0,
    packets: { keepsBFrames: rtc.keepBframe, keepsSei: rtc.keepAvcNaluSei },
  };
}
