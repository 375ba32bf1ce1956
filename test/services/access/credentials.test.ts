/**
 * Goal: what clients can say in their protocol is understood, and of several things one is looked at.
 *
 * Method: a table of queries, as RTMP and HTTP have them, and of fields.
 */

import { expect, test } from "vitest";
import { findCredentials } from "../../../src/services/access/credentials.ts";

const BASIC = `Basic ${btoa("alice:pass:word")}`;

test.each([
  ["", undefined, undefined],
  ["?a=b", undefined, undefined],
  ["?token=a.b.c", undefined, { kind: "token", token: "a.b.c" }],
  ["?vhost=a?token=a.b.c", undefined, { kind: "token", token: "a.b.c" }],
  ["#token=a.b.c", undefined, { kind: "token", token: "a.b.c" }],
  ["?token=", undefined, { kind: "token", token: "" }],
  ["", "Bearer a.b.c", { kind: "token", token: "a.b.c" }],
  ["", "bearer  a.b.c", { kind: "token", token: "a.b.c" }],
  ["", "Bearer", undefined],
  ["", "Bearer a b", undefined],
  ["?token=a", "Bearer b", { kind: "token", token: "a" }],
  ["?user=alice&password=a%26b", undefined, { kind: "password", name: "alice", password: "a&b" }],
  ["?user=alice", undefined, { kind: "password", name: "alice", password: "" }],
  ["", BASIC, { kind: "password", name: "alice", password: "pass:word" }],
  ["", `Basic ${btoa("alice")}`, undefined],
  ["", "Basic !", undefined],
  ["", "Digest a", undefined],
  ["?token=a&user=alice", BASIC, { kind: "token", token: "a" }],
])("%j with %j", (param, authorization, expected) => {
  expect(findCredentials(param, authorization)).toEqual(expected);
});

test("a signature comes first", () => {
  const found = findCredentials("?token=a&sign=b&expires=1", BASIC);
  expect(found?.kind).toBe("signature");
});
