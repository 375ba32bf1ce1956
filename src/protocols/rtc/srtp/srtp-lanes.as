/**
 * Protects four packets at once: AES keystream and payload are added, and HMAC-SHA1 runs in the four
 * lanes of a vector. AssemblyScript; scripts/build-wasm.ts makes srtp-lanes-wasm.ts of it.
 *
 * Spec: RFC 3711, sections 4.1.1 and 4.2.1; RFC 2104; RFC 3174, section 6.1.
 */

/** Bytes for one packet: header, payload, rollover counter, and the padding of SHA-1. */
export const PACKET_STRIDE: usize = 2304;

/** Words of SHA-1's message schedule, four lanes each. */
const SCHEDULE: usize = memory.data(80 * 16, 16);

export const PAYLOAD_STRIDE: usize = 2048;

/** Payloads that packets have. */
export const PAYLOADS: usize = memory.data(4 * 2048, 16);

/** For each packet of the 17 groups: keystream, HMAC state, rollover counter, payload. */
export const LANES: usize = memory.data(17 * 64, 16);

/** The packets: groups of four, whose headers have the same size. */
export const PACKETS: usize = memory.data(17 * 4 * 2304, 16);

/** Where the memory begins that nothing here uses. */
export const HEAP: usize = memory.data(16, 16);

const K0: i32 = 0x5a827999;
const K1: i32 = 0x6ed9eba1;
const K2: i32 = 0x8f1bbcdc;
const K3: i32 = 0xca62c1d6;

/** The chaining value, four lanes each. */
let h0: v128 = i32x4.splat(0);
let h1: v128 = i32x4.splat(0);
let h2: v128 = i32x4.splat(0);
let h3: v128 = i32x4.splat(0);
let h4: v128 = i32x4.splat(0);

@inline function rotate(x: v128, count: i32): v128 {
  return v128.or(i32x4.shl(x, count), i32x4.shr_u(x, 32 - count));
}

