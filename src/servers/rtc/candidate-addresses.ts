/**
 * At which addresses the server tells WebRTC clients that it is to be found: what the request says
 * (`?eip=`), what is configured (`candidate`), else what the server finds out by itself. What comes
 * first is tried first.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { isIpv4, isIpv6 } from "../../base/ip-address.ts";
import type { RtcServerConfig } from "../../config/config.ts";
import type { Endpoint } from "../../config/endpoint.ts";
import type { HostEndpoint } from "../../protocols/rtc/negotiation/host-candidates.ts";
import type { Host } from "../../runtime/runtime.ts";

/** What is set about candidates. */
export type CandidateRules = Pick<
  RtcServerConfig,
  | "protocol"
  | "candidate"
  | "ipFamily"
  | "useAutoDetectNetworkIp"
  | "apiAsCandidates"
  | "resolveApiDomain"
  | "keepApiDomain"
>;

/** What a client has asked with. */
export interface CandidateQuestion {
  /** The host that it found the HTTP server at, as in `Host`; a port does not matter. */
  readonly host: string;
  /** Further addresses that the request names, each with a port or without. */
  readonly named: readonly string[];
}

/** Where media are listened for. */
export interface MediaPorts {
  readonly udp: readonly Endpoint[];
  readonly tcp: readonly Endpoint[];
}

interface Address {
  readonly host: string;
  /** `undefined`: the one that is listened on. */
  readonly port: number | undefined;
  /** Somebody has said so: the server itself cannot know it to be wrong. */
  readonly isNamed?: true;
}

/** Browsers try all of them, one pair after the other. */
const ADDRESSES_MAX = 16;
/** Names are asked for again after this long. */
const NAME_KEPT_MS = 30_000;
const NAMES_MAX = 64;
/** Who asks for a session does not wait longer than this for a name. */
const RESOLVE_MS_MAX = 2_000;
const PORT_MAX = 65_535;

const HOST_NAME = /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,252})$/;
/** Addresses that work inside of one network segment alone. */
const LINK_LOCAL = /^(fe[89ab][0-9a-f]:|169\.254\.)/i;
const ANY_HOSTS = ["0.0.0.0", "::"];

export class CandidateAddresses {
  readonly #host: Pick<Host, "addresses" | "resolve">;
  readonly #clock: Pick<Clock, "monotonicMs" | "setTimer">;
  readonly #names = new Map<string, { addresses: Promise<readonly string[]>; untilMs: number }>();

  constructor(
    host: Pick<Host, "addresses" | "resolve">,
    clock: Pick<Clock, "monotonicMs" | "setTimer">,
  ) {
    this.#host = host;
    this.#clock = clock;
  }

  /** In order of preference; those of UDP first, as some clients look at the first alone. */
  async find(
    rules: CandidateRules,
    ports: MediaPorts,
    question: CandidateQuestion,
  ): Promise<readonly HostEndpoint[]> {
    const addresses = await this.#addresses(rules, question);
    const of = (transport: "udp" | "tcp", endpoints: readonly Endpoint[]): HostEndpoint[] =>
      rules.protocol === "all" || rules.protocol === transport
        ? endpoints.flatMap((endpoint) => reachable(transport, endpoint, addresses))
        : [];
    return [...of("udp", ports.udp), ...of("tcp", ports.tcp)];
  }

