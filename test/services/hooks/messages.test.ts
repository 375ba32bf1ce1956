/**
 * Goal: a backend that is made for SRS sees the same requests, to the byte.
 *
 * Method: requests that SRS was seen to send, made anew from what they say of the session. Only the
 * stream's id cannot be the same: ours follows from the stream's name.
 */

import { describe, expect, test } from "vitest";
import type { ClientType, SessionRequest } from "../../../src/live/admission.ts";
import { MemoryCrypto } from "../../../src/runtime/memory/memory-crypto.ts";
import { encodeHookRequest, signHook } from "../../../src/services/hooks/hook-request.ts";
import {
  closeMessage,
  connectMessage,
  endMessage,
  forwardMessage,
  type HookIdentity,
  type HookSegment,
  playMessage,
  publishMessage,
  recordingMessage,
  segmentMessage,
  segmentNotifyUrl,
} from "../../../src/services/hooks/messages.ts";
import {
  CAPTURED_HOOKS,
  CAPTURED_HOST,
  CAPTURED_NOTIFY,
  CAPTURED_USER_AGENT,
} from "./captured-hooks.ts";

type Fields = Readonly<Record<string, string | number>>;

const IDENTITY: HookIdentity = { serverId: "vid-ul2vr26", serviceId: "36etwo4s" };

/** What the session must have asked for, by what was told of it. */
function sessionOf(fields: Fields): SessionRequest {
  const textOf = (name: string): string => String(fields[name] ?? "");
  const isHls = textOf("stream").endsWith(".m3u8");
  const clientType: ClientType = isHls ? "hls-play" : "unknown";
  return {
    clientId: textOf("client_id"),
    clientType,
    remoteAddress: textOf("ip"),
    vhost: textOf("vhost"),
    app: textOf("app"),
    stream: textOf("stream").replace(/\.m3u8$/, ""),
    param: textOf("param"),
    tcUrl: textOf("tcUrl"),
    pageUrl: textOf("pageUrl"),
    swfUrl: "",
  };
}

function messageOf(fields: Fields): string {
  const identity = {
    serverId: String(fields["server_id"]),
    serviceId: String(fields["service_id"]),
  };
  const session = sessionOf(fields);
  const folder = String(fields["cwd"]);
  const action = fields["action"];
  switch (action) {
    case "on_connect":
      return connectMessage(identity, session);
    case "on_close":
      return closeMessage(identity, session, {
        sentSize: Number(fields["send_bytes"]),
        receivedSize: Number(fields["recv_bytes"]),
      });
    case "on_publish":
      return publishMessage(identity, session);
    case "on_play":
      return playMessage(identity, session);
    case "on_unpublish":
    case "on_stop":
      return endMessage(identity, action, session);
    case "on_dvr":
      return recordingMessage(
        identity,
        { publisher: session, file: String(fields["file"]) },
        folder,
      );
    case "on_hls":
      return segmentMessage(identity, segmentOf(fields, session), folder);
    case "on_forward":
      return forwardMessage(identity, session);
    default:
      throw new Error(`Cannot make a message: ${action}`);
  }
}

function segmentOf(fields: Fields, publisher: SessionRequest): HookSegment {
  return {
    publisher,
    seq: Number(fields["seq_no"]),
    durationMs: Number(fields["duration"]) * 1_000,
    file: String(fields["file"]),
    playlistFile: String(fields["m3u8"]),
    url: String(fields["url"]),
    playlistUrl: String(fields["m3u8_url"]),
    uri: "livestream-0.ts",
  };
}

function encode(method: "POST" | "GET", path: string, body: string): string {
  const url = new URL(`http://${CAPTURED_HOST}${path}`);
  const bytes = encodeHookRequest({ method, url, body, userAgent: CAPTURED_USER_AGENT });
  return new TextDecoder().decode(bytes);
}

function capturedHead(method: string, path: string, size: number): string {
  return [
    `${method} ${path} HTTP/1.1`,
    "Connection: Keep-Alive",
    `Content-Length: ${size}`,
    "Content-Type: application/json",
    `Host: ${CAPTURED_HOST}`,
    `User-Agent: ${CAPTURED_USER_AGENT}`,
    "\r\n",
  ].join("\r\n");
}

