/**
 * A parameter in the addresses that this server gives its own programs, by which it knows them when they
 * come back as clients: for which stream they may, and which blocks of settings the stream has been through.
 *
 * ```text
 * sluice_key=BLOCK.BLOCK~MAC      of a stream that they publish
 * sluice_key=~MAC                 of one that they play
 * ```
 *
 * @module
 */

import type { Crypto } from "../runtime/runtime.ts";

const PARAMETER = "sluice_key";
const KEY = new RegExp(`[?&]${PARAMETER}=([0-9a-f.]*)~([0-9a-f]{32})(?=[&#]|$)`);
const MAC_SIZE = 16;
const BLOCK_ID_SIZE = 6;
/** A stream that has been through more comes from nowhere else but a circle. */
const BLOCKS_MAX = 16;

export type KeyAction = "publish" | "play";

export interface ProgramKey {
  /** Whether this server has made it, for that very purpose. */
  readonly isGenuine: boolean;
  /** Blocks of settings that the stream has been through, as `blockId` calls them; a claim, unless genuine. */
  readonly blocks: readonly string[];
}

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
    const text = new TextEncoder().encode(JSON.stringify([vhost, block]));
    return toHex(this.#crypto.hmac("sha256", this.#secret, text).subarray(0, BLOCK_ID_SIZE));
  }

  /**
   * Puts a key at the end of an address of RTMP.
   *
   * @param streamUrl The stream that is at that address, as `formatStreamUrl` has it.
   */
  mark(
    address: string,
    action: KeyAction,
    streamUrl: string,
    blocks: readonly string[] = [],
  ): string {
    const claim = blocks.slice(-BLOCKS_MAX).join(".");
    // Where a query names the vhost before the stream, the stream has one of its own.
    const hasQuery = address.slice(address.lastIndexOf("/")).includes("?");
    const mac = toHex(this.#mac(action, streamUrl, claim));
    return `${address}${hasQuery ? "&" : "?"}${PARAMETER}=${claim}~${mac}`;
  }

  /** What a client shows; `undefined`: nothing. @param param The query of its address. */
  read(param: string, action: KeyAction, streamUrl: string): ProgramKey | undefined {
    const [, claim, mac] = KEY.exec(param) ?? [];
    if (claim === undefined || mac === undefined) return undefined;
    const wanted = this.#mac(action, streamUrl, claim);
    return {
      isGenuine: this.#crypto.isEqual(wanted, fromHex(mac)),
      blocks: claim === "" ? [] : claim.split(".", BLOCKS_MAX),
    };
  }

  #mac(action: KeyAction, streamUrl: string, claim: string): Uint8Array {
    const text = new TextEncoder().encode(JSON.stringify([action, streamUrl, claim]));
    return this.#crypto.hmac("sha256", this.#secret, text).subarray(0, MAC_SIZE);
  }
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Takes the key out of what is shown to others. */
export function withoutKey(param: string): string {
  return param.replace(new RegExp(`([?&])${PARAMETER}=[^&#]*(&?)`), (_, before, after) =>
    before === "?" && after === "&" ? "?" : after,
  );
}
