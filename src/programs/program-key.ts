/**
 * Parameters in the addresses that this server gives its own programs, by which it knows them when they
 * come back as clients: that they may, and which blocks of settings their stream has been through.
 *
 * ```text
 * sluice_key=MAC                     a right: to publish, or to play, the stream at that address
 * sluice_through=BLOCK.BLOCK~MAC     a claim: what the stream has been through, under whatever name
 * ```
 *
 * A key lets in, and is for addresses of this server alone. A claim lets nobody in, and may go anywhere.
 *
 * @module
 */

import type { Crypto } from "../runtime/runtime.ts";

const KEY = /[?&]sluice_key=([0-9a-f]{32})(?=[&#]|$)/g;
const CLAIM = /[?&]sluice_through=([0-9a-f.]*)~([0-9a-f]{32})(?=[&#]|$)/g;
const EITHER = /(?<=[?&])(?:sluice_key|sluice_through)=[^&#]*&?/g;
/** With an application and a stream, which a parameter can stand behind. */
const RTMP_ADDRESS = /^rtmp[a-z]{0,2}:\/\/[^/]+\/./i;
const MAC_SIZE = 16;
const BLOCK_ID_SIZE = 6;
/** A stream that has been through more comes from nowhere else but a circle. */
const BLOCKS_MAX = 16;

export type KeyAction = "publish" | "play";

export class ProgramKeys {
  readonly #crypto: Pick<Crypto, "hmac" | "isEqual">;
  readonly #secret: Uint8Array;

  /** @param secret The same in all processes of the server. */
  constructor(crypto: Pick<Crypto, "hmac" | "isEqual">, secret: string) {
    this.#crypto = crypto;
    this.#secret = new TextEncoder().encode(secret);
  }

  /**
   * A short name of a block of settings: the same in all processes, and after a reload, but another one
   * at every other server, which such streams may go on to.
   */
  blockId(vhost: string, block: string): string {
    return toHex(this.#hmac("block", vhost, block).subarray(0, BLOCK_ID_SIZE));
  }

  /**
   * Puts a key at the end of an address of RTMP.
   *
   * @param streamUrl The stream that is at that address, as `formatStreamUrl` has it.
   */
  addKey(address: string, action: KeyAction, streamUrl: string): string {
    return withParameter(address, `sluice_key=${toHex(this.#keyMac(action, streamUrl))}`);
  }

  /** Whether a client shows the key for that. @param param The query of its address. */
  hasKey(param: string, action: KeyAction, streamUrl: string): boolean {
    const wanted = this.#keyMac(action, streamUrl);
    return [...param.matchAll(KEY)].some(([, mac = ""]) =>
      this.#crypto.isEqual(wanted, fromHex(mac)),
    );
  }

  /** Puts a claim at the end of an address of RTMP; others stay as they are. */
  addClaim(address: string, blocks: readonly string[]): string {
    if (!RTMP_ADDRESS.test(address)) return address;
    const claim = blocks.slice(-BLOCKS_MAX).join(".");
    return withParameter(address, `sluice_through=${claim}~${toHex(this.#claimMac(claim))}`);
  }

  /** Blocks that a stream has been through, as `blockId` calls them. @param param Of its publisher. */
  readClaim(param: string): readonly string[] {
    for (const [, claim = "", mac = ""] of param.matchAll(CLAIM)) {
      if (this.#crypto.isEqual(this.#claimMac(claim), fromHex(mac))) return claim.split(".");
    }
    return [];
  }

  #keyMac(action: KeyAction, streamUrl: string): Uint8Array {
    return this.#hmac("key", action, streamUrl).subarray(0, MAC_SIZE);
  }

  #claimMac(claim: string): Uint8Array {
    return this.#hmac("through", claim).subarray(0, MAC_SIZE);
  }

  /** @param parts The first says what it is for. */
  #hmac(...parts: readonly string[]): Uint8Array {
    const text = new TextEncoder().encode(JSON.stringify(parts));
    return this.#crypto.hmac("sha256", this.#secret, text);
  }
}

function withParameter(address: string, parameter: string): string {
  // Where a query names the vhost before the stream, the stream has one of its own.
  const hasQuery = address.slice(address.lastIndexOf("/")).includes("?");
  return `${address}${hasQuery ? "&" : "?"}${parameter}`;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Takes keys and claims out of what is shown to others. */
export function withoutKey(param: string): string {
  const rest = param.replace(EITHER, "");
  return rest === param ? param : rest.replace(/[?&](?=#|$)/, "");
}
