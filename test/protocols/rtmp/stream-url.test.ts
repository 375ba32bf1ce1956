/**
 * Goal: vhost, application, stream and query are found in every form of address that SRS takes, and
 * no name gets through that could leave its place.
 *
 * Method: a table of addresses, those of the captures of SRS among them; a table of names to refuse;
 * seeded noise.
 */

import { describe, expect, test } from "vitest";
import { RefusedError } from "../../../src/base/errors.ts";
import { parseStreamUrl } from "../../../src/protocols/rtmp/stream-url.ts";
import { noise } from "../../support/noise.ts";

const DEFAULT = "__defaultVhost__";

type Row = [
  tcUrl: string,
  stream: string | undefined,
  vhost: string,
  app: string,
  name: string,
  param: string,
];

const ADDRESSES: Row[] = [
  ["rtmp://127.0.0.1:1935/live", "livestream", DEFAULT, "live", "livestream", ""],
  ["rtmp://127.0.0.1/live", "livestream?a=1#b=2", DEFAULT, "live", "livestream", "?a=1#b=2"],
  ["rtmp://127.0.0.1/live", "livestream#b=2", DEFAULT, "live", "livestream", "#b=2"],
  ["rtmp://127.0.0.1/live", undefined, DEFAULT, "live", "", ""],
  ["rtmp://127.0.0.1/live/show", undefined, DEFAULT, "live/show", "", ""],
  ["rtmp://127.0.0.1:1935/live", "", DEFAULT, "live", "", ""],
  ["rtmp://127.0.0.1:1935/", "livestream", DEFAULT, "__defaultApp__", "livestream", ""],
  ["rtmp://127.0.0.1", "livestream", DEFAULT, "__defaultApp__", "livestream", ""],
  ["", "livestream", DEFAULT, "__defaultApp__", "livestream", ""],
  ["live", "livestream", DEFAULT, "live", "livestream", ""],
  // The vhost by name, by query and in the old form.
  ["rtmp://ts.srs.com:1935/live", "s", "ts.srs.com", "live", "s", ""],
  ["rtmp://localhost/live", "s", DEFAULT, "live", "s", ""],
  ["rtmp://[::1]:1935/live", "s", DEFAULT, "live", "s", ""],
  ["rtmp://127.0.0.1/live?vhost=ts.srs.com", "s", "ts.srs.com", "live", "s", "?vhost=ts.srs.com"],
  ["rtmp://127.0.0.1/live?domain=ts.srs.com", "s", "ts.srs.com", "live", "s", "?domain=ts.srs.com"],
  ["rtmp://a.com/live", "s?vhost=b.com", "b.com", "live", "s", "?vhost=b.com"],
  [
    "rtmp://a.com/live?vhost=b.com",
    "s?vhost=c.com",
    "c.com",
    "live",
    "s",
    "?vhost=b.com&vhost=c.com",
  ],
  [
    "rtmp://127.0.0.1/live...vhost...ts.srs.com",
    "s",
    "ts.srs.com",
    "live",
    "s",
    "?vhost=ts.srs.com",
  ],
  ["rtmp://127.0.0.1/live?k=v...vhost...b.com", "s", "b.com", "live", "s", "?k=v&vhost=b.com"],
  ["rtmp://a.com/live?vhost=127.0.0.1", "s", DEFAULT, "live", "s", "?vhost=127.0.0.1"],
  ["rtmp://127.0.0.1/live?vhost=/b.com/", "s", "b.com", "live", "s", "?vhost=/b.com/"],
  ["rtmp://127.0.0.1/live?xvhost=b.com", "s", DEFAULT, "live", "s", "?xvhost=b.com"],
  [`rtmp://127.0.0.1/live?vhost=${DEFAULT}`, "s?k=v", DEFAULT, "live", "s", "?k=v"],
  [`rtmp://127.0.0.1/live?vhost=${DEFAULT}`, "s", DEFAULT, "live", "s", ""],
  // Queries: tcUrl's, then the stream's, and neither twice.
  ["rtmp://127.0.0.1/live?vhost=x", "s?k=v", "x", "live", "s", "?vhost=x&k=v"],
  ["rtmp://127.0.0.1/live?k=v", "s?k=v", DEFAULT, "live", "s", "?k=v"],
  ["rtmp://127.0.0.1/live?k=v", "s#x", DEFAULT, "live", "s", "?k=v#x"],
  ["rtmp://127.0.0.1/live", "s?url=http://a/b", DEFAULT, "live", "s", "?url=http://a/b"],
  ["rtmp://127.0.0.1/live?token=a/b", "s", DEFAULT, "live", "s", "?token=a/b"],
  // Applications of several levels, the default instance, and the stream in tcUrl.
  ["rtmp://127.0.0.1/live/show", "s", DEFAULT, "live/show", "s", ""],
  ["rtmp://127.0.0.1/live", "show/s", DEFAULT, "live/show", "s", ""],
  ["rtmp://127.0.0.1/live/_definst_", "s", DEFAULT, "live", "s", ""],
  ["rtmp://127.0.0.1/live/_definst_/", "s", DEFAULT, "live", "s", ""],
  ["rtmp://127.0.0.1/live/livestream", "", DEFAULT, "live", "livestream", ""],
  ["rtmp://127.0.0.1/live/livestream?k=v", "", DEFAULT, "live", "livestream", "?k=v"],
  [
    "rtmp://127.0.0.1/live?vhost=a.com/livestream",
    "",
    "a.com",
    "live",
    "livestream",
    "?vhost=a.com",
  ],
  // What people paste.
  [" rtmp://127.0.0.1/li ve\r\n", "\tlive stream\n", DEFAULT, "live", "livestream", ""],
  ["rtmp://127.0.0.1//live//", "/livestream/", DEFAULT, "live", "livestream", ""],
  ["rtmp://user:secret@a.com/live", "s", "a.com", "live", "s", ""],
  ["RTMP://127.0.0.1/live", "🎥 ü", DEFAULT, "live", "🎥ü", ""],
  ["rtmp://127.0.0.1/live", "a.b-c_d~(e)%2f", DEFAULT, "live", "a.b-c_d~(e)%2f", ""],
];

