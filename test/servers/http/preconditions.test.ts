/**
 * Goal: conditions are judged as RFC 9110, section 13, has it.
 *
 * Method: a table of fields for a file with a weak tag, one with a strong tag, and one without a date.
 */

import { describe, expect, test } from "vitest";
import { HeaderFields } from "../../../src/codec/http/header-fields.ts";
import {
  checkPreconditions,
  formatHttpDate,
  isRangeWanted,
  parseHttpDate,
} from "../../../src/servers/http/preconditions.ts";

const DATE = "Sun, 06 Nov 1994 08:49:37 GMT"; // The example of section 5.6.7.
const EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT";
const LATER = "Sun, 06 Nov 1994 08:49:38 GMT";
const MODIFIED_MS = 784_111_777_000 + 500;

const WEAK = { etag: 'W/"a"', modifiedMs: MODIFIED_MS };
const STRONG = { etag: '"a"', modifiedMs: MODIFIED_MS };
const DATELESS = { etag: '"a"', modifiedMs: undefined };

describe("checkPreconditions()", () => {
  test.each([
    [WEAK, {}, undefined],
    [WEAK, { "If-None-Match": 'W/"a"' }, 304],
    [WEAK, { "If-None-Match": '"a"' }, 304],
    [STRONG, { "If-None-Match": 'W/"a"' }, 304],
    [WEAK, { "If-None-Match": '"b", W/"c,d" , W/"a"' }, 304],
    [WEAK, { "If-None-Match": "*" }, 304],
    [WEAK, { "If-None-Match": '"b"' }, undefined],
    [WEAK, { "If-None-Match": "a" }, undefined],
    [WEAK, { "If-None-Match": "" }, undefined],
    [WEAK, { "If-Modified-Since": DATE }, 304],
    [WEAK, { "If-Modified-Since": LATER }, 304],
    [WEAK, { "If-Modified-Since": EARLIER }, undefined],
    [WEAK, { "If-Modified-Since": "yesterday" }, undefined],
    [DATELESS, { "If-Modified-Since": DATE }, undefined],
    [WEAK, { "If-None-Match": '"b"', "If-Modified-Since": DATE }, undefined],
    [STRONG, { "If-Match": '"a"' }, undefined],
    [STRONG, { "If-Match": "*" }, undefined],
    [STRONG, { "If-Match": '"b"' }, 412],
    [WEAK, { "If-Match": 'W/"a"' }, 412],
    [WEAK, { "If-Unmodified-Since": DATE }, undefined],
    [WEAK, { "If-Unmodified-Since": EARLIER }, 412],
    [WEAK, { "If-Unmodified-Since": "yesterday" }, undefined],
    [STRONG, { "If-Match": '"a"', "If-Unmodified-Since": EARLIER }, undefined],
    [STRONG, { "If-Match": '"a"', "If-None-Match": '"a"' }, 304],
  ])("of %j with %j is %s", (validators, fields, status) => {
    expect(checkPreconditions(new HeaderFields(Object.entries(fields)), validators)).toBe(status);
  });
});

describe("isRangeWanted()", () => {
  test.each([
    [WEAK, {}, true],
    [STRONG, { "If-Range": '"a"' }, true],
    [STRONG, { "If-Range": '"b"' }, false],
    [WEAK, { "If-Range": 'W/"a"' }, false],
    [WEAK, { "If-Range": DATE }, true],
    [WEAK, { "If-Range": LATER }, false],
    [DATELESS, { "If-Range": DATE }, false],
  ])("of %j with %j is %s", (validators, fields, isWanted) => {
    expect(isRangeWanted(new HeaderFields(Object.entries(fields)), validators)).toBe(isWanted);
  });
});

describe("dates", () => {
  test("are those of the specification", () => {
    expect(formatHttpDate(784_111_777_999)).toBe(DATE);
    expect(parseHttpDate(DATE)).toBe(784_111_777_000);
  });

  test.each([
    "",
    "0",
    "1994-11-06T08:49:37Z",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    `${DATE} `,
    "Sun, 06 Foo 1994 08:49:37 GMT",
  ])("are not %j", (text) => {
    expect(parseHttpDate(text)).toBeUndefined();
  });
});
