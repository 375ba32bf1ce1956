/**
 * Goal: a signed URL is what the documentation says, byte for byte, as backends make them; and no part
 * of it can be changed.
 *
 * Method: a golden value made by openssl; each part of a good one is changed in turn.
 */

import { describe, expect, test } from "vitest";
import { signUrl } from "../../../src/app/sign-url.ts";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import type { Wish } from "../../../src/services/access/objection.ts";
import { judgeSignedUrl, signedParameters } from "../../../src/services/access/signed-url.ts";

const { crypto } = new MemoryRuntime();
const SECRET = "an example, not a secret";
const EXPIRES = 1_767_229_200;
const WISH: Wish = {
  action: "play",
  streamUrl: "/live/show",
  address: "192.0.2.1",
  nowSeconds: EXPIRES - 1,
};
const { action, streamUrl } = WISH;

function judge(parameters: string, wish: Partial<Wish> = {}, secrets = [SECRET]) {
  const given = new URLSearchParams(parameters);
  return judgeSignedUrl(given, { ...WISH, ...wish }, secrets, crypto)?.kind;
}

describe("the signature", () => {
  // printf 'play\n/live/show\n1767229200\n' |
  //   openssl dgst -sha256 -hmac 'an example, not a secret' -binary | base64 | tr '+/' '-_' | tr -d '='
  const GOLDEN = "Pue13jxJlkTaH377ORhB9MaiD_1ukujxf82Hnse_apg";
  // The same with 192.0.2.1 at the end.
  const GOLDEN_BOUND = "v2eadT92Mcc9QwYRaSw1xukOc5IQdW0DFeyr_5Pw1hA";

  test("is what openssl makes", () => {
    const grant = { action, streamUrl, expires: EXPIRES };
    expect(signedParameters(grant, SECRET, crypto)).toBe(`expires=${EXPIRES}&sign=${GOLDEN}`);
    expect(signedParameters({ ...grant, address: "192.0.2.1" }, SECRET, crypto)).toBe(
      `expires=${EXPIRES}&bound=1&sign=${GOLDEN_BOUND}`,
    );
  });
});

describe("one that is good", () => {
  const good = signedParameters({ action, streamUrl, expires: EXPIRES }, SECRET, crypto);
  const sign = new URLSearchParams(good).get("sign") ?? "";

  test("is good, by any of the secrets and from anywhere", () => {
    expect(judge(good)).toBeUndefined();
    expect(judge(good, { address: "2001:db8::1" })).toBeUndefined();
    expect(judge(good, {}, ["another secret, as long", SECRET])).toBeUndefined();
    expect(judge(`vhost=a&${good}&more=1`)).toBeUndefined();
  });

  test("expires", () => {
    expect(judge(good, { nowSeconds: EXPIRES })).toBe("stale");
  });

  test.each<[string, string, Partial<Wish>]>([
    ["for something else", good, { action: "publish" }],
    ["for another stream", good, { streamUrl: "/live/shows" }],
    ["for a stream of another vhost", good, { streamUrl: "a/live/show" }],
    ["for longer", `expires=${EXPIRES + 1}&sign=${sign}`, {}],
    ["without an end", `sign=${sign}`, {}],
    ["with an end that is none", `expires=1e12&sign=${sign}`, {}],
    ["with an end with a sign", `expires=%2B${EXPIRES}&sign=${sign}`, {}],
    ["with two ends", `expires=${EXPIRES + 9}&expires=${EXPIRES}&sign=${sign}`, {}],
    ["bound", `bound=1&${good}`, {}],
    ["bound to something", `bound=2&${good}`, {}],
    ["without a signature", `expires=${EXPIRES}`, {}],
    ["with an empty one", `expires=${EXPIRES}&sign=`, {}],
    ["with padding", `${good}=`, {}],
    ["with a part of one", good.slice(0, -1), {}],
    ["in other letters", `expires=${EXPIRES}&sign=${sign.toLowerCase()}`, {}],
  ])("is not %s", (_, parameters, wish) => {
    expect(judge(parameters, wish)).toBe("wrong");
  });

  test("is not by another secret, nor where there is none", () => {
    expect(judge(good, {}, ["another secret, as long"])).toBe("wrong");
    expect(judge(good, {}, [])).toBe("wrong");
  });

  test("is not with any character of the signature changed", () => {
    // But for the last, which has bits that count for nothing: the text is compared, not the bytes.
    for (let i = 0; i < sign.length; i++) {
      const other = sign[i] === "A" ? "B" : "A";
      const altered = `${sign.slice(0, i)}${other}${sign.slice(i + 1)}`;
      expect(judge(`expires=${EXPIRES}&sign=${altered}`)).toBe("wrong");
    }
  });
});

describe("one bound to an address", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["192.0.2.1", "::ffff:192.0.2.1"],
    ["2001:db8:0:0::1", "2001:db8::1"],
    ["2001:DB8::A", "2001:db8::a"],
  ])("%s is good for %s", (given, address) => {
    const grant = { action, streamUrl, expires: EXPIRES, address: given };
    const bound = signedParameters(grant, SECRET, crypto);
    expect(judge(bound, { address })).toBeUndefined();
    expect(judge(bound, { address: "192.0.2.2" })).toBe("wrong");
    expect(judge(bound.replace("&bound=1", ""), { address })).toBe("wrong");
  });
});

describe("signUrl()", () => {
  test.each([
    ["rtmp://a.example/live/show", undefined, "/live/show"],
    ["rtmp://a.example:1935/live/more/show", undefined, "/live/more/show"],
    ["rtmp://a.example/live/show.flv", undefined, "/live/show.flv"],
    ["http://a.example:8080/live/show.flv", undefined, "/live/show"],
    ["https://a.example/live/show.m3u8", undefined, "/live/show"],
    ["ws://a.example/live/show.ts", undefined, "/live/show"],
    ["http://a.example/live/a%20b.mpd", undefined, "/live/a b"],
    ["http://a.example/live/show.flv", "b.example", "b.example/live/show"],
  ])("%s on vhost %s is %s", (url, vhost, expected) => {
    const options = { url, action: "play", expires: EXPIRES, secret: SECRET, vhost } as const;
    const signed = signUrl(options, crypto) ?? "";
    expect(signed.startsWith(`${url}?expires=`)).toBe(true);
    expect(judge(new URL(signed).search, { streamUrl: expected })).toBeUndefined();
  });

  test("the query stays, and names the vhost", () => {
    const url = "rtmp://127.0.0.1/live/show?vhost=b.example";
    const signed = signUrl({ url, action: "play", expires: EXPIRES, secret: SECRET }, crypto) ?? "";
    expect(signed.startsWith(`${url}&expires=`)).toBe(true);
    expect(judge(new URL(signed).search, { streamUrl: "b.example/live/show" })).toBeUndefined();
  });

  test.each(["", "a", "http://a.example/", "http://a.example/show.flv", "rtmp://a/%ff/b"])(
    "%j is no stream's",
    (url) => {
      const options = { url, action: "play", expires: EXPIRES, secret: SECRET } as const;
      expect(signUrl(options, crypto)).toBeUndefined();
    },
  );
});
