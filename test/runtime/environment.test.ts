/**
 * Goal: a variable that was meant for this process alone can be taken out of what its children get.
 *
 * Method: a variable that every machine has, and one that none has.
 */

import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";

const { host, name } = await createRuntime();

test(`a variable that is taken is there no more (${name})`, () => {
  const { PATH } = host.environment;
  expect(PATH).toMatch(/bin/);
  expect(host.takeVariable("PATH")).toBe(PATH);
  expect(host.environment).not.toHaveProperty("PATH");
  expect(host.takeVariable("PATH")).toBeUndefined();
  expect(host.takeVariable("SLUICE_NO_SUCH_VARIABLE")).toBeUndefined();
});

test(`cores are those that the process may use (${name})`, () => {
  expect(host.coreCount).toBe(availableParallelism());
  expect(host.coreCount).toBeGreaterThan(0);
});