@inline function swapBytes(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

@inline function choose(b: v128, c: v128, d: v128): v128 {
  return v128.xor(d, v128.and(b, v128.xor(c, d)));
}

@inline function parity(b: v128, c: v128, d: v128): v128 {
  return v128.xor(b, v128.xor(c, d));
}

@inline function majority(b: v128, c: v128, d: v128): v128 {
  return v128.or(v128.and(b, c), v128.and(d, v128.or(b, c)));
}

/** What a round adds to e, beside the function of b, c and d. */
@inline function mix(a: v128, e: v128, k: i32, word: v128): v128 {
  return i32x4.add(rotate(a, 5), i32x4.add(i32x4.add(e, i32x4.splat(k)), word));
}

/** Makes the word that is 16 behind `first` in the schedule. */
@inline function expand(first: usize): v128 {
  const word = rotate(
    v128.xor(
      v128.xor(v128.load(first, 208), v128.load(first, 128)),
      v128.xor(v128.load(first, 32), v128.load(first)),
    ),
    1,
  );
  v128.store(first, word, 256);
  return word;
}

/** One block, whose 16 words are in SCHEDULE. */
function compress(): void {
  let a = h0, b = h1, c = h2, d = h3, e = h4;
  let w = SCHEDULE;
  for (let i = 0; i < 3; i++) {
    e = i32x4.add(mix(a, e, K0, v128.load(w, 0)), choose(b, c, d)); b = rotate(b, 30);
    d = i32x4.add(mix(e, d, K0, v128.load(w, 16)), choose(a, b, c)); a = rotate(a, 30);
    c = i32x4.add(mix(d, c, K0, v128.load(w, 32)), choose(e, a, b)); e = rotate(e, 30);
    b = i32x4.add(mix(c, b, K0, v128.load(w, 48)), choose(d, e, a)); d = rotate(d, 30);
    a = i32x4.add(mix(b, a, K0, v128.load(w, 64)), choose(c, d, e)); c = rotate(c, 30);
    w += 80;
  }
  w = SCHEDULE;
  e = i32x4.add(mix(a, e, K0, v128.load(w, 240)), choose(b, c, d)); b = rotate(b, 30);
  d = i32x4.add(mix(e, d, K0, expand(w)), choose(a, b, c)); a = rotate(a, 30);
  c = i32x4.add(mix(d, c, K0, expand(w + 16)), choose(e, a, b)); e = rotate(e, 30);
  b = i32x4.add(mix(c, b, K0, expand(w + 32)), choose(d, e, a)); d = rotate(d, 30);
  a = i32x4.add(mix(b, a, K0, expand(w + 48)), choose(c, d, e)); c = rotate(c, 30);
  for (let i = 0; i < 4; i++) {
    e = i32x4.add(mix(a, e, K1, expand(w + 64)), parity(b, c, d)); b = rotate(b, 30);
    d = i32x4.add(mix(e, d, K1, expand(w + 80)), parity(a, b, c)); a = rotate(a, 30);
    c = i32x4.add(mix(d, c, K1, expand(w + 96)), parity(e, a, b)); e = rotate(e, 30);
    b = i32x4.add(mix(c, b, K1, expand(w + 112)), parity(d, e, a)); d = rotate(d, 30);
    a = i32x4.add(mix(b, a, K1, expand(w + 128)), parity(c, d, e)); c = rotate(c, 30);
    w += 80;
  }
  for (let i = 0; i < 4; i++) {
    e = i32x4.add(mix(a, e, K2, expand(w + 64)), majority(b, c, d)); b = rotate(b, 30);
    d = i32x4.add(mix(e, d, K2, expand(w + 80)), majority(a, b, c)); a = rotate(a, 30);
    c = i32x4.add(mix(d, c, K2, expand(w + 96)), majority(e, a, b)); e = rotate(e, 30);
    b = i32x4.add(mix(c, b, K2, expand(w + 112)), majority(d, e, a)); d = rotate(d, 30);
    a = i32x4.add(mix(b, a, K2, expand(w + 128)), majority(c, d, e)); c = rotate(c, 30);
    w += 80;
  }
  for (let i = 0; i < 4; i++) {
    e = i32x4.add(mix(a, e, K3, expand(w + 64)), parity(b, c, d)); b = rotate(b, 30);
    d = i32x4.add(mix(e, d, K3, expand(w + 80)), parity(a, b, c)); a = rotate(a, 30);
    c = i32x4.add(mix(d, c, K3, expand(w + 96)), parity(e, a, b)); e = rotate(e, 30);
    b = i32x4.add(mix(c, b, K3, expand(w + 112)), parity(d, e, a)); d = rotate(d, 30);
    a = i32x4.add(mix(b, a, K3, expand(w + 128)), parity(c, d, e)); c = rotate(c, 30);
    w += 80;
  }
  h0 = i32x4.add(h0, a);
  h1 = i32x4.add(h1, b);
  h2 = i32x4.add(h2, c);
  h3 = i32x4.add(h3, d);
  h4 = i32x4.add(h4, e);
}

/** One word of each lane's HMAC state. */
@inline function gather(lanes: usize, offset: usize): v128 {
  let words = i32x4.splat(load<i32>(<usize>load<u32>(lanes, 4) + offset));
  words = i32x4.replace_lane(words, 1, load<i32>(<usize>load<u32>(lanes, 20) + offset));
  words = i32x4.replace_lane(words, 2, load<i32>(<usize>load<u32>(lanes, 36) + offset));
  return i32x4.replace_lane(words, 3, load<i32>(<usize>load<u32>(lanes, 52) + offset));
}

function loadState(lanes: usize, offset: usize): void {
  h0 = gather(lanes, offset);
  h1 = gather(lanes, offset + 4);
  h2 = gather(lanes, offset + 8);
  h3 = gather(lanes, offset + 12);
  h4 = gather(lanes, offset + 16);
}

/** Takes 64 bytes of each packet into SCHEDULE, big-endian words of four packets beside one another. */
function loadBlock(packet: usize): void {
  let out = SCHEDULE;
  for (let i = 0; i < 4; i++) {
    const a = v128.load(packet);
    const b = v128.load(packet, PACKET_STRIDE);
    const c = v128.load(packet, 2 * PACKET_STRIDE);
    const d = v128.load(packet, 3 * PACKET_STRIDE);
    const ab0 = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const ab1 = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cd0 = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const cd1 = i32x4.shuffle(c, d, 2, 6, 3, 7);
    v128.store(out, swapBytes(i64x2.shuffle(ab0, cd0, 0, 2)));
    v128.store(out, swapBytes(i64x2.shuffle(ab0, cd0, 1, 3)), 16);
    v128.store(out, swapBytes(i64x2.shuffle(ab1, cd1, 0, 2)), 32);
    v128.store(out, swapBytes(i64x2.shuffle(ab1, cd1, 1, 3)), 48);
    packet += 16;
    out += 64;
  }
}

/** The payload, encrypted, behind the header of one packet, and what SHA-1 wants at its end. */
function fill(packet: usize, lane: usize, headerSize: usize, payloadSize: usize): void {
  const keystream = <usize>load<u32>(lane);
  const payload = <usize>load<u32>(lane, 12);
  const out = packet + headerSize;
  for (let i: usize = 0; i < payloadSize; i += 16) {
    v128.store(out + i, v128.xor(v128.load(payload + i), v128.load(keystream + i)));
  }
  const size = headerSize + payloadSize;
  store<u32>(packet + size, bswap<u32>(load<u32>(lane, 8)));
  const end = ((size + 4 + 8) >> 6 << 6) + 64;
  store<u8>(packet + size + 4, 0x80);
  memory.fill(packet + size + 5, 0, end - size - 5);
  store<u32>(packet + end - 4, bswap<u32>((<u32>size + 68) << 3));
}

@inline function storeTag(packet: usize, a: i32, b: i32, c: i32): void {
  store<i32>(packet, a);
  store<i32>(packet, b, 4);
  store<i16>(packet, <i16>c, 8);
}

/** Encrypts payloads into the four packets of a group, behind their headers, and adds the tags. */
export function protect(group: i32, headerSize: i32, payloadSize: i32): void {
  const packet = PACKETS + <usize>group * 4 * PACKET_STRIDE;
  const lanes = LANES + <usize>group * 64;
  for (let i: usize = 0; i < 4; i++) {
    fill(packet + i * PACKET_STRIDE, lanes + i * 16, headerSize, payloadSize);
  }
  loadState(lanes, 0);
  const size = <usize>headerSize + <usize>payloadSize;
  const end = ((size + 4 + 8) >> 6 << 6) + 64;
  for (let offset: usize = 0; offset < end; offset += 64) {
    loadBlock(packet + offset);
    compress();
  }
  const w = SCHEDULE;
  v128.store(w, h0);
  v128.store(w, h1, 16);
  v128.store(w, h2, 32);
  v128.store(w, h3, 48);
  v128.store(w, h4, 64);
  v128.store(w, i32x4.splat(0x80000000), 80);
  for (let i: usize = 96; i < 240; i += 16) v128.store(w + i, i32x4.splat(0));
  v128.store(w, i32x4.splat((64 + 20) * 8), 240);
  loadState(lanes, 20);
  compress();
  const a = swapBytes(h0), b = swapBytes(h1), c = swapBytes(h2);
  const tag = packet + size;
  storeTag(tag, i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0), i32x4.extract_lane(c, 0));
  storeTag(
    tag + PACKET_STRIDE,
    i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1), i32x4.extract_lane(c, 1),
  );
  storeTag(
    tag + 2 * PACKET_STRIDE,
    i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2), i32x4.extract_lane(c, 2),
  );
  storeTag(
    tag + 3 * PACKET_STRIDE,
    i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3), i32x4.extract_lane(c, 3),
  );
}

/**
 * Writes counter blocks, blockCount for each of packetCount packets one after another.
 *
 * @param salt The salt, with the SSRC added, as big-endian words; the last has 16 bits.
 */
export function writeCounters(
  out: usize, blockCount: i32, packetCount: i32,
  salt0: i32, salt1: i32, salt2: i32, salt3: i32,
  rollover: i32, sequenceNumber: i32,
): void {
  const head = i32x4.replace_lane(i32x4.splat(bswap<i32>(salt0)), 1, bswap<i32>(salt1));
  for (let packet = 0; packet < packetCount; packet++) {
    const high = i32x4.replace_lane(head, 2, bswap<i32>(salt2 ^ rollover));
    const low = (salt3 ^ sequenceNumber) << 16;
    for (let block = 0; block < blockCount; block++) {
      v128.store(out, i32x4.replace_lane(high, 3, bswap<i32>(low | block)));
      out += 16;
    }
    sequenceNumber = (sequenceNumber + 1) & 0xffff;
    if (sequenceNumber == 0) rollover += 1;
  }
}
