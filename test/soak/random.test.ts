/**
 * Goal: the choices of a soak test are the same again with the same seed, whatever else goes on.
 *
 * Method: generators of one seed, of which others are made and used in another order.
 */

import { expect, test } from "vitest";
import { Random } from "../../scripts/soak/random.ts";

const draw = (random: Random): number[] => Array.from({ length: 50 }, () => random.integer(1_000));

test("the same seed makes the same numbers, another one others", () => {
  expect(draw(new Random(7))).toEqual(draw(new Random(7)));
  expect(draw(new Random(7))).not.toEqual(draw(new Random(8)));
});

const forkTwice = (random: Random): [Random, Random] => [random.fork(), random.fork()];

test("forks do not depend on each other, nor on when they are used", () => {
  const [first, second] = forkTwice(new Random(7));
  const [sameFirst, sameSecond] = forkTwice(new Random(7));
  const ofSecond = draw(second);
  const ofFirst = draw(first);
  expect(draw(sameFirst)).toEqual(ofFirst);
  expect(draw(sameSecond)).toEqual(ofSecond);
  expect(ofFirst).not.toEqual(ofSecond);
});

test("a fork does not go on as its parent does", () => {
  const parent = new Random(1);
  const fork = parent.fork();
  expect(draw(fork)).not.toEqual(draw(parent));
});
