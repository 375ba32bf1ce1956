/**
 * A picture with the time in it, which survives encoding, scaling and decoding.
 *
 * ```text
 *  20 pixels each, 1 is white, high bits first
 * +----+----+----+----+----+----+----+----+----+----+----+----+----+----+----+----+
 * | time in milliseconds, modulo 2^24: bits 23 to 8                               |
 * +----+----+----+----+----+----+----+----+----+----+----+----+----+----+----+----+
 * | bits 7 to 0                           | check: its three bytes and 5a, XORed  |
 * +----+----+----+----+----+----+----+----+----+----+----+----+----+----+----+----+
 * | a bar that goes round in four seconds, so that encoders have something to do  |
 * ```
 *
 * `player-pages/player-page.js` reads it.
 *
 * @module
 */

export const CLOCK_WIDTH = 320;
export const CLOCK_HEIGHT = 180;

const COLUMNS = 16;
const BLOCK_SIZE = 20;
const CLOCK_BITS = 24;
const CHECK_BITS = 8;
const CHECK_SEED = 0x5a;
const WHITE = 255;
const GREY = 128;

const BAR_TOP = 60;
const BAR_WIDTH = 40;
const BAR_PERIOD_MS = 4000;

/** Draws a picture, one byte a pixel. */
export function drawClock(timeMs: number): Uint8Array {
  const pixels = new Uint8Array(CLOCK_WIDTH * CLOCK_HEIGHT).fill(GREY);
  const time = timeMs % 2 ** CLOCK_BITS;
  const check = ((time >> 16) ^ (time >> 8) ^ time ^ CHECK_SEED) & 0xff;
  for (let i = 0; i < CLOCK_BITS + CHECK_BITS; i++) {
    const bit =
      i < CLOCK_BITS
        ? (time >> (CLOCK_BITS - 1 - i)) & 1
        : (check >> (CLOCK_BITS + CHECK_BITS - 1 - i)) & 1;
    const x = (i % COLUMNS) * BLOCK_SIZE;
    const y = Math.floor(i / COLUMNS) * BLOCK_SIZE;
    fill(pixels, { x, y, width: BLOCK_SIZE, height: BLOCK_SIZE }, bit * WHITE);
  }
  const x = Math.floor(((timeMs % BAR_PERIOD_MS) / BAR_PERIOD_MS) * (CLOCK_WIDTH - BAR_WIDTH));
  fill(pixels, { x, y: BAR_TOP, width: BAR_WIDTH, height: CLOCK_HEIGHT - BAR_TOP }, WHITE);
  return pixels;
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function fill(pixels: Uint8Array, { x, y, width, height }: Area, value: number): void {
  for (let row = y; row < y + height; row++) {
    pixels.fill(value, row * CLOCK_WIDTH + x, row * CLOCK_WIDTH + x + width);
  }
}
