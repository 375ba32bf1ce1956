/**
 * Goal: files are announced as players and browsers expect, and as SRS announces them.
 *
 * Method: a table of names.
 */

import { describe, expect, test } from "vitest";
import { cacheControlOf, mediaTypeOf } from "../../../src/servers/http/media-types.ts";

describe("mediaTypeOf()", () => {
  test.each([
    ["/live/a.m3u8", "application/vnd.apple.mpegurl"],
    ["/live/a-1.ts", "video/MP2T"],
    ["/a.flv", "video/x-flv"],
    ["/a.mp4", "video/mp4"],
    ["/a.m4s", "video/iso.segment"],
    ["/a.mpd", "application/dash+xml"],
    ["/live/a.f4m", "application/f4m+xml"],
    ["/live/a.abst", "video/abst"],
    ["/live/aSeg1-Frag12", "video/f4f"],
    ["/live/Seg1-Frag12", "application/octet-stream"],
    ["/live/aSeg1-Frag", "application/octet-stream"],
    ["/live/aSeg1-Frag1/b", "application/octet-stream"],
    ["/index.html", "text/html"],
    ["/A.HTML", "text/html"],
    ["/a.b.js", "text/javascript"],
    ["/favicon.ico", "image/x-icon"],
    ["/crossdomain.xml", "text/xml"],
    ["/a.txt", "text/plain; charset=utf-8"],
    ["/a.unknown", "application/octet-stream"],
    ["/a.constructor", "application/octet-stream"],
    ["/a", "application/octet-stream"],
    ["/a.html/b", "application/octet-stream"],
    ["/a.", "application/octet-stream"],
  ])("of %s is %s", (path, mediaType) => {
    expect(mediaTypeOf(path)).toBe(mediaType);
  });
});

describe("cacheControlOf()", () => {
  test("lets proxies keep segments for a while, and nothing else", () => {
    expect(cacheControlOf("/live/a-1.ts")).toBe("max-age=10");
    expect(cacheControlOf("/live/aSeg1-Frag7")).toBe("max-age=10");
    expect(cacheControlOf("/live/a.f4m")).toBe("no-cache");
    expect(cacheControlOf("/live/a.abst")).toBe("no-cache");
    expect(cacheControlOf("/live/a.m3u8")).toBe("no-cache");
    expect(cacheControlOf("/index.html")).toBe("no-cache");
  });
});