  async #addresses(
    rules: CandidateRules,
    { host, named }: CandidateQuestion,
  ): Promise<readonly Address[]> {
    const found: Address[] = [];
    const add = (address: Address): void => {
      const isKnown = found.some((one) => one.host === address.host && one.port === address.port);
      if (!isKnown && found.length < ADDRESSES_MAX) found.push(address);
    };
    const isWild = rules.candidate.length === 0 || rules.candidate.some(isWildcard);
    for (const text of [...named, ...rules.candidate.filter((one) => !isWildcard(one))]) {
      for (const address of await this.#resolve(text)) add({ ...address, isNamed: true });
    }
    if (!isWild) return found;
    if (rules.apiAsCandidates) {
      for (const address of await this.#ofApi(rules, host)) add(address);
    }
    if (rules.useAutoDetectNetworkIp) for (const one of this.#local(rules)) add(one);
    return found;
  }

  /** The host of a request. A name of this machine itself stands for its loopback address. */
  async #ofApi(rules: CandidateRules, host: string): Promise<readonly Address[]> {
    const { host: name } = splitPort(host);
    if (isIpv4(name) || isIpv6(name)) {
      return ANY_HOSTS.includes(name) ? [] : [{ host: name, port: undefined }];
    }
    if (!HOST_NAME.test(name)) return [];
    const kept = rules.keepApiDomain ? [{ host: name, port: undefined }] : [];
    return rules.resolveApiDomain ? [...kept, ...(await this.#resolve(name))] : kept;
  }

  #local({ ipFamily }: CandidateRules): readonly Address[] {
    return this.#host
      .addresses()
      .filter(({ address }) => !LINK_LOCAL.test(address))
      .filter(({ family }) => ipFamily === "all" || family === ipFamily)
      .sort((a, b) => a.family.localeCompare(b.family)) // IPv4 first: more clients have it.
      .map(({ address }) => ({ host: address, port: undefined }));
  }

  /** An address is one, a name has some; what is neither has none. */
  async #resolve(text: string): Promise<readonly Address[]> {
    const { host, port } = splitPort(text);
    // Clients take no answer with a port that is none.
    if (port !== undefined && (port < 1 || port > PORT_MAX)) return [];
    if (isIpv4(host) || isIpv6(host)) return [{ host, port }];
    if (!HOST_NAME.test(host)) return [];
    const addresses = await this.#lookUp(host);
    return addresses.map((address) => ({ host: address, port }));
  }

  #lookUp(name: string): Promise<readonly string[]> {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#names.get(name);
    if (known !== undefined && nowMs < known.untilMs) return known.addresses;
    if (this.#names.size >= NAMES_MAX) this.#names.clear();
    const addresses = this.#withinTime(this.#host.resolve(name));
    this.#names.set(name, { addresses, untilMs: nowMs + NAME_KEPT_MS });
    return addresses;
  }

  #withinTime(resolving: Promise<readonly string[]>): Promise<readonly string[]> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(RESOLVE_MS_MAX, () => resolve([]));
      const settle = (addresses: readonly string[]): void => {
        timer.cancel();
        resolve(addresses);
      };
      resolving.then(settle, () => settle([]));
    });
  }
}

/** Those of the addresses that lead to the endpoint. One of a single address is found there alone. */
function reachable(
  transport: "udp" | "tcp",
  { host, port }: Endpoint,
  addresses: readonly Address[],
): HostEndpoint[] {
  const toEndpoint = (address: Address): HostEndpoint => {
    return { transport, address: address.host, port: address.port ?? port };
  };
  if (!ANY_HOSTS.includes(host)) {
    // Behind a translator of addresses, what is named leads to it all the same.
    const named = addresses.filter(({ isNamed }) => isNamed === true);
    return named.length > 0 ? named.map(toEndpoint) : [{ transport, address: host, port }];
  }
  const isV4Only = host === "0.0.0.0";
  return addresses.filter((address) => !isV4Only || !isIpv6(address.host)).map(toEndpoint);
}

function isWildcard(text: string): boolean {
  return text === "*" || ANY_HOSTS.includes(text);
}

/** `host`, `host:port`, `[IPv6]:port`, IPv6. */
function splitPort(text: string): Address {
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text);
  const plain = /^([^:]*):(\d{1,5})$/.exec(text);
  const [, host = text, port] = bracketed ?? plain ?? [];
  return { host, port: port === undefined ? undefined : Number(port) };
}
