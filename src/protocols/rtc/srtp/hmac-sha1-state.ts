/**
 * What is left of an HMAC key once its two blocks are hashed: the same for every packet.
 *
 * Spec: RFC 2104, sections 2 and 4.
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";
import { SHA1_BLOCK_SIZE, SHA1_INITIAL_STATE, SHA1_STATE_LENGTH, Sha1Compressor } from "./sha1.ts";

const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** Words of a state: the inner chaining value and behind it the outer one. */
export const HMAC_STATE_LENGTH: number = 2 * SHA1_STATE_LENGTH;

export function createHmacSha1State(key: Uint8Array): Uint32Array {
  assert(key.length <= SHA1_BLOCK_SIZE, "a longer key would be hashed first");
  const state = new Uint32Array(HMAC_STATE_LENGTH);
  state.set(hashPadded(key, INNER_PAD));
  state.set(hashPadded(key, OUTER_PAD), SHA1_STATE_LENGTH);
  return state;
}

function hashPadded(key: Uint8Array, pad: number): Uint32Array {
  const block = new Uint8Array(SHA1_BLOCK_SIZE).map((_, index) => (key[index] ?? 0) ^ pad);
  const compressor = new Sha1Compressor();
  compressor.state.set(SHA1_INITIAL_STATE);
  compressor.compress(new DataView(block.buffer), 0);
  return compressor.state;
}
