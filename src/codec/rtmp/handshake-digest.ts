/**
 * The digests that hide among the random bytes of the RTMP handshake.
 *
 * Spec: none; the places and the keys are those that Flash Player 9 and later check.
 *
 * @module
 */

/** What the handshake needs; the runtime port's Crypto has it. */
export interface HandshakeCrypto {
  randomBytes(size: number): Uint8Array;
  hmac(name: "sha256", key: Uint8Array, data: Uint8Array): Uint8Array;
}

/**
 * Where the digest lies. Each packet has 8 bytes of time and version and two blocks of 764: 0 has
 * the digest in the second of them, 1 in the first.
 */
export type DigestSchema = 0 | 1;

/** One side's key: its name signs packets, name and suffix together sign answers. */
export interface HandshakeKey {
  readonly name: Uint8Array;
  readonly whole: Uint8Array;
}

const DIGEST_SIZE = 32;
/** 764 bytes, less the 4 that say where the digest lies and the digest itself. */
const PLACES = 728;
const BLOCK_OFFSETS = [772, 8] as const;

// biome-ignore format: four rows of eight
const KEY_SUFFIX = Uint8Array.of(
  0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8,
  0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e, 0x57,
  0x6e, 0xec, 0x5d, 0x2d, 0x29, 0x80, 0x6f, 0xab,
  0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb, 0x31, 0xae,
);

export const SERVER_KEY: HandshakeKey = createKey("Genuine Adobe Flash Media Server 001");
export const CLIENT_KEY: HandshakeKey = createKey("Genuine Adobe Flash Player 001");

/** Looks for the digest that only `key` can have made, first by schema 0. */
export function findDigest(
  crypto: HandshakeCrypto,
  packet: Uint8Array,
  key: HandshakeKey,
): { schema: DigestSchema; digest: Uint8Array } | undefined {
  for (const schema of [0, 1] as const) {
    const offset = digestOffset(packet, schema);
    const digest = packet.subarray(offset, offset + DIGEST_SIZE);
    if (isEqual(digest, digestOf(crypto, packet, key, offset))) return { schema, digest };
  }
  return undefined;
}

/** Puts the digest of all other bytes into `packet`. */
export function writeDigest(
  crypto: HandshakeCrypto,
  packet: Uint8Array,
  key: HandshakeKey,
  schema: DigestSchema,
): void {
  const offset = digestOffset(packet, schema);
  packet.set(digestOf(crypto, packet, key, offset), offset);
}

/** Signs C2 or S2 in its last bytes, for the peer whose digest in C1 or S1 it answers. */
export function signAnswer(
  crypto: HandshakeCrypto,
  packet: Uint8Array,
  key: HandshakeKey,
  peerDigest: Uint8Array,
): void {
  const offset = packet.length - DIGEST_SIZE;
  const answerKey = crypto.hmac("sha256", key.whole, peerDigest);
  packet.set(crypto.hmac("sha256", answerKey, packet.subarray(0, offset)), offset);
}

/** The first four bytes of the block add up to where the digest lies behind them. */
function digestOffset(packet: Uint8Array, schema: DigestSchema): number {
  const block = BLOCK_OFFSETS[schema];
  let sum = 0;
  for (let i = 0; i < 4; i++) sum += packet[block + i] ?? 0;
  return block + 4 + (sum % PLACES);
}

function digestOf(
  crypto: HandshakeCrypto,
  packet: Uint8Array,
  key: HandshakeKey,
  offset: number,
): Uint8Array {
  const rest = new Uint8Array(packet.length - DIGEST_SIZE);
  rest.set(packet.subarray(0, offset));
  rest.set(packet.subarray(offset + DIGEST_SIZE), offset);
  return crypto.hmac("sha256", key.name, rest);
}

function createKey(text: string): HandshakeKey {
  const name = new TextEncoder().encode(text);
  const whole = new Uint8Array(name.length + KEY_SUFFIX.length);
  whole.set(name);
  whole.set(KEY_SUFFIX, name.length);
  return { name, whole };
}

/** The keys are public: time gives nothing away. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
