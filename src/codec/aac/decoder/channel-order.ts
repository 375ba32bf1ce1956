/**
 * The order of channels: as AAC codes them, and as others expect them.
 *
 * Spec: ISO/IEC 14496-3, 1.6.3.5 (table 1.19, channelConfiguration); the order of WAVE files is that
 * of Microsoft's WAVEFORMATEXTENSIBLE.
 *
 * @module
 */

/** By count of channels: which of the coded channels comes first, second and so on. */
const WAVE_ORDER: readonly (readonly number[])[] = [
  [],
  [0],
  [0, 1],
  [1, 2, 0], // Left, right, center.
  [1, 2, 0, 3], // And back center.
  [1, 2, 0, 3, 4], // And back left and right.
  [1, 2, 0, 5, 3, 4], // Low frequency before them.
  [1, 2, 0, 6, 5, 3, 4], // Back center behind low frequency: 6.1.
  [1, 2, 0, 7, 5, 6, 3, 4], // Back before side: 7.1.
];

/** Puts up to eight channels, coded with the center first and low frequency last, in WAVE's order. */
export function toWaveOrder<Channel>(coded: readonly Channel[]): Channel[] {
  const order = WAVE_ORDER[coded.length] ?? [];
  return order.flatMap((index) => coded[index] ?? []);
}
