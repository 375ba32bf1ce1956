/**
 * Goal: a stream goes where SRS would send it, to any address of RTMP, and to nothing else; keys are not
 * shown.
 *
 * Method: destinations written out, those of SRS with what its own forwarder said in `connect` and
 * `publish`.
 */

import { describe, expect, test } from "vitest";
import { parseDestination } from "../../../src/services/forward/forward-destination.ts";

const NAME = { vhost: "__defaultVhost__", app: "live", stream: "show", param: "" };

describe("a server", () => {
  test.each([
    ["b.example", "b.example", 1935, "rtmp://b.example/live"],
    ["b.example:19350", "b.example", 19_350, "rtmp://b.example:19350/live"],
    ["127.0.0.1:1935", "127.0.0.1", 1935, "rtmp://127.0.0.1/live"],
    ["[2001:db8::1]:1936", "2001:db8::1", 1936, "rtmp://[2001:db8::1]:1936/live"],
  ])("%s", (text, host, port, tcUrl) => {
    const { target, shown } = parseDestination(text, NAME);
    expect(target).toEqual({ host, port, tcUrl, app: "live", stream: "show" });
    expect(shown).toBe(`${tcUrl}/show`);
  });

  test("is told the vhost as host of its address, and the publisher's query, as by SRS", () => {
    const name = { ...NAME, vhost: "fwd.srs.com", param: "?k=v" };
    const { target } = parseDestination("127.0.0.1:19350", name);
    expect(target).toMatchObject({
      host: "127.0.0.1",
      tcUrl: "rtmp://fwd.srs.com:19350/live",
      stream: "show?k=v",
    });
  });
});

describe("an address", () => {
  test("is taken as it is, by TLS where it says so", () => {
    const { target, shown } = parseDestination("rtmps://live.example/app/key-123?backup=1", NAME);
    expect(target).toEqual({
      host: "live.example",
      port: 443,
      tls: {},
      tcUrl: "rtmps://live.example/app",
      app: "app",
      stream: "key-123?backup=1",
    });
    expect(shown).toBe("rtmps://live.example/app/...");
  });

  test("may name the stream", () => {
    const name = { ...NAME, vhost: "v.example", param: "?token=1" };
    const text = "rtmp://b.example/[app]/[vhost]-[stream][param]";
    expect(parseDestination(text, name).target).toMatchObject({
      app: "live",
      stream: "v.example-show?token=1",
    });
  });
});

test.each(["", "b:0", "b:65536", "http://b/live/show", "rtmp://b/live", "b/live", "a b", "u@b"])(
  "%j is none",
  (text) => {
    expect(() => parseDestination(text, NAME)).toThrow("Cannot");
  },
);