describe("as SRS sends it", () => {
  test.each(CAPTURED_HOOKS)("$name", ({ path, body }) => {
    const message = messageOf(JSON.parse(body) as Fields);
    const id = /"stream_id":"(vid-[0-9a-z]{7})"/.exec(message)?.[1] ?? "";
    const expected = body.replace(/vid-[0-9a-z]{7}(?="})/, id);
    expect(message).toBe(expected);
    expect(encode("POST", path, message)).toBe(
      capturedHead("POST", path, expected.length) + expected,
    );
  });

  test("a segment to fetch", () => {
    const publisher = sessionOf({
      app: "live",
      stream: "livestream",
      param: "?token=abc&salt=yyy",
    });
    const segment = segmentOf({}, publisher);
    const url = new URL(segmentNotifyUrl(CAPTURED_NOTIFY.template, IDENTITY, segment));
    expect(`${url.pathname}${url.search}`).toBe(CAPTURED_NOTIFY.path);
    expect(encode("GET", CAPTURED_NOTIFY.path, "")).toBe(
      capturedHead("GET", CAPTURED_NOTIFY.path, 0),
    );
  });
});

describe("what clients choose", () => {
  const session = sessionOf({
    app: "live",
    stream: "直播",
    param: '?a="b"\\#c',
    tcUrl: "rtmp://a/b",
  });

  test("is what it was once the JSON is read, and the size is that of its bytes", () => {
    const message = publishMessage(IDENTITY, session);
    expect(JSON.parse(message)).toMatchObject({ stream: "直播", param: '?a="b"\\#c' });
    const size = new TextEncoder().encode(message).length;
    expect(size).toBeGreaterThan(message.length);
    expect(encode("POST", "/", message)).toContain(`Content-Length: ${size}\r\n`);
  });

  test("does not end the address of a segment, nor its head", () => {
    const address = segmentNotifyUrl("http://a/[stream][param]&[other]", IDENTITY, {
      ...segmentOf({}, { ...session, stream: "a b\r\nX: y" }),
    });
    const url = new URL(address);
    expect(url.hash).toBe("");
    expect(encode("GET", `${url.pathname}${url.search}`, "").split("\r\n")).toHaveLength(8);
    expect(address).toContain("[other]");
  });

  test("does not lead to another place on the server", () => {
    const publisher = { ...session, app: "%2e%2e", stream: "a?b", param: "" };
    const address = segmentNotifyUrl("http://a/x/[app]/[stream]/y", IDENTITY, {
      ...segmentOf({}, publisher),
    });
    expect(new URL(address).href).toBe("http://a/x/%252e%252e/a%3Fb/y");
  });
});

test("the stream's id is the same for every event, and another one for another stream", () => {
  const show = sessionOf({ app: "live", stream: "show", vhost: "a" });
  const idOf = (message: string): string | undefined => /"stream_id":"([^"]*)"/.exec(message)?.[1];
  const id = idOf(publishMessage(IDENTITY, show));
  expect(id).toMatch(/^vid-[0-9a-z]{7}$/);
  expect(idOf(playMessage(IDENTITY, { ...show, clientType: "dash-play" }))).toBe(id);
  expect(idOf(publishMessage(IDENTITY, { ...show, stream: "other" }))).not.toBe(id);
});

test("a DASH player is told of with the suffix of its manifest, as an HLS player is", () => {
  const show = sessionOf({ app: "live", stream: "show" });
  const message = playMessage(IDENTITY, { ...show, clientType: "dash-play" });
  expect(JSON.parse(message)).toMatchObject({ stream: "show.mpd", stream_url: "/live/show" });
});

describe("the signature", () => {
  const crypto = new MemoryCrypto();

  test("is the HMAC of time and body", () => {
    // printf '1795197450.{"action":"on_publish"}' | openssl dgst -sha256 -hmac s3cret
    expect(signHook(crypto, "s3cret", '{"action":"on_publish"}', 1_795_197_450_999)).toBe(
      "t=1795197450,v1=de7b353fedae7a00d470990a21ce62d2b766e92ab77090c4811428835f7a656f",
    );
  });

  test("stands behind what SRS sends", () => {
    const url = new URL("https://a.example/hooks?x=1");
    const bytes = encodeHookRequest({
      ...{ method: "POST", url, body: "{}", userAgent: "Sluice/1.2.3" },
      signature: "t=1,v1=00",
    });
    expect(new TextDecoder().decode(bytes)).toBe(
      "POST /hooks?x=1 HTTP/1.1\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n" +
        "Content-Type: application/json\r\nHost: a.example\r\nUser-Agent: Sluice/1.2.3\r\n" +
        "X-Sluice-Signature: t=1,v1=00\r\n\r\n{}",
    );
  });
});
