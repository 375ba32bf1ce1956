/**
 * The vhosts as the servers need to see them.
 *
 * @module
 */

import { DEFAULT_VHOST } from "../base/stream-name.ts";
import type { Config } from "../config/config.ts";
import type { FlvVhost } from "../servers/http-flv/flv-handler.ts";
import { Mount } from "../servers/http-flv/mount.ts";
import type { RtmpVhost } from "../servers/rtmp/ports.ts";
import { flvPlayerSettings } from "./stream-settings.ts";

export class Vhosts {
  readonly #rtmp = new Map<string, RtmpVhost>();
  readonly #flv = new Map<string, FlvVhost>();

  constructor(config: Config) {
    for (const [name, vhost] of Object.entries(config.vhosts)) {
      this.#rtmp.set(name, {
        name,
        isEnabled: vhost.enabled,
        isNoDelay: vhost.tcpNodelay,
        chunkSize: vhost.chunkSize,
        inAckSize: vhost.inAckSize,
        outAckSize: vhost.outAckSize,
      });
      const isFlv = vhost.httpRemux.mount.endsWith(".flv"); // Others are warned of and not served.
      if (!vhost.enabled || !vhost.httpRemux.enabled || !isFlv) continue;
      const mount = new Mount(vhost.httpRemux.mount);
      this.#flv.set(name, { name, mount, player: flvPlayerSettings(vhost) });
    }
  }

  /** The vhost that serves RTMP clients who ask for `host`. */
  rtmp(host: string): RtmpVhost | undefined {
    return this.#rtmp.get(host) ?? this.#rtmp.get(DEFAULT_VHOST);
  }

  /** The vhost that serves FLV to viewers who ask for `host`. */
  flv(host: string): FlvVhost | undefined {
    const isKnown = this.#rtmp.has(host);
    return this.#flv.get(isKnown ? host : DEFAULT_VHOST);
  }
}
