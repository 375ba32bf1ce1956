/**
 * Goal: what a request says is read as SRS reads it, for hooks too, and nothing of it can do harm.
 *
 * Method: queries and addresses of streams, good and hostile.
 */

import { describe, expect, test } from "vitest";
import type { HttpRequest } from "../../../src/protocols/http/request.ts";
import { readJsonRequest, readWhipRequest } from "../../../src/servers/rtc/rtc-request.ts";

function request(query: string, fields: Readonly<Record<string, string>> = {}): HttpRequest {
  return {
    query,
    parameters: new URLSearchParams(query),
    parameter: (name: string) => new URLSearchParams(query).get(name) ?? undefined,
    headers: new Map(Object.entries(fields)),
    host: fields["host"] ?? "127.0.0.1",
    remoteAddress: "192.0.2.1",
  } as unknown as HttpRequest;
}

const whip = (query: string, fields?: Readonly<Record<string, string>>) =>
  readWhipRequest("publish", request(query, fields));

describe("WHIP", () => {
  test("has the whole query as param, and no tcUrl, as in SRS", () => {
    expect(
      whip("app=live&stream=show&token=x", {
        host: "a.example",
        referer: "https://page.example/",
        authorization: "Bearer y",
      }),
    ).toEqual({
      role: "publish",
      vhost: expect.any(String),
      app: "live",
      stream: "show",
      param: "app=live&stream=show&token=x",
      tcUrl: "",
      pageUrl: "https://page.example/",
      remoteAddress: "192.0.2.1",
      authorization: "Bearer y",
      host: "a.example",
      options: {
        candidates: [],
        iceUfrag: undefined,
        icePwd: undefined,
        isEncrypted: undefined,
        setup: undefined,
        codecs: [],
      },
    });
  });

  test("reads its options", () => {
    const { options } = whip(
      "app=a&stream=b&eip=1.2.3.4&candidate=5.6.7.8:9&ice-ufrag=abcd&ice-pwd=abcdefghijklmnopqrstuv" +
        "&encrypt=false&dtls=active&vcodec=AVC&acodec=pcma&codec=av1",
    );
    expect(options).toEqual({
      candidates: ["1.2.3.4", "5.6.7.8:9"],
      iceUfrag: "abcd",
      icePwd: "abcdefghijklmnopqrstuv",
      isEncrypted: false,
      setup: "active",
      codecs: ["av1", "h264", "g711a"],
    });
  });

  test.each([
    ["encrypt=true", true],
    ["encrypt=off", false],
    ["encrypt=0", false],
    ["encrypt=", undefined],
  ])("%s", (query, expected) => {
    expect(whip(`app=a&stream=b&${query}`).options.isEncrypted).toBe(expected);
  });

  test("leaves out what it does not know, and what is too much", () => {
    const many = Array.from({ length: 50 }, (_, i) => `eip=10.0.0.${i}`).join("&");
    const { options } = whip(`app=a&stream=b&codec=constructor&dtls=x&${many}`);
    expect(options.codecs).toEqual([]);
    expect(options.setup).toBeUndefined();
    expect(options.candidates).toHaveLength(4);
  });

  test.each([
    "",
    "app=a",
    "stream=b",
    "app=&stream=b",
    "app=a&stream=%00",
    "app=a&stream=../b",
    "app=a/../b&stream=c",
    "app=a&stream=b&ice-ufrag=abc",
    "app=a&stream=b&ice-ufrag=ab:d",
    `app=a&stream=b&ice-ufrag=${"a".repeat(257)}`,
    "app=a&stream=b&ice-pwd=abc",
    "app=a&stream=b&ice-pwd=abcdefghijklmnopqrstu%0d%0a",
  ])("refuses %j", (query) => {
    expect(() => whip(query)).toThrow(expect.objectContaining({ reason: "bad_name" }));
  });
});

describe("JSON", () => {
  const json = (role: "publish" | "play", url: string) => readJsonRequest(role, request(""), url);

  test("has the address's query as param, and upstream=rtc for who publishes, as in SRS", () => {
    expect(json("publish", "webrtc://a.example:1985/live/show?token=x")).toMatchObject({
      app: "live",
      stream: "show",
      param: "?token=x&upstream=rtc",
      tcUrl: expect.stringMatching(/^webrtc:\/\/a\.example.*\/live$/),
    });
    expect(json("publish", "webrtc://a.example/live/show").param).toBe("?upstream=rtc");
    expect(json("play", "webrtc://a.example/live/show?token=x").param).toBe("?token=x");
    expect(json("play", "webrtc://a.example/live/show").param).toBe("");
  });

  test.each(["", "x", "webrtc://", "webrtc://a", "webrtc://a/live", "webrtc://a/live/"])(
    "refuses %j",
    (url) => {
      expect(() => json("play", url)).toThrow(expect.objectContaining({ reason: "bad_name" }));
    },
  );
});
