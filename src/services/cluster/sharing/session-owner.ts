/**
 * Which of the workers has a WebRTC session: the name that it has for ICE says so by its first two
 * characters, a number to the base of 36. A name that a client has chosen has an owner too, who is to
 * open the session.
 *
 * @module
 */

const BASE = 36;

/** How names begin that `worker` makes. */
export function ufragPrefix(worker: number): string {
  return worker.toString(BASE).padStart(2, "0");
}

/** @param workerCount Of all workers; at most 1,296. */
export function workerOfUfrag(ufrag: string, workerCount: number): number {
  return (digitOf(ufrag[0]) * BASE + digitOf(ufrag[1])) % workerCount;
}

/** Any other character of ICE counts for something as well. */
function digitOf(character = "0"): number {
  const value = Number.parseInt(character, BASE);
  const isOurs = !Number.isNaN(value) && character === character.toLowerCase();
  return isOurs ? value : character.charCodeAt(0) % BASE;
}
