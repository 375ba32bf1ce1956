/**
 * Goal: an address tells where to connect, what to say there, and which stream to ask for.
 *
 * Method: tables of addresses, and of what is none.
 */

import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../../src/base/errors.ts";
import { formatTcUrl, parseRtmpUrl } from "../../../src/protocols/rtmp/client-target.ts";

describe("parseRtmpUrl()", () => {
  test.each([
    ["rtmp://a.com/live/s", "a.com", 1935, "rtmp://a.com/live", "live", "s"],
    ["rtmp://a.com:1935/live/s?k=v/w", "a.com", 1935, "rtmp://a.com/live", "live", "s?k=v/w"],
    [
      "rtmp://a.com:19350/live/show/s#x",
      "a.com",
      19_350,
      "rtmp://a.com:19350/live/show",
      "live/show",
      "s#x",
    ],
    ["rtmp://[::1]:1936/live/s", "::1", 1936, "rtmp://[::1]:1936/live", "live", "s"],
    ["rtmp://a.com/live/", "a.com", 1935, "rtmp://a.com/live", "live", ""],
    ["RTMP://a.com//live//s", "a.com", 1935, "rtmp://a.com/live", "live", "s"],
  ])("%s", (url, ...expected) => {
    const [host, port, tcUrl, app, stream] = expected;
    expect(parseRtmpUrl(url)).toEqual({ host, port, tcUrl, app, stream });
  });

  test("knows RTMPS", () => {
    expect(parseRtmpUrl("rtmps://a.com/live/s")).toEqual({
      host: "a.com",
      port: 443,
      tls: {},
      tcUrl: "rtmps://a.com/live",
      app: "live",
      stream: "s",
    });
    expect(parseRtmpUrl("rtmps://a.com:1936/live/s").tcUrl).toBe("rtmps://a.com:1936/live");
  });

  test.each([
    "",
    "http://a.com/live/s",
    "rtmp://a.com",
    "rtmp://a.com/s",
    "rtmp:///live/s",
    "rtmp://a.com:port/live/s",
    "rtmp://[::1/live/s",
  ])("refuses %j", (url) => {
    expect(() => parseRtmpUrl(url)).toThrow(ProtocolError);
  });
});

test("formatTcUrl() leaves the usual port out", () => {
  expect(formatTcUrl(false, "a.com", 1935, "live")).toBe("rtmp://a.com/live");
  expect(formatTcUrl(false, "a.com", 443, "live")).toBe("rtmp://a.com:443/live");
  expect(formatTcUrl(true, "::1", 443, "live")).toBe("rtmps://[::1]/live");
});
