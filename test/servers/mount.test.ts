/**
 * Goal: a mount pattern finds app and stream in a path, and finds nothing where a name is not safe.
 *
 * Method: a table of patterns and paths.
 */

import { expect, test } from "vitest";
import type { LiveExtension } from "../../src/config/live-extension.ts";
import { Mount } from "../../src/servers/http-live/mount.ts";

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
  expect(match).toEqual(expected && { ...expected, extension: "flv" });
});

test.each<[pattern: string, extensions: readonly LiveExtension[], matching: string]>([
  ["[vhost]/[app]/[stream].flv", [], "flv"],
  ["[vhost]/[app]/[stream].ts", [], "ts"],
  ["[vhost]/[app]/[stream].flv", ["ts", "flv"], "flv ts"],
  ["[vhost]/[app]/[stream].aac", ["flv", "mp3"], "flv aac mp3"],
])("%s with %j is served as %s", (pattern, extensions, matching) => {
  const mount = new Mount(pattern, extensions);
  const all = ["flv", "ts", "aac", "mp3", "m3u8", "flvx", ""];
  const matches = all.map((extension) => mount.match(`/live/show.${extension}`)?.extension);
  expect(matches.filter((extension) => extension !== undefined).join(" ")).toBe(matching);
});
