/**
 * Goal: whatever people type or have in their bookmarks of SRS's pages leads to the right server and
 * stream, and no secret of a publisher gets into an address for viewers.
 *
 * Method: tables of addresses, read and written, as seen from pages at different places.
 */

import { describe, expect, test } from "vitest";
import {
  endpointOf,
  formatStreamAddress,
  parseStreamAddress,
  readPageAddress,
  watchAddresses,
} from "../../web/rtc-address.js";

const PAGE = new URL("http://localhost:8080/publish.html");
const SECURE_PAGE = new URL("https://example.com/publish.html");

const whip = (text: string, page: URL = PAGE): string =>
  endpointOf(parseStreamAddress(text, page), "whip");
const whep = (query: string, page: URL = PAGE): string =>
  endpointOf(readPageAddress(new URL(query, page)), "whep");

describe("parseStreamAddress()", () => {
  test.each([
    ["live/show", "http://localhost:8080/rtc/v1/whip/?app=live&stream=show"],
    [" /live/a/show/ ", "http://localhost:8080/rtc/v1/whip/?app=live%2Fa&stream=show"],
    [
      "live/show?secret=x%26y",
      "http://localhost:8080/rtc/v1/whip/?app=live&stream=show&secret=x%26y",
    ],
    ["webrtc://localhost/live/show", "http://localhost:8080/rtc/v1/whip/?app=live&stream=show"],
    [
      "webrtc://localhost:1985/live/show",
      "http://localhost:1985/rtc/v1/whip/?app=live&stream=show",
    ],
    ["webrtc://10.0.0.9/live/show", "http://10.0.0.9:1985/rtc/v1/whip/?app=live&stream=show"],
    ["webrtc://10.0.0.9:80/live/show", "http://10.0.0.9/rtc/v1/whip/?app=live&stream=show"],
    ["WebRTC://[::1]:99/live/show", "http://[::1]:99/rtc/v1/whip/?app=live&stream=show"],
    [
      "webrtc://a.com/live/show?schema=https&vhost=b.com&eip=1.2.3.4",
      "https://a.com/rtc/v1/whip/?app=live&stream=show&vhost=b.com&eip=1.2.3.4",
    ],
    [
      "http://a.com:1985/rtc/v1/whep/?app=live&stream=show&token=1",
      "http://a.com:1985/rtc/v1/whip/?app=live&stream=show&token=1",
    ],
    ["http://a.com/rtc/v1/whip/", "http://a.com/rtc/v1/whip/?app=live&stream=livestream"],
    ["https://a.com/live/show", "https://a.com/rtc/v1/whip/?app=live&stream=show"],
    [
      "live/%E7%9B%B4%E6%92%AD",
      "http://localhost:8080/rtc/v1/whip/?app=live&stream=%E7%9B%B4%E6%92%AD",
    ],
    ["live/100%", "http://localhost:8080/rtc/v1/whip/?app=live&stream=100%25"],
  ])("%s is %s", (text, endpoint) => {
    expect(whip(text)).toBe(endpoint);
  });

  test("takes the page's protocol", () => {
    expect(whip("webrtc://other.com/live/a", SECURE_PAGE)).toBe(
      "https://other.com/rtc/v1/whip/?app=live&stream=a",
    );
  });

  test.each(["", "show", "rtmp://a.com/live/show", "webrtc://", "webrtc://a.com/show", "http://["])(
    "does not take '%s'",
    (text) => {
      expect(() => parseStreamAddress(text, PAGE)).toThrow(/app\/stream/);
    },
  );
});

