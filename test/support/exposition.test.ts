/**
 * Goal: the reader of Prometheus's format finds what is wrong.
 *
 * Method: a text that is right, and the same with one fault each.
 */

import { expect, test } from "vitest";
import { parseExposition } from "./exposition.ts";

const RIGHT = [
  "# HELP a_total Some \\\\ help.",
  "# TYPE a_total counter",
  'a_total{x="\\"\\n\\\\"} 1.5',
  "# HELP b Time.",
  "# TYPE b histogram",
  'b_bucket{le="0.1"} 2',
  'b_bucket{le="+Inf"} 3',
  "b_sum 4",
  "b_count 3",
  "",
].join("\n");

test("what is right", () => {
  const [a, b] = parseExposition(RIGHT);
  expect(a).toEqual({
    name: "a_total",
    type: "counter",
    help: "Some \\ help.",
    samples: [{ name: "a_total", labels: { x: '"\n\\' }, value: 1.5 }],
  });
  expect(b?.samples.map(({ value }) => value)).toEqual([2, 3, 4, 3]);
});

test.each([
  ["no end of the last line", "b_count 3\n", "b_count 3"],
  ["no type", "# TYPE b histogram\n", ""],
  ["a type without help", "# HELP b Time.\n", ""],
  ["an unknown type", "b histogram", "b summary"],
  ["a counter that is not called so", /a_total/g, "a"],
  ["a family twice", /\bb(?=[ _])/g, "a_total"],
  ["a quote", '\\"', '"'],
  ["a backslash", "\\\\", "\\"],
  ["an unknown escape", '\\"', "\\t"],
  ["a label without quotes", '"0.1"', "0.1"],
  ["a negative counter", "1.5", "-1.5"],
  ["no number", "1.5", "1.5.5"],
  ["another family's sample", "b_sum 4", "c_sum 4"],
  ["a sample twice", "b_sum 4", "b_sum 4\nb_sum 4"],
  ["falling buckets", '0.1"} 2', '0.1"} 5'],
  ["a wrong count", "b_count 3", "b_count 4"],
  ["no last bucket", "+Inf", "7"],
])("%s", (_, before, after) => {
  const wrong = RIGHT.replace(before, after);
  expect(wrong).not.toBe(RIGHT);
  expect(() => parseExposition(wrong)).toThrow(Error);
});
