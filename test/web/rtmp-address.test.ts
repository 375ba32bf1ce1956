/**
 * Goal: pages tell addresses of RTMP that work, whatever ports the server has.
 *
 * Method: what the server says, and what a page makes of it.
 */

import { expect, test } from "vitest";
import { rtmpOrigin } from "../../web/rtmp-address.js";

test.each([
  ["http://a.com:8080/", { rtmp: 1935 }, "rtmp://a.com"],
  ["http://a.com:8080/", { rtmp: 19350 }, "rtmp://a.com:19350"],
  ["http://a.com:8080/", { rtmp: 1935, rtmps: 443 }, "rtmp://a.com"],
  ["https://a.com/", { rtmp: 1935, rtmps: 443 }, "rtmps://a.com"],
  ["https://a.com/", { rtmp: 1935, rtmps: 1936 }, "rtmps://a.com:1936"],
  ["https://a.com/", { rtmp: 19350 }, "rtmp://a.com:19350"],
  ["http://a.com/", { rtmps: 1936 }, "rtmps://a.com:1936"],
  ["http://[::1]:8080/", { rtmp: 1936 }, "rtmp://[::1]:1936"],
  ["http://a.com/", {}, "rtmp://a.com"],
])("from %s with %j it is %s", (page, ports, expected) => {
  expect(rtmpOrigin(new URL(page), ports)).toBe(expected);
});