describe("readPageAddress()", () => {
  test.each([
    ["", "http://localhost:8080/rtc/v1/whep/?app=live&stream=livestream"],
    ["?autostart=true&stream=a/b/c", "http://localhost:8080/rtc/v1/whep/?app=a%2Fb&stream=c"],
    ["?app=x&stream=a/b", "http://localhost:8080/rtc/v1/whep/?app=x&stream=a%2Fb"],
    [
      "?vhost=__defaultVhost__&app=live&stream=a&server=localhost&port=1935",
      "http://localhost:8080/rtc/v1/whep/?app=live&stream=a",
    ],
    ["?api=1985&stream=a", "http://localhost:1985/rtc/v1/whep/?app=live&stream=a"],
    [
      "?server=10.0.0.9&vhost=b.com&stream=a&eip=1.2.3.4&token=x",
      "http://10.0.0.9:1985/rtc/v1/whep/?app=live&stream=a&vhost=b.com&eip=1.2.3.4&token=x",
    ],
    ["?server=10.0.0.9:99", "http://10.0.0.9:99/rtc/v1/whep/?app=live&stream=livestream"],
    ["?server=::1&api=99", "http://[::1]:99/rtc/v1/whep/?app=live&stream=livestream"],
    [
      "?target=10.0.0.9&vhost=b.com",
      "http://10.0.0.9:1985/rtc/v1/whep/?app=live&stream=livestream&eip=10.0.0.9",
    ],
    [
      "?schema=https&server=a.com&api=1990",
      "https://a.com:1990/rtc/v1/whep/?app=live&stream=livestream",
    ],
    ["?server=a%20b", "http://localhost:8080/rtc/v1/whep/?app=live&stream=livestream"],
  ])("%s is %s", (query, endpoint) => {
    expect(whep(query)).toBe(endpoint);
  });
});

describe("formatStreamAddress()", () => {
  test.each([
    ["live/show", PAGE, "webrtc://localhost:8080/live/show"],
    ["live/show", SECURE_PAGE, "webrtc://example.com/live/show"],
    ["webrtc://a.com/live/show?x=1", PAGE, "webrtc://a.com:1985/live/show?x=1"],
    ["https://a.com/live/show", PAGE, "webrtc://a.com/live/show?schema=https"],
    ["http://a.com/live/show", PAGE, "webrtc://a.com:80/live/show"],
    ["a%2Fb/show", PAGE, "webrtc://localhost:8080/a/b/show"],
  ])("%s from %s is %s, and back", (text, page, formatted) => {
    const address = parseStreamAddress(text, page);
    expect(formatStreamAddress(address, page)).toBe(formatted);
    expect(endpointOf(parseStreamAddress(formatted, page), "whip")).toBe(
      endpointOf(address, "whip"),
    );
  });
});

describe("watchAddresses()", () => {
  test("tells where to watch, without the publisher's secrets", () => {
    const address = parseStreamAddress("live/show?secret=x&vhost=b.com", PAGE);
    expect(watchAddresses(address, PAGE)).toEqual({
      page: "http://localhost:8080/?stream=live/show&proto=rtc&vhost=b.com",
      webrtc: "webrtc://localhost:8080/live/show?vhost=b.com",
      flv: "http://localhost:8080/live/show.flv?vhost=b.com",
      hls: "http://localhost:8080/live/show.m3u8?vhost=b.com",
      rtmp: "rtmp://localhost/live/show?vhost=b.com",
    });
  });

  test("has the RTMP of the page's own server where that is found, and of no other", () => {
    const rtmpOf = (text: string) =>
      watchAddresses(parseStreamAddress(text, PAGE), PAGE, "rtmps://localhost:1936")["rtmp"];
    expect(rtmpOf("live/show")).toBe("rtmps://localhost:1936/live/show");
    expect(rtmpOf("webrtc://a.com/live/show")).toBe("rtmp://a.com/live/show");
  });

  test("knows that streams are not on the port of the API", () => {
    const address = parseStreamAddress("webrtc://localhost:1985/live/show", PAGE);
    expect(watchAddresses(address, PAGE)).toMatchObject({
      flv: "http://localhost:8080/live/show.flv",
      webrtc: "webrtc://localhost:1985/live/show",
    });
  });
});
