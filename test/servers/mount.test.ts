/**
 * Goal: a mount pattern finds app and stream in a path, and finds nothing where a name is not safe.
 *
 * Method: a table of patterns and paths.
 */

import { expect, test } from "vitest";
import { Mount } from "../../src/servers/http-flv/mount.ts";

test.each([
  ["[vhost]/[app]/[stream].flv", "/live/show.flv", { app: "live", stream: "show" }],
  ["[vhost]/[app]/[stream].flv", "/live/a.b.flv", { app: "live", stream: "a.b" }],
  ["[vhost]/[app]/[stream].flv", "/a/b/show.flv", { app: "a/b", stream: "show" }],
  ["[vhost]/[app]/[stream].flv", "/live/中文 🎥.flv", { app: "live", stream: "中文 🎥" }],
  ["[vhost]/[app]/[stream].flv", "/show.flv", undefined],
  ["[vhost]/[app]/[stream].flv", "/live/show.ts", undefined],
  ["[vhost]/[app]/[stream].flv", "/live/showxflv", undefined],
  ["[vhost]/[app]/[stream].flv", "/live/.flv", undefined],
  ["[vhost]/[app]/[stream].flv", "/live/../show.flv", undefined],
  ["[vhost]/[app]/[stream].flv", "/live//show.flv", undefined],
  ["[vhost]/[app]/[stream].flv", `/live/${"x".repeat(1_000)}.flv`, undefined],
  ["[vhost]/hdl/[stream].flv", "/hdl/show.flv", { app: "hdl", stream: "show" }],
  ["cdn.example.com/[app]/[stream].flv", "/live/show.flv", { app: "live", stream: "show" }],
  ["[vhost]/[app]/[stream](hd)+.flv", "/live/show(hd)+.flv", { app: "live", stream: "show" }],
])("%s %s", (pattern, path, expected) => {
  const match = new Mount(pattern).match(path);
  expect(match === undefined ? undefined : { ...match }).toEqual(expected);
});
