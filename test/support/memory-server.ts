/**
 * The whole server, on a machine in memory.
 *
 * @module
 */

import { onTestFinished } from "vitest";
import { Reloader } from "../../src/app/reload/reloader.ts";
import { Sluice } from "../../src/app/sluice.ts";
import type { Asset, Assets } from "../../src/base/assets.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import type { PostMessage } from "../../src/runtime/runtime.ts";
import type { JobMessage } from "../../src/services/rtc-bridge/transcoder/messages.ts";
import { TRANSCODER_THREAD } from "../../src/services/rtc-bridge/transcoder/transcoder-thread.ts";
import { MemoryNetwork } from "./memory-network.ts";

/** A configuration as a value; YAML is a superset of JSON. */
export type ConfigValue = Readonly<Record<string, unknown>>;

export const RTMP_PORT = 1935;
export const HTTP_PORT = 8080;
export const API_PORT = 1985;

/** RTMP, HTTP and the API at their usual ports, if the test's configuration does not say otherwise. */
const BASE: ConfigValue = { http_server: { enabled: true }, http_api: { enabled: true } };

/** Loads a configuration: a value as YAML, a text in SRS's format. */
export function memoryConfig(config: ConfigValue | string = {}): Config {
  const isSrs = typeof config === "string";
  const text = isSrs ? config : JSON.stringify({ ...BASE, ...config });
  const source = { path: isSrs ? "a.conf" : "a.yaml", text };
  return loadConfig({ source, environment: {}, readText: () => "" }).config;
}

/** What `__defaultVhost__` is to be set to. */
export function defaultVhost(vhost: ConfigValue): ConfigValue {
  return { vhosts: { __defaultVhost__: vhost } };
}

export interface MemoryServerOptions {
  /** Files that are there before the start, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Pages of the program, by path. */
  readonly assets?: Readonly<Record<string, Uint8Array | string>>;
  readonly prepare?: (server: MemoryServer) => Promise<void> | void;
}

export class MemoryServer extends MemoryNetwork {
  readonly sluice: Sluice;

  constructor(config: Config, assets: Assets) {
    super();
    const { runtime, logging } = this;
    runtime.threads.mains.set(TRANSCODER_THREAD, refuseToTranscode);
    const { logger } = logging;
    const reloads = new Reloader(config, {
      load: () => ({ config, warnings: [] }),
      apply: (next) => this.sluice.reconfigure(next),
      logger,
      createId: () => "reload1",
      tell: (event) => this.sluice.tell(event),
    });
    this.sluice = new Sluice({ config, runtime, logger, assets, reloads });
  }

  /** Starts a server, which is stopped with the test. */
  static async start(
    config: ConfigValue | string = {},
    options: MemoryServerOptions = {},
  ): Promise<MemoryServer> {
    const server = new MemoryServer(memoryConfig(config), toAssets(options.assets ?? {}));
    for (const [path, text] of Object.entries(options.files ?? {})) {
      await server.putFile(path, text);
    }
    await options.prepare?.(server);
    await server.sluice.start();
    onTestFinished(() => server.stop());
    return server;
  }

  rtmpUrl(path: string): string {
    return `rtmp://127.0.0.1:${RTMP_PORT}/${path}`;
  }

  httpUrl(path: string): string {
    return `http://127.0.0.1:${HTTP_PORT}${path}`;
  }

  async putFile(path: string, text: string): Promise<void> {
    const { files } = this.runtime;
    await files.makeFolder(path.slice(0, path.lastIndexOf("/")));
    await files.write(path, text);
  }

  /** Ends it at once, as SIGTERM does. */
  async stop(): Promise<void> {
    await this.finish(this.sluice.stop());
  }
}

/** Sound is not transcoded here: that takes time, and is looked at elsewhere. */
export function refuseToTranscode(post: PostMessage): (message: unknown) => void {
  return (message) => {
    const { type, job } = message as JobMessage;
    if (type === "open") post({ type: "failed", job, reason: "not in this test" });
  };
}

function toAssets(contents: Readonly<Record<string, Uint8Array | string>>): Assets {
  const assets = new Map<string, Asset>();
  for (const [path, content] of Object.entries(contents)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    assets.set(path, { bytes, mediaType: "text/html", etag: `"${path}"` });
  }
  return assets;
}
