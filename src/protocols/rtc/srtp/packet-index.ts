/**
 * The index of an RTP packet, of which the packet itself holds the low 16 bits.
 *
 * Spec: RFC 3711, section 3.3.1 and appendix A.
 *
 * @module
 */

const SEQUENCE_COUNT = 0x1_0000;

/** The packet index has 48 bits: after that many packets the keys are used up. */
export const PACKET_INDEX_COUNT: number = 2 ** 48;

/**
 * Guesses an index: that with the sequence number which is nearest to `highest`, the highest so far,
 * or -1. `undefined` if it would be before the first packet or behind the last one of the keys.
 */
export function estimatePacketIndex(sequenceNumber: number, highest: number): number | undefined {
  if (highest < 0) return sequenceNumber;
  const highestSequenceNumber = highest % SEQUENCE_COUNT;
  const sameRound = highest - highestSequenceNumber + sequenceNumber;
  const difference = sequenceNumber - highestSequenceNumber;
  const isBefore = difference > SEQUENCE_COUNT / 2;
  const isAfter = difference < -SEQUENCE_COUNT / 2;
  const index = sameRound + (isAfter ? SEQUENCE_COUNT : isBefore ? -SEQUENCE_COUNT : 0);
  return index >= 0 && index < PACKET_INDEX_COUNT ? index : undefined;
}
