/**
 * Goal: what a server says it can do is what its settings do.
 *
 * Method: settings that are planned, those that are not, and one that has no effect.
 */

import { expect, test } from "vitest";
import { isSupported } from "../../src/config/is-supported.ts";
import { SETTINGS } from "../../src/config/settings/table.ts";

test("a block, and a setting inside, unless either is planned", () => {
  expect(isSupported(["http_api"])).toBe(true);
  expect(isSupported(["limits", "send_buffer"])).toBe(true);
  const planned = SETTINGS.items.filter((item) => item.planned !== undefined);
  expect(planned.length).toBeGreaterThan(0);
  for (const { name } of planned) expect(isSupported([name]), name).toBe(false);
  for (const item of planned) {
    if (item.kind === "block") {
      const [inner] = item.items;
      expect(isSupported([item.name, inner?.name ?? ""]), item.name).toBe(false);
    }
  }
});

test("what has no effect is not supported", () => {
  expect(isSupported(["vhosts", "publish", "mr"])).toBe(false);
  expect(isSupported(["http_api", "crossdomain"])).toBe(false);
});

test("what there is not cannot be asked for", () => {
  expect(() => isSupported(["vhosts", "telepathy"])).toThrow();
});
