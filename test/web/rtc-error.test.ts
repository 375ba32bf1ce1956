/**
 * Goal: whoever cannot publish or play reads why, in words that help.
 *
 * Method: each error of browsers (W3C Media Capture and Streams, section 10.2) and each kind of answer
 * of a server once.
 */

import { describe, expect, test } from "vitest";
import {
  explainAnswer,
  explainBlocked,
  explainCapture,
  explainUnreachable,
  RtcError,
  toRtcError,
} from "../../web/rtc-error.js";

const named = (name: string): Error => Object.assign(new Error("x"), { name });

describe("explainCapture()", () => {
  test.each([
    ["NotAllowedError", /may not use camera and microphone. Allow it/],
    ["NotFoundError", /^No camera or microphone was found/],
    ["NotReadableError", /in use by another program/],
    ["OverconstrainedError", /Choose another one/],
    ["TypeError", /gives neither camera nor microphone/],
  ])("%s", (name, sentence) => {
    const error = explainCapture(named(name), { isSecure: true });
    expect(error).toMatchObject({ kind: "capture", message: expect.stringMatching(sentence) });
  });

  test("says what pages without HTTPS lack, whatever the browser says of it", () => {
    expect(explainCapture(named("TypeError"), { isSecure: false }).message).toMatch(
      /https:\/\/ and of localhost only/,
    );
  });

  test("tells a screen from a camera", () => {
    const context = { isSecure: true, isScreen: true };
    expect(explainCapture(named("NotAllowedError"), context).message).toMatch(
      /No screen was chosen/,
    );
    expect(explainCapture(undefined, context).message).toMatch(/cannot share the screen/);
  });
});

describe("explainAnswer()", () => {
  test.each([
    [401, "publish", "refused", "The server does not let you publish this stream (401)."],
    [403, "play", "refused", "The server does not let you watch this stream (403)."],
    [404, "play", "absent", "Nobody publishes this stream yet."],
    [404, "publish", "refused", "There is no WebRTC at this address (404)."],
    [409, "publish", "busy", "Somebody else publishes this stream already."],
    [415, "publish", "unsupported", "Browser and server have no codec in common."],
    [503, "play", "unreachable", "The server is too busy at present (503)."],
    [500, "play", "unreachable", "The server failed (500)."],
    [400, "play", "refused", "The server refused (400)."],
  ] as const)("%i to %s", (status, purpose, kind, message) => {
    expect(explainAnswer(status, "", purpose)).toMatchObject({ kind, message });
  });

  test.each([
    ['{"code":1028,"error":{"message":"stream is busy"}}', "stream is busy"],
    ['{"code":1028,"error":"busy"}', "busy"],
    ['{"title":"Conflict","detail":"It is busy"}', "It is busy"],
    ['{"code":1028,"data":null}', "code 1028."],
    [" no such codec\n", "no such codec"],
    ['"text"', '"text"'],
  ])("passes on %s", (body, words) => {
    expect(explainAnswer(409, body, "publish").message).toBe(
      `Somebody else publishes this stream already. The server says: ${words}`,
    );
  });

  test.each(["<html>Not Found</html>", "{}", ""])("says nothing of '%s'", (body) => {
    expect(explainAnswer(400, body, "play").message).toBe("The server refused (400).");
  });

  test("shortens long answers", () => {
    expect(explainAnswer(400, "x".repeat(9999), "play").message.length).toBeLessThan(400);
  });
});

test("explainBlocked() names the server's port", () => {
  const answer =
    "v=0\r\na=candidate:0 1 udp 2130706431 192.0.2.1 8000 typ host generation 0\r\na=candidate:1 1 tcp 1 192.0.2.1 8000 typ host tcptype passive\r\n";
  expect(explainBlocked(answer)).toMatchObject({
    kind: "blocked",
    message: expect.stringMatching(/^No connection to 192.0.2.1 over UDP or TCP port 8000\. /),
  });
  expect(explainBlocked("v=0\r\n").message).toMatch(/to the server over UDP or TCP port 8000\. /);
});

test("explainUnreachable() names the server, not the secrets", () => {
  const { message } = explainUnreachable("http://a.com:1985/rtc/v1/whip/?secret=x");
  expect(message).toBe("The server at http://a.com:1985 does not answer.");
});

test("toRtcError() keeps what is one", () => {
  const error = new RtcError("x", { kind: "busy" });
  expect(toRtcError(error)).toBe(error);
  expect(toRtcError(new Error("y"))).toMatchObject({ kind: "broken", message: "y" });
  expect(toRtcError("z").message).toBe("z");
});
