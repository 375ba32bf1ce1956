/**
 * Goal: the addresses of SRS's player pages lead to the page, with the same stream, vhost and tokens.
 *
 * Method: a table of addresses as SRS's documents and consoles make them.
 */

import { describe, expect, test } from "vitest";
import { redirectPlayer } from "../../../src/servers/http/player-redirect.ts";
import { createRequest, get } from "../../support/http-text.ts";

const redirect = (target: string) => redirectPlayer(createRequest(get(target)));
const locationOf = (target: string) => new Map(redirect(target)?.fields).get("Location");

describe("redirectPlayer()", () => {
  test.each([
    ["/players/srs_player.html", "/?stream=live/livestream"],
    ["/players/", "/?stream=live/livestream"],
    ["/players", "/?stream=live/livestream"],
    ["/players/index.html?app=&stream=", "/?stream=live/livestream"],
    [
      "/players/srs_player.html?vhost=a.com&app=live&stream=show&server=192.168.1.2&port=1935&autostart=true",
      "/?stream=live/show&vhost=a.com",
    ],
    [
      "/players/srs_player.html?autostart=true&stream=livestream.flv&port=8080&schema=http",
      "/?stream=live/livestream&proto=flv",
    ],
    [
      "/players/srs_player.html?stream=a.b.m3u8&token=x%26y",
      "/?stream=live/a.b&proto=hls&token=x%26y",
    ],
    ["/players/srs_player.html?stream=a.b", "/?stream=live/a.b"],
    ["/players/srs_player.html?app=a/b&stream=c&proto=ws", "/?stream=a/b/c"],
    [
      "/players/srs_player.html?stream=%E7%9B%B4%E6%92%AD&app=x%3Fy",
      "/?stream=x%3Fy/%E7%9B%B4%E6%92%AD",
    ],
    ["/players/srs_player.html?stream=a%0d%0aX:%20y", "/?stream=live/a%0D%0AX%3A%20y"],
    ["/players/rtc_player.html", "/watch.html"],
    [
      "/players/whep.html?app=a&stream=b&autostart=true&eip=1.2.3.4",
      "/watch.html?app=a&stream=b&autostart=true&eip=1.2.3.4",
    ],
    ["/players/rtc_publisher.html?stream=%E7%9B%B4", "/publish.html?stream=%E7%9B%B4"],
    ["/players/whip.html?api=1985", "/publish.html?api=1985"],
    ["/players/srs_player.html?app=//evil.com&stream=x", "/?stream=//evil.com/x"],
  ])("%s to %s", (target, location) => {
    expect(locationOf(target)).toBe(location);
  });

  test("says so as SRS does", () => {
    expect(redirect("/players/?token=1")).toEqual({
      status: 302,
      fields: [
        ["Location", "/?stream=live/livestream&token=1"],
        ["Content-Type", "text/plain; charset=utf-8"],
      ],
      body: "Redirect to /?stream=live/livestream&token=1",
    });
  });

  test.each(["/", "/players/other.html", "/srs_player.html", "/a/players/"])(
    "leaves %s alone",
    (target) => {
      expect(redirect(target)).toBeUndefined();
    },
  );
});
