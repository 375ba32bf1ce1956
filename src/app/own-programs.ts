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
import type { Admission, SessionRequest } from "../live/admission.ts";
import { type KeyAction, type ProgramKey, ProgramKeys } from "../programs/program-key.ts";
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
    const isSent = (action: KeyAction, request: SessionRequest): boolean =>
      this.#keyOf(action, request)?.isGenuine === true;
    return {
      connect: (request) => admission.connect(request),
      publish: async (request) => {
        if (!isSent("publish", request)) await admission.publish(request);
      },
      play: async (request) => {
        if (!isSent("play", request)) await admission.play(request);
      },
      unpublished: (request) => admission.unpublished(request),
      stopped: (request) => admission.stopped(request),
      closed: (request, traffic) => admission.closed(request, traffic),
    };
  }

  /** Whether a publisher brings what has been through that block of settings. */
  readonly isThrough = (request: SessionRequest, vhost: string, block: string): boolean => {
    const key = this.#keyOf("publish", request);
    return key?.blocks.includes(this.#keys.blockId(vhost, block)) === true;
  };

  /**
   * Puts a key into addresses of this server. Into the output, so that it is not encoded again by the same
   * block, and needs no token; into the input where playing takes a token.
   */
  readonly markTranscode = (
    { input, output }: TranscodeAddresses,
    { name, request, block }: TranscodeOrigin,
  ): TranscodeAddresses => {
    const before = request === undefined ? [] : (this.#keyOf("publish", request)?.blocks ?? []);
    const blocks = [...before, this.#keys.blockId(name.vhost, block)];
    const isGuarded = findVhost(this.#ports.config(), name.vhost)?.token.play === true;
    return {
      input: isGuarded ? this.#keys.mark(input, "play", formatStreamUrl(name)) : input,
      output: this.#markOutput(output, blocks),
    };
  };

  /** Likewise into the output of an ingester. */
  readonly markIngest = (output: string): string => this.#markOutput(output, []);

  #markOutput(output: string, blocks: readonly string[]): string {
    const name = this.#streamAt(output);
    if (name === undefined) return output;
    return this.#keys.mark(output, "publish", formatStreamUrl(name), blocks);
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
    const slash = address.lastIndexOf("/");
    try {
      const { vhost, app, stream } = parseStreamUrl(
        address.slice(0, slash),
        address.slice(slash + 1),
      );
      return { vhost: Object.hasOwn(vhosts, vhost) ? vhost : DEFAULT_VHOST, app, stream };
    } catch (error) {
      if (error instanceof RefusedError) return undefined; // Nor will it be let publish.
      throw error;
    }
  }

  /** Programs of this server come from this machine; what others show is no key. */
  #keyOf(action: KeyAction, request: SessionRequest): ProgramKey | undefined {
    const key = this.#keys.read(request.param, action, formatStreamUrl(request));
    return key !== undefined && this.#isOwnAddress(request.remoteAddress) ? key : undefined;
  }

  #isOwnAddress(address: string): boolean {
    if (LOOPBACK.test(address)) return true;
    return this.#ports.host.addresses().some((own) => own.address === address);
  }
}
