/**
 * The servers that a configuration names.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { HttpHooksConfig, VhostConfig } from "../../config/vhost-config.ts";
import { parseDestination } from "../../services/forward/forward-destination.ts";
import type { FindingLevel } from "./finding.ts";

/** A server to connect to. */
export interface NamedBackend {
  /** The setting that names it. */
  readonly setting: string;
  readonly host: string;
  readonly port: number;
  /** Present: by TLS. */
  readonly tls: { readonly isVerified: boolean; readonly authoritiesPath: string } | undefined;
  /** What it means if it cannot be reached. */
  readonly level: FindingLevel;
}

/** A setting that cannot be read as the address of a server. */
export interface UnreadableBackend {
  readonly setting: string;
  readonly text: string;
}

interface TlsRules {
  readonly isVerified: boolean;
  readonly authoritiesPath: string;
}

const VERIFIED: TlsRules = { isVerified: true, authoritiesPath: "" };
const PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "rtmp:": 1935,
  "rtmps:": 443,
};
const RTMP_PORT = 1935;
const API_PORT = 1985;
/** A stream that only stands for others. */
const ANY_STREAM = { vhost: "__defaultVhost__", app: "app", stream: "stream", param: "" };

export class NamedBackends {
  readonly #backends = new Map<string, NamedBackend>();
  readonly #unreadable: UnreadableBackend[] = [];

  constructor(config: Config) {
    const { heartbeat, tracing } = config;
    if (heartbeat.enabled) this.#addUrl("heartbeat.url", heartbeat.url, "warning");
    if (tracing.enabled) this.#addUrl("tracing.endpoint", tracing.endpoint, "warning");
    for (const [name, vhost] of Object.entries(config.vhosts)) {
      if (vhost.enabled) this.#addVhost(name, vhost);
    }
  }

  /** Each address once. */
  get all(): readonly NamedBackend[] {
    return [...this.#backends.values()];
  }

  get unreadable(): readonly UnreadableBackend[] {
    return this.#unreadable;
  }

  #addVhost(name: string, { httpHooks, forward, cluster, pull, token }: VhostConfig): void {
    if (httpHooks.enabled) this.#addHooks(`${name} http_hooks`, httpHooks);
    if (forward.enabled) {
      const tls = { isVerified: forward.tlsVerify, authoritiesPath: forward.tlsCa };
      if (forward.backend !== "")
        this.#addUrl(`${name} forward.backend`, forward.backend, "problem");
      else {
        for (const text of forward.destination) this.#addDestination(`${name} forward`, text, tls);
      }
    }
    if (cluster.mode === "remote") {
      for (const text of cluster.origin) this.#addServer(`${name} cluster.origin`, text, RTMP_PORT);
    }
    if (cluster.originCluster) {
      for (const text of cluster.coworkers) {
        this.#addServer(`${name} cluster.coworkers`, text, API_PORT);
      }
    }
    for (const [id, { enabled, url, tlsVerify, tlsCa }] of Object.entries(pull)) {
      const tls = { isVerified: tlsVerify, authoritiesPath: tlsCa };
      if (enabled) this.#addUrl(`${name} pull ${id}`, url, "warning", tls);
    }
    if (/^https?:/.test(token.jwks)) this.#addUrl(`${name} token.jwks`, token.jwks, "problem");
  }

  #addHooks(around: string, hooks: HttpHooksConfig): void {
    const tls = { isVerified: hooks.tlsVerify, authoritiesPath: hooks.tlsCa };
    const add = (setting: string, urls: readonly string[], level: FindingLevel): void => {
      for (const url of urls) this.#addUrl(`${around}.${setting}`, url, level, tls);
    };
    // Without an answer to these, nobody may do anything.
    add("on_connect", hooks.onConnect, "problem");
    add("on_publish", hooks.onPublish, "problem");
    add("on_play", hooks.onPlay, "problem");
    add("on_close", hooks.onClose, "warning");
    add("on_unpublish", hooks.onUnpublish, "warning");
    add("on_stop", hooks.onStop, "warning");
    add("on_dvr", hooks.onDvr, "warning");
    add("on_hls", hooks.onHls, "warning");
    add("on_hls_notify", hooks.onHlsNotify, "warning");
  }

  #addUrl(setting: string, text: string, level: FindingLevel, tls: TlsRules = VERIFIED): void {
    if (/^[a-z]+:\/\/[^/]*\[(?![\da-f:.]+\])/i.test(text)) return; // Depends on the stream.
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const port = url && (url.port === "" ? PORTS[url.protocol] : Number(url.port));
    if (url === undefined || port === undefined) {
      this.#unreadable.push({ setting, text: "Expected the address of a server" });
      return;
    }
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const isTls = url.protocol === "https:" || url.protocol === "rtmps:";
    this.#add({ setting, host, port, tls: isTls ? tls : undefined, level });
  }

  #addDestination(setting: string, text: string, tls: TlsRules): void {
    if (/^rtmps?:\/\/[^/]*\[(?![\da-f:.]+\])/i.test(text)) return; // Depends on the stream.
    try {
      const { target } = parseDestination(text, ANY_STREAM);
      const { host, port } = target;
      this.#add({ setting, host, port, tls: target.tls && tls, level: "problem" });
    } catch {
      this.#unreadable.push({ setting, text: "Expected a server, or an address of RTMP" });
    }
  }

  #addServer(setting: string, text: string, defaultPort: number): void {
    const [, ipv6, host = ipv6, port] =
      /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
    if (host === undefined) this.#unreadable.push({ setting, text: "Expected host or host:port" });
    else {
      const number = port === undefined ? defaultPort : Number(port);
      this.#add({ setting, host, port: number, tls: undefined, level: "problem" });
    }
  }

  /** What is worse to lose is what is told. */
  #add(backend: NamedBackend): void {
    const { host, port, tls } = backend;
    const key = [host, port, tls?.isVerified, tls?.authoritiesPath].join(" ");
    const known = this.#backends.get(key);
    if (known === undefined || (known.level !== "problem" && backend.level === "problem")) {
      this.#backends.set(key, backend);
    }
  }
}
