/**
 * Programs that this server has started, as clients of its own: where they find it, and by what it knows
 * them when they come.
 *
 * @module
 */

import { RefusedError } from "../base/errors.ts";
import { DEFAULT_VHOST, formatStreamUrl, type StreamName } from "../base/stream-name.ts";
import type { Config } from "../config/config.ts";
import { findVhost } from "../config/find-vhost.ts";
import { transcodeKeys } from "../config/transcode-keys.ts";
import type { Admission, SessionRequest } from "../live/admission.ts";
import { type KeyAction, ProgramKeys } from "../programs/program-key.ts";
import { parseStreamUrl } from "../protocols/rtmp/stream-url.ts";
import type { Crypto, Host } from "../runtime/runtime.ts";
import type { TranscodeAddresses } from "../services/transcode/transcode-job.ts";
import type { TranscodeOrigin } from "../services/transcode/transcodes.ts";

const RTMP_PORT = 1935;
const RTMPS_PORT = 443;
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/i;
const ANY_HOSTS: readonly string[] = ["0.0.0.0", "::"];
const ADDRESS = /^(rtmps?):\/\/(?:\[([^\]]+)\]|([^:/?#[\]]+))(?::(\d{1,5}))?\//iu;

export interface OwnProgramsPorts {
  /** As it is now. */
  readonly config: () => Config;
  readonly crypto: Crypto;
  readonly host: Pick<Host, "addresses">;
  /** The same in all processes of the server. */
  readonly secret: string;
}

export class OwnPrograms {
  readonly #ports: OwnProgramsPorts;
  readonly #keys: ProgramKeys;

  constructor(ports: OwnProgramsPorts) {
    this.#ports = ports;
    this.#keys = new ProgramKeys(ports.crypto, ports.secret);
  }

  /** Where programs find this server: at the port that the client came to, if it has that. */
  readonly localAddress = (tcUrl: string): { readonly host: string; readonly port: number } => {
    const { listen } = this.#ports.config();
    const asked = Number(ADDRESS.exec(tcUrl)?.[4] ?? RTMP_PORT);
    const endpoint = listen.find(({ port }) => port === asked) ?? listen[0];
    const host = endpoint?.host ?? "";
    const isReached = host === "" || ANY_HOSTS.includes(host) || LOOPBACK.test(host);
    const shown = host.includes(":") ? `[${host}]` : host;
    return {
      host: isReached && host !== "::1" ? "127.0.0.1" : shown,
      port: endpoint?.port ?? asked,
    };
  };

  /** Lets in whom this server has sent, for what it has sent them; the others are asked as ever. */
  watch(admission: Admission): Admission {
    return {
      connect: (request) => admission.connect(request),
      publish: async (request) => {
        if (!this.#isSent("publish", request)) await admission.publish(request);
      },
      play: async (request) => {
        if (!this.#isSent("play", request)) await admission.play(request);
      },
      unpublished: (request) => admission.unpublished(request),
      stopped: (request) => admission.stopped(request),
      closed: (request, traffic) => admission.closed(request, traffic),
    };
  }

  /**
   * Whether a publisher brings what has been through that block of settings. It may come from anywhere: by
   * the gateway of a container, by this machine's address from outside, by another server.
   */
  readonly isThrough = (request: SessionRequest, vhost: string, block: string): boolean =>
    this.#keys.readClaim(request.param).includes(this.#keys.blockId(vhost, block));

  /**
   * Says in an output what the stream in it has been through, so that the same block does not encode it
   * again, under whatever name this server is reached; not where nothing would encode a stream of that
   * name, since other servers, such as those of platforms, may not like to be shown what they do not know.
   * Addresses that are known to be of this server get a key as well: the output, so that it needs no token,
   * and the input where playing takes one.
   */
  readonly markTranscode = (
    { input, output }: TranscodeAddresses,
    { name, request, block }: TranscodeOrigin,
  ): TranscodeAddresses => {
    const before = request === undefined ? [] : this.#keys.readClaim(request.param);
    const blocks = [...before, this.#keys.blockId(name.vhost, block)];
    const isGuarded = findVhost(this.#ports.config(), name.vhost)?.token.play === true;
    const marked = this.#addKey(output);
    return {
      input: isGuarded ? this.#keys.addKey(input, "play", formatStreamUrl(name)) : input,
      output: this.#mayReturn(output) ? this.#keys.addClaim(marked, blocks) : marked,
    };
  };

  /** Whether a stream of that name would be encoded here, in whatever vhost it came. */
  #mayReturn(output: string): boolean {
    const name = nameAt(output);
    if (name === undefined) return true;
    const keys = transcodeKeys(name);
    return Object.values(this.#ports.config().vhosts).some(({ enabled, transcode }) =>
      keys.some((key) => enabled && Object.hasOwn(transcode, key) && transcode[key]?.enabled),
    );
  }

  /** Puts a key into the output of an ingester, if it is of this server. */
  readonly markIngest = (output: string): string => this.#addKey(output);

  #addKey(output: string): string {
    const name = this.#streamAt(output);
    return name === undefined
      ? output
      : this.#keys.addKey(output, "publish", formatStreamUrl(name));
  }

  /** Which stream of this server an address means; `undefined` if it leads elsewhere. */
  #streamAt(address: string): StreamName | undefined {
    const [, scheme = "", ipv6, name, portText] = ADDRESS.exec(address) ?? [];
    const host = ipv6 ?? name;
    if (host === undefined) return undefined;
    const { listen, rtmps, vhosts } = this.#ports.config();
    const isTls = scheme.toLowerCase() === "rtmps";
    const endpoints = isTls ? rtmps.listen : listen;
    const port = Number(portText ?? (isTls ? RTMPS_PORT : RTMP_PORT));
    if (!endpoints.some((endpoint) => endpoint.port === port)) return undefined;
    const isNamed = Object.hasOwn(vhosts, host) || endpoints.some((one) => one.host === host);
    if (!isNamed && !this.#isOwnAddress(host)) return undefined;
    const at = nameAt(address);
    if (at === undefined) return undefined;
    return { ...at, vhost: Object.hasOwn(vhosts, at.vhost) ? at.vhost : DEFAULT_VHOST };
  }

  /** Programs of this server come from this machine; what others show is no key. */
  #isSent(action: KeyAction, request: SessionRequest): boolean {
    return (
      this.#keys.hasKey(request.param, action, formatStreamUrl(request)) &&
      this.#isOwnAddress(request.remoteAddress)
    );
  }

  #isOwnAddress(address: string): boolean {
    if (LOOPBACK.test(address)) return true;
    return this.#ports.host.addresses().some((own) => own.address === address);
  }
}

/** What the stream at an address is called; `undefined` if no server would take such a name. */
function nameAt(address: string): StreamName | undefined {
  const slash = address.lastIndexOf("/");
  try {
    const { vhost, app, stream } = parseStreamUrl(
      address.slice(0, slash),
      address.slice(slash + 1),
    );
    return { vhost, app, stream };
  } catch (error) {
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}