describe("parseStreamUrl()", () => {
  test.each(ADDRESSES)("%j %j", (tcUrl, streamName, ...expected) => {
    const [vhost, app, stream, param] = expected;
    expect(parseStreamUrl(tcUrl, streamName)).toMatchObject({ vhost, app, stream, param });
  });

  test.each([
    ["rtmp://a.com/live", "rtmp", "a.com", 1935],
    ["rtmps://a.com/live", "rtmps", "a.com", 443],
    ["rtmp://a.com:19350/live", "rtmp", "a.com", 19_350],
    ["rtmp://[2001:db8::1]:8080/live", "rtmp", "2001:db8::1", 8080],
    ["rtmp://a.com:0/live", "rtmp", "a.com", 1935],
    ["rtmp://a.com:99999/live", "rtmp", "a.com", 1935],
    ["//a.com/live", "rtmp", "a.com", 1935],
    ["rtmp:///live", "rtmp", "", 1935],
  ])("%s has scheme, host and port", (tcUrl, scheme, host, port) => {
    expect(parseStreamUrl(tcUrl, "s")).toMatchObject({ scheme, host, port });
  });

  test.each([
    ["rtmp://a/live", ".."],
    ["rtmp://a/live", "."],
    ["rtmp://a/live", "../s"],
    ["rtmp://a/live", "a/../../s"],
    ["rtmp://a/..", "s"],
    ["rtmp://a/live/../..", "s"],
    ["rtmp://a/live", "a\\b"],
    ["rtmp://a/live", "a\0b"],
    ["rtmp://a/live", "a\u001bb"],
    ["rtmp://a/live", "a\u007f"],
    ["rtmp://a/live", "a\u0085b"],
    ["rtmp://a/live", "a\u2028b"],
    ["rtmp://a/live", "\ud800"],
    ["rtmp://a/live", "s?k=\0"],
    ["rtmp://a/live", `s?${"k".repeat(8192)}`],
    ["rtmp://a/live", "s".repeat(513)],
    ["rtmp://a/live", "ü".repeat(257)],
    [`rtmp://a/${"a/".repeat(300)}`, "s"],
    ["rtmp://../live", "s"],
    ["rtmp://a/live?vhost=..", "s"],
    ["rtmp://a/live", "s?vhost=.."],
    [`rtmp://${"a".repeat(600)}/live`, "s"],
  ])("refuses %j %j", (tcUrl, stream) => {
    const parse = () => parseStreamUrl(tcUrl, stream);
    expect(parse).toThrow(RefusedError);
    expect(parse).toThrow(expect.objectContaining({ reason: "bad_name" }));
  });

  test("takes names and queries as long as the limit", () => {
    const url = parseStreamUrl("rtmp://a/live", `${"s".repeat(512)}?${"k".repeat(8191)}`);
    expect(url.stream).toHaveLength(512);
    expect(url.param).toHaveLength(8192);
  });

  test("gives safe names or RefusedError on noise, and soon", () => {
    const pieces = [
      "rtmp://",
      "/",
      "?",
      "#",
      "..",
      "vhost=",
      "&",
      ":",
      "@",
      "[",
      "]",
      "a",
      "\0",
      " ",
      "_definst_",
      "...vhost...",
    ];
    for (const random of noise(5000, 30)) {
      const text = Array.from(random, (byte) => pieces[byte % pieces.length]).join("");
      const half = text.length >> 1;
      try {
        const url = parseStreamUrl(text.slice(0, half), text.slice(half));
        for (const level of [url.vhost, url.stream, ...url.app.split("/")]) {
          expect(level).not.toMatch(/^\.{1,2}$|[/\\\0]/);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(RefusedError);
      }
    }
    const long = "/".repeat(100_000) + "?".repeat(100_000);
    expect(parseStreamUrl("rtmp://a/live", "s").stream).toBe("s");
    expect(() => parseStreamUrl(long, long)).toThrow(RefusedError);
  });
});
