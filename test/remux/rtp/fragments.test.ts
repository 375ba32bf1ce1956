/**
 * Goal: what is too large for a packet is cut into as few pieces as possible, which can be sent together.
 *
 * Method: all sizes up to some packets of every size.
 */

import { expect, test } from "vitest";
import { cutEvenly } from "../../../src/remux/rtp/fragments.ts";

function cut(size: number, sizeMax: number): number[][] {
  const pieces: number[][] = [];
  cutEvenly(size, sizeMax, (start, end) => void pieces.push([start, end]));
  return pieces;
}

test("all pieces are of one size but the last, which is not longer", () => {
  expect(cut(10, 4)).toEqual([
    [0, 4],
    [4, 8],
    [8, 10],
  ]);
  expect(cut(9, 4)).toEqual([
    [0, 3],
    [3, 6],
    [6, 9],
  ]);
  expect(cut(4, 4)).toEqual([[0, 4]]);
});

test("whatever the size: as few as possible, none too large or empty, and nothing between them", () => {
  const wrong: string[] = [];
  for (let sizeMax = 1; sizeMax <= 40; sizeMax++) {
    for (let size = 1; size <= 12 * sizeMax; size++) {
      const pieces = cut(size, sizeMax);
      const sizes = pieces.map(([start = 0, end = 0]) => end - start);
      const [first = 0, last = 0] = [sizes[0], sizes.at(-1)];
      const isWhole = pieces.every(([start], i) => start === (pieces[i - 1]?.[1] ?? 0));
      const isEven = sizes.slice(0, -1).every((one) => one === first) && last <= first;
      const isLastKept = last > 0 && first - last < pieces.length;
      const isRight = pieces.length === Math.ceil(size / sizeMax) && first <= sizeMax;
      if (!(isWhole && isEven && isLastKept && isRight && pieces.at(-1)?.[1] === size)) {
        wrong.push(`${size} by ${sizeMax}: ${sizes.join()}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
