/**
 * The ids by which the HTTP API and hooks name streams and vhosts, of SRS's form.
 *
 * @module
 */

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
/** As in SRS. 36^7 ids: of 10,000 streams, two have the same once in 1,500 starts. */
const LENGTH = 7;

/**
 * Makes the id of the stream called `url`: every process of a service makes the same, and the next
 * service, after a restart, another.
 */
export function createStreamId(serviceId: string, url: string): string {
  return `vid-${toId(`${serviceId} stream ${url}`)}`;
}

export function createVhostId(serviceId: string, vhost: string): string {
  return `vid-${toId(`${serviceId} vhost ${vhost}`)}`;
}

function toId(text: string): string {
  let hash = fnv1a(text);
  let id = "";
  while (id.length < LENGTH) {
    id += ALPHABET.charAt(Number(hash % 36n));
    hash /= 36n;
  }
  return id;
}

/** FNV-1a with 64 bits (RFC 9923): even, fast, and not meant to resist anybody. */
function fnv1a(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}
