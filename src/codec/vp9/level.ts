/**
 * Levels of VP9. The bitstream does not say its level, and not every publisher does.
 *
 * Spec: VP9 Levels (The WebM Project, "VP9 Levels and Decoder Testing"), the table of levels.
 *
 * @module
 */

/** Level (ten times), luma samples a second, luma samples of a picture, longer side. */
const LEVELS: readonly (readonly [number, number, number, number])[] = [
  [10, 829_440, 36_864, 512],
  [11, 2_764_800, 73_728, 768],
  [20, 4_608_000, 122_880, 960],
  [21, 9_216_000, 245_760, 1344],
  [30, 20_736_000, 552_960, 2048],
  [31, 36_864_000, 983_040, 2752],
  [40, 83_558_400, 2_228_224, 4160],
  [41, 160_432_128, 2_228_224, 4160],
  [50, 311_951_360, 8_912_896, 8384],
  [51, 588_251_136, 8_912_896, 8384],
  [52, 1_176_502_272, 8_912_896, 8384],
  [60, 1_176_502_272, 35_651_584, 16_832],
  [61, 2_353_004_544, 35_651_584, 16_832],
  [62, 4_706_009_088, 35_651_584, 16_832],
];
const LEVEL_MAX = 62;

/** The lowest level (ten times) that has room for such pictures; the highest, if none has. */
export function lowestVp9Level(width: number, height: number, frameRate: number): number {
  const pictureSize = width * height;
  const level = LEVELS.find(
    ([, rateMax, pictureMax, sideMax]) =>
      pictureSize * frameRate <= rateMax &&
      pictureSize <= pictureMax &&
      Math.max(width, height) <= sideMax,
  );
  return level?.[0] ?? LEVEL_MAX;
}
