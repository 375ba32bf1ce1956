/**
 * IP addresses as bytes: 4 or 16 of them. What IPv6 has for an IPv4 address is that address.
 *
 * Spec: RFC 4291, sections 2.2 and 2.5.5.2 (IPv4-mapped addresses).
 *
 * @module
 */

/** `::ffff:0:0/96` */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}

/** Spec: RFC 4291, section 2.2, with an optional zone (RFC 4007, section 11). */
export function isIpv6(text: string): boolean {
  const [address = "", zone] = text.split("%", 2);
  if (zone === "" || !address.includes(":")) return false;
  const halves = address.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const hasIpv4 = last.includes(".");
  if (hasIpv4 && (!isIpv4(last) || halves.at(-1) === "")) return false;
  const hexGroups = hasIpv4 ? groups.slice(0, -1) : groups;
  if (!hexGroups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return false;
  const count = hexGroups.length + (hasIpv4 ? 2 : 0);
  return halves.length === 2 ? count <= 7 : count === 8;
}

/** @returns `undefined` if `text` is none. A zone, such as `%eth0`, is left out. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  const bytes = parseBytes(text);
  return bytes !== undefined && isMapped(bytes) ? bytes.subarray(MAPPED.length) : bytes;
}

/** An address of a family, or a part of all of them. */
export interface IpRange {
  readonly bytes: Uint8Array;
  /** How many bits of it count. */
  readonly bits: number;
}

/** Parses an address, or `address/bits`. @returns `undefined` if `text` is none. */
export function parseIpRange(text: string): IpRange | undefined {
  const [address = "", bitsText] = text.split("/", 2);
  const bytes = parseBytes(address);
  if (bytes === undefined) return undefined;
  const bits = bitsText === undefined ? bytes.length * 8 : Number(bitsText);
  const mappedBits = MAPPED.length * 8;
  return isMapped(bytes) && bits >= mappedBits
    ? { bytes: bytes.subarray(MAPPED.length), bits: bits - mappedBits }
    : { bytes, bits };
}

/** Whether an address is in the range. One of the other family never is. */
export function isInRange(address: Uint8Array, { bytes, bits }: IpRange): boolean {
  if (address.length !== bytes.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== bytes[i]) return false;
  const mask = (0xff00 >> (bits & 7)) & 0xff;
  return ((address[whole] ?? 0) & mask) === ((bytes[whole] ?? 0) & mask);
}

/** The one way to write an address. Spec: RFC 5952, section 4. */
export function formatIpAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const [start, length] = longestZeros(groups);
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

/** The first of the longest runs. */
function longestZeros(groups: readonly string[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  let length = 0;
  groups.forEach((group, index) => {
    length = group === "0" ? length + 1 : 0;
    if (length > best[1]) best = [index + 1 - length, length];
  });
  return best;
}

function parseBytes(text: string): Uint8Array | undefined {
  if (isIpv4(text)) return Uint8Array.from(text.split("."), Number);
  if (!isIpv6(text)) return undefined;
  const [address = ""] = text.split("%", 1);
  const [before = [], after] = address.split("::").map(toBytes);
  const bytes = new Uint8Array(16);
  bytes.set(before);
  if (after !== undefined) bytes.set(after, 16 - after.length);
  return bytes;
}

/** Of groups between colons, the last of which may be an IPv4 address. */
function toBytes(groups: string): number[] {
  if (groups === "") return [];
  return groups.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.length === 16 && MAPPED.every((byte, index) => bytes[index] === byte);
}
