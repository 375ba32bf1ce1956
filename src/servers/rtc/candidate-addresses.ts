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
import { NameAddresses, type NameLimits } from "./name-addresses.ts";

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
  /** Further addresses that the request has, each with a port or without; no names. */
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
const PORT_MAX = 65_535;
/** Names in `Host` headers, which anybody may make up: so many are kept, and looked up at a time. */
const HOST_NAMES: NameLimits = { keptMax: 64, pendingMax: 2 };

const HOST_NAME = /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,252})$/;
/** Addresses that work inside of one network segment alone. */
const LINK_LOCAL = /^(fe[89ab][0-9a-f]:|169\.254\.)/i;
const ANY_HOSTS = ["0.0.0.0", "::"];

export class CandidateAddresses {
  readonly #host: Pick<Host, "addresses" | "resolve">;
  /** Apart from the others, so that they are known whoever asks for what. */
  readonly #configuredNames: NameAddresses;
  readonly #hostNames: NameAddresses;

  constructor(
    host: Pick<Host, "addresses" | "resolve">,
    clock: Pick<Clock, "monotonicMs" | "setTimer">,
  ) {
    this.#host = host;
    this.#configuredNames = new NameAddresses(host, clock);
    this.#hostNames = new NameAddresses(host, clock, HOST_NAMES);
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
    const isHostAsked = isWild && rules.apiAsCandidates;
    const configured = rules.candidate.filter((one) => !isWildcard(one));
    const [ofHost, ...ofConfigured] = await Promise.all([
      isHostAsked ? this.#ofApi(rules, host) : [],
      ...configured.map((text) => resolve(text, this.#configuredNames)),
    ]);
    // Whoever asks may name what it likes: what has to be looked up is not.
    const ofRequest = named.flatMap((text) => readAddress(text) ?? []);
    for (const address of [...ofRequest, ...ofConfigured.flat()])
      add({ ...address, isNamed: true });
    if (!isWild) return found;
    for (const address of ofHost) add(address);
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
    return rules.resolveApiDomain ? [...kept, ...(await resolve(name, this.#hostNames))] : kept;
  }

  #local({ ipFamily }: CandidateRules): readonly Address[] {
    return this.#host
      .addresses()
      .filter(({ address }) => !LINK_LOCAL.test(address))
      .filter(({ family }) => ipFamily === "all" || family === ipFamily)
      .sort((a, b) => a.family.localeCompare(b.family)) // IPv4 first: more clients have it.
      .map(({ address }) => ({ host: address, port: undefined }));
  }
}

/** An address is one, a name has some; what is neither has none. */
async function resolve(text: string, names: NameAddresses): Promise<readonly Address[]> {
  const address = readAddress(text);
  if (address !== undefined) return [address];
  const { host, port } = splitPort(text);
  if (!isPort(port) || !HOST_NAME.test(host)) return [];
  const addresses = await names.find(host);
  return addresses.map((one) => ({ host: one, port }));
}

/** @returns `undefined` if it has to be looked up, or is nothing of the kind. */
function readAddress(text: string): Address | undefined {
  const { host, port } = splitPort(text);
  return isPort(port) && (isIpv4(host) || isIpv6(host)) ? { host, port } : undefined;
}

/** Clients take no answer with a port that is none. */
function isPort(port: number | undefined): boolean {
  return port === undefined || (port >= 1 && port <= PORT_MAX);
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
