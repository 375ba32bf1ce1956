/**
 * Goal: what is a yes is one for SRS too, and nothing else is; what may go well the next time is told
 * from what will not.
 *
 * Method: a table of statuses and bodies.
 */

import { describe, expect, test } from "vitest";
import {
  HookError,
  readForwardUrls,
  readHookAnswer,
} from "../../../src/services/hooks/hook-answer.ts";

function faultOf(status: number, body: string): string {
  try {
    readHookAnswer(status, body);
    return "yes";
  } catch (error) {
    return error instanceof HookError ? error.fault : String(error);
  }
}

describe("an answer", () => {
  test.each([
    [200, "0", "yes"],
    [201, "0", "yes"],
    [200, '{"code":0}', "yes"],
    [201, '{"code":0,"data":{"a":1}}', "yes"],
    [200, ' {"msg": "fine", "code": 0}\n', "yes"],
    [200, '{"code":1}', "refused"],
    [200, '{"code":-1}', "refused"],
    [201, '{"code":403,"msg":"no"}', "refused"],
    [200, "1", "wrong"],
    [200, '"0"', "wrong"],
    [200, "0\n", "wrong"],
    [200, "00", "wrong"],
    [200, '{"code":"0"}', "wrong"],
    [200, '{"code":0.5}', "wrong"],
    [200, '{"code":null}', "wrong"],
    [200, '{"code":false}', "wrong"],
    [200, '{"a":1}', "wrong"],
    [200, "{}", "wrong"],
    [200, '[{"code":0}]', "wrong"],
    [200, "null", "wrong"],
    [200, "", "wrong"],
    [200, "ok", "wrong"],
    [200, "<html>", "wrong"],
    [200, '{"code":0', "wrong"],
    [200, '{"code":0}}', "wrong"],
    [200, '\ufeff{"code":0}', "wrong"],
    [202, "0", "wrong"],
    [204, "", "wrong"],
    [302, '{"code":0}', "wrong"],
    [401, '{"code":0}', "wrong"],
    [404, "0", "wrong"],
    [500, '{"code":0}', "unsettled"],
    [503, "0", "unsettled"],
  ])("%i %j: %s", (status, body, expected) => {
    expect(faultOf(status, body)).toBe(expected);
  });
});

test.each([
  [
    '{"code":0,"data":{"urls":["rtmp://a/live","rtmp://b/live"]}}',
    ["rtmp://a/live", "rtmp://b/live"],
  ],
  ['{"code":0,"data":{"urls":[]}}', []],
  ['{"code":0,"data":{"urls":[1,null,"rtmp://a/live"]}}', ["rtmp://a/live"]],
  ['{"code":0,"data":{"urls":"rtmp://a/live"}}', []],
  ['{"code":0,"data":null}', []],
  ['{"code":0}', []],
  ["0", []],
])("the destinations in %s", (body, expected) => {
  expect(readForwardUrls(readHookAnswer(200, body))).toEqual(expected);
});
