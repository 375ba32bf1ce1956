/**
 * Goal: scripts that share a page of figures replace their own section and leave the others alone.
 *
 * Method: pages before and after.
 */

import { expect, test } from "vitest";
import { replaceSection } from "../../scripts/bench/sections.ts";

const PAGE = "# Title\n\n## One\n\nfirst\n\n### Part\n\nmore\n\n## Two\n\nsecond\n";

test.each([
  ["the first", PAGE, "## One\n\nnew\n", "# Title\n\n## One\n\nnew\n\n## Two\n\nsecond\n"],
  ["the last", PAGE, "## Two\n\nnew\n", PAGE.replace("second", "new")],
  ["a new one", PAGE, "## Three\n\nthird\n", `${PAGE}\n## Three\n\nthird\n`],
  ["one whose name begins alike", PAGE, "## On\n\nnew\n", `${PAGE}\n## On\n\nnew\n`],
  ["the only one", "", "## One\n\nfirst\n", "# Title\n\n## One\n\nfirst\n"],
])("%s", (_, page, section, expected) => {
  expect(replaceSection(page, "Title", section)).toBe(expected);
});
