/**
 * The ports that the server listens on, as the configuration has them. Those of another configuration
 * are opened before those that it has no use for are closed.
 *
 * @module
 */

import { ClosedError, SystemError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import type { Endpoint } from "../config/endpoint.ts";
import type { Files, TlsIdentity } from "../runtime/runtime.ts";
import { type HttpRole, httpPorts, type TlsFiles } from "./http-ports.ts";
import { openExplained } from "./process/explain-port.ts";

export interface PortPlan {
  readonly protocol: "rtmp" | "rtmps" | "http" | "https" | "webrtc-udp" | "webrtc-tcp";
  readonly endpoint: Endpoint;
  readonly tls: TlsFiles | undefined;
  /** For HTTP alone. */
  readonly roles: ReadonlySet<HttpRole>;
}

/** A port that is open. */
export interface OpenPort {
  /** Its number, also where the system chose it; `undefined` if another process has it. */
  readonly number: number | undefined;
  /** Takes who comes from now on. */
  open(): void;
  setTlsIdentity(identity: TlsIdentity): void;
  setRoles(roles: ReadonlySet<HttpRole>): void;
  /** Accepts nobody any more; who is connected stays. */
  close(): Promise<void>;
}

/**
 * @param isEarly Takes also who comes before it is told to open: others may serve the same port, so that
 *   people come already. Else they are sent away, as if there were no port.
 * @throws {SystemError} If the port cannot be had.
 */
export type OpenPortFunction = (
  plan: PortPlan,
  identity: TlsIdentity | undefined,
  isEarly: boolean,
) => Promise<OpenPort>;

/** Where somebody can connect. */
export interface BoundPort {
  readonly protocol: PortPlan["protocol"];
  readonly host: string;
  /** Also where the configuration says 0, and the system chose. */
  readonly port: number;
}

/** New ports are open, and may still be given up. */
export interface PreparedPorts {
  /** Closes those that have no use any more. */
  commit(): Promise<void>;
  /** Closes the new ones, and gives the others the certificates back that they had. */
  giveUp(): Promise<void>;
}

interface Known {
  readonly plan: PortPlan;
  readonly port: OpenPort;
  /** For TLS alone. */
  readonly identity: TlsIdentity | undefined;
}

const NO_ROLES: ReadonlySet<HttpRole> = new Set();

export class ServerPorts {
  readonly #files: Pick<Files, "readText">;
  readonly #openPort: OpenPortFunction;
  #open: ReadonlyMap<string, Known> = new Map();
  /** There is nothing before what is prepared, so that who comes early may as well stay. */
  #isFirst = true;
  #isClosed = false;

  constructor(files: Pick<Files, "readText">, openPort: OpenPortFunction) {
    this.#files = files;
    this.#openPort = openPort;
  }

  /** Those that are open, in the order of the configuration. */
  get bound(): readonly BoundPort[] {
    return [...this.#open.values()].flatMap(({ plan, port }) => {
      const { protocol, endpoint } = plan;
      return port.number === undefined
        ? []
        : [{ protocol, host: endpoint.host, port: port.number }];
    });
  }

  /** The number that the system chose for an endpoint of the configuration. */
  chosen(protocol: PortPlan["protocol"], endpoint: Endpoint): number | undefined {
    return this.#open.get(keyOf({ protocol, endpoint }))?.port.number;
  }

  /**
   * Opens what `config` wants and is not open yet. Certificates are read anew, and ports that are open
   * have them at once: what follows cannot fail.
   *
   * @throws {SystemError} If a port or a file cannot be had, or a certificate is none; what was open
   *   stays open.
   * @throws {ClosedError} If all are closed, or are so meanwhile.
   */
  async prepare(config: Config): Promise<PreparedPorts> {
    const before = this.#open;
    const after = new Map<string, Known>();
    const renewed: Known[] = [];
    const isNew = ([key]: readonly [string, Known]): boolean => !before.has(key);
    const giveUp = async (): Promise<void> => {
      for (const { port, identity } of this.#isClosed ? [] : renewed) {
        if (identity !== undefined) port.setTlsIdentity(identity);
      }
      await Promise.all([...after].filter(isNew).map(([, { port }]) => port.close()));
    };
    try {
      this.#expectOpen();
      for (const plan of planPorts(config)) {
        const key = keyOf(plan);
        const identity = await this.#readTls(plan.tls);
        const known = before.get(key);
        if (known === undefined) this.#expectFree(plan, before);
        const port = known?.port ?? (await this.#openNew(plan, identity));
        if (this.#isFirst) port.open();
        after.set(key, { plan, port, identity });
      }
      this.#expectOpen();
      for (const [key, { port, identity }] of after) {
        const known = before.get(key);
        if (known === undefined || identity === undefined) continue;
        port.setTlsIdentity(identity);
        renewed.push(known);
      }
    } catch (error) {
      await giveUp();
      throw error;
    }
    const commit = async (): Promise<void> => {
      if (this.#isClosed) return giveUp();
      this.#open = after;
      for (const [key, { plan, port }] of after) {
        port.setRoles(plan.roles);
        if (!before.has(key) && !this.#isFirst) port.open();
      }
      this.#isFirst = false;
      const gone = [...before].filter(([key]) => !after.has(key));
      await Promise.all(gone.map(([, { port }]) => port.close()));
    };
    return { commit, giveUp };
  }

  /** Closes all of them. Those that are prepared are closed when they are to be taken on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const ports = [...this.#open.values()];
    this.#open = new Map();
    await Promise.all(ports.map(({ port }) => port.close()));
  }

  #openNew(plan: PortPlan, identity: TlsIdentity | undefined): Promise<OpenPort> {
    const opening = this.#openPort(plan, identity, this.#isFirst);
    return openExplained(opening, plan.endpoint, transportOf(plan));
  }

  #expectOpen(): void {
    if (this.#isClosed) throw new ClosedError("Cannot open ports: the server is stopping");
  }

  /** One port cannot be open twice, as for RTMP until HTTP has taken it over. */
  #expectFree({ endpoint, protocol }: PortPlan, before: ReadonlyMap<string, Known>): void {
    if (endpoint.port === 0 || protocol === "webrtc-udp") return;
    for (const { plan } of before.values()) {
      if (plan.protocol === "webrtc-udp") continue;
      const isSame = plan.endpoint.port === endpoint.port && plan.endpoint.host === endpoint.host;
      if (!isSame) continue;
      const place = `${endpoint.host}:${endpoint.port}`;
      const change = `from ${plan.protocol} to ${protocol}`;
      throw new SystemError("EADDRINUSE", `Cannot change ${place} ${change} while it is open`);
    }
  }

  async #readTls(paths: TlsFiles | undefined): Promise<TlsIdentity | undefined> {
    if (paths === undefined) return undefined;
    const [certificate, key] = await Promise.all([
      this.#files.readText(paths.cert),
      this.#files.readText(paths.key),
    ]);
    return { certificate, key };
  }
}

export function transportOf({ protocol }: PortPlan): "tcp" | "udp" {
  return protocol === "webrtc-udp" ? "udp" : "tcp";
}

/** Every port that a configuration wants. */
export function planPorts(config: Config): PortPlan[] {
  const { listen, rtmps } = config;
  const roles = NO_ROLES;
  return [
    ...listen.map((endpoint): PortPlan => {
      return { protocol: "rtmp", endpoint, tls: undefined, roles };
    }),
    ...(rtmps.enabled ? rtmps.listen : []).map((endpoint): PortPlan => {
      return { protocol: "rtmps", endpoint, tls: rtmps, roles };
    }),
    // Before those of HTTP, whose answers tell of them.
    ...planWebRtc(config),
    ...httpPorts(config).map((port): PortPlan => {
      return { protocol: port.tls === undefined ? "http" : "https", ...port };
    }),
  ];
}

/** What it has in common with HTTP is opened there. */
function planWebRtc(config: Config): PortPlan[] {
  const { udp, tcp } = webRtcEndpoints(config);
  const plan = (protocol: PortPlan["protocol"], endpoint: Endpoint): PortPlan => {
    return { protocol, endpoint, tls: undefined, roles: NO_ROLES };
  };
  return [
    ...udp.map((endpoint) => plan("webrtc-udp", endpoint)),
    ...tcp.map((endpoint) => plan("webrtc-tcp", endpoint)),
  ];
}

/** The ports that WebRTC has alone. */
export function webRtcEndpoints(config: Config): {
  readonly udp: readonly Endpoint[];
  readonly tcp: readonly Endpoint[];
} {
  const { enabled, listen, tcp } = config.rtcServer;
  if (!enabled) return { udp: [], tcp: [] };
  const shared = httpPorts(config).map(({ endpoint }) => endpoint);
  const own = tcp.enabled ? tcp.listen.filter((one) => !isAmong(one, shared)) : [];
  return { udp: listen, tcp: own };
}

/** The ports of HTTP on which WebRTC by TCP comes too. */
export function sharedWithWebRtc(config: Config): readonly Endpoint[] {
  return httpPorts(config)
    .filter(({ tls, endpoint }) => tls === undefined && isSharedWithWebRtc(config, endpoint))
    .map(({ endpoint }) => endpoint);
}

/** Whether WebRTC by TCP comes on this port of HTTP. */
export function isSharedWithWebRtc({ rtcServer }: Config, endpoint: Endpoint): boolean {
  const { enabled, tcp } = rtcServer;
  return enabled && tcp.enabled && isAmong(endpoint, tcp.listen);
}

function isAmong({ host, port }: Endpoint, endpoints: readonly Endpoint[]): boolean {
  return endpoints.some((one) => one.host === host && one.port === port && port !== 0);
}

function keyOf({
  protocol,
  endpoint: { host, port },
}: Pick<PortPlan, "protocol" | "endpoint">): string {
  return `${protocol} ${host}:${port}`;
}
