/**
 * Goal: WebSockets are opened as RFC 6455 demands, control frames are answered between the owner's
 * frames and never inside one, and every close has its code.
 *
 * Method: raw frames over a connection in memory, with room and without; a table of bad handshakes.
 */

import { describe, expect, test } from "vitest";
import { encodeClose } from "../../../src/codec/websocket/close-code.ts";
import {
  encodeFrame,
  encodeMaskedFrame,
  WebSocketOpcode,
} from "../../../src/codec/websocket/frame.ts";
import { TAKEN_OVER } from "../../../src/protocols/http/handler.ts";
import type {
  WebSocketHandler,
  WebSocketServerConnection,
} from "../../../src/protocols/http/websocket.ts";
import { HttpPeer, settle } from "../../support/http-peer.ts";
import { statuses } from "../../support/http-text.ts";

const { Binary, Close, Ping, Pong, Text } = WebSocketOpcode;
const KEY = Uint8Array.of(1, 2, 3, 4);

// The example of RFC 6455, section 1.2.
const HANDSHAKE = [
  "GET /chat HTTP/1.1",
  "Host: server.example.com",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Origin: http://example.com",
  "Sec-WebSocket-Version: 13",
  "",
  "",
].join("\r\n");

class Recorder implements WebSocketHandler {
  readonly events: unknown[] = [];
  onMessage: (() => void) | undefined;
  onDrain: (() => void) | undefined;

  message(message: string | Uint8Array): void {
    this.events.push(message);
    this.onMessage?.();
  }

  drain(): void {
    this.onDrain?.();
  }

  close(close: { code: number; reason: string }, error?: Error): void {
    this.events.push({ ...close, error: error?.message });
  }
}

function toText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** A frame from the client, one character a byte. */
function masked(opcode: WebSocketOpcode, payload: string | Uint8Array): string {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  return toText(encodeMaskedFrame(opcode, bytes, KEY));
}

function frame(opcode: WebSocketOpcode, payload: string | Uint8Array): string {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  return toText(encodeFrame(opcode, bytes));
}

interface Opened {
  readonly peer: HttpPeer;
  readonly recorder: Recorder;
  readonly socket: WebSocketServerConnection;
}

async function open(input = HANDSHAKE, capacity?: number): Promise<Opened> {
  const recorder = new Recorder();
  let socket: WebSocketServerConnection | undefined;
  const peer = new HttpPeer(
    (request, context) => {
      socket = context.upgradeToWebSocket(request, recorder);
      return TAKEN_OVER;
    },
    capacity === undefined ? {} : { capacity },
  );
  peer.send(input);
  await settle();
  if (socket === undefined) throw new Error(`not opened: ${peer.text}`);
  return { peer, recorder, socket };
}

/** An open one, the handshake's answer out of the way. */
async function opened(): Promise<Opened> {
  const all = await open();
  all.peer.take();
  return all;
}

describe("the handshake", () => {
  test("is answered as in the specification", async () => {
    const { peer } = await open();
    expect(peer.text).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(peer.text).toContain("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    expect(peer.text).toContain("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    expect(peer.text).toMatch(/\r\n\r\n$/);
    expect(peer.server.connectionCount).toBe(0);
  });

  test("names a subprotocol if the handler chose one", async () => {
    const peer = new HttpPeer((request, context) => {
      context.upgradeToWebSocket(request, new Recorder(), { subprotocol: "flv" });
      return TAKEN_OVER;
    });
    peer.send(HANDSHAKE);
    await peer.untilAnswers(1);
    expect(peer.text).toContain("\r\nSec-WebSocket-Protocol: flv\r\n");
  });

  test("loses nothing that comes right behind it", async () => {
    const { recorder } = await open(HANDSHAKE + masked(Text, "early"));
    expect(recorder.events).toEqual(["early"]);
  });

  test("keeps what comes right behind it in order", async () => {
    const recorder = new Recorder();
    const peer = new HttpPeer((request, context) => {
      context.upgradeToWebSocket(request, recorder);
      return TAKEN_OVER;
    });
    const frame = masked(Text, "early");
    peer.send(HANDSHAKE + frame.slice(0, 4));
    peer.send(frame.slice(4)); // Delivered in the same turn.
    await settle();
    expect(recorder.events).toEqual(["early"]);
  });

  test("understands lists in any case", async () => {
    const input = HANDSHAKE.replace(
      "Connection: Upgrade",
      "connection: keep-alive, UPGRADE",
    ).replace("Upgrade: websocket", "upgrade: WebSocket");
    expect((await open(input)).peer.text).toContain(" 101 ");
  });

  test.each([
    ["another method", HANDSHAKE.replace("GET", "PUT"), 405, "Allow: GET"],
    ["no Upgrade", HANDSHAKE.replace("Upgrade: websocket\r\n", ""), 426, "Upgrade: websocket"],
    ["no Connection", HANDSHAKE.replace("Connection: Upgrade\r\n", ""), 426, "Connection: Upgrade"],
    ["version 8", HANDSHAKE.replace("Version: 13", "Version: 8"), 426, "Sec-WebSocket-Version: 13"],
    [
      "no version",
      HANDSHAKE.replace("Sec-WebSocket-Version: 13\r\n", ""),
      426,
      "Sec-WebSocket-Version: 13",
    ],
    ["no key", HANDSHAKE.replace(/Sec-WebSocket-Key.*\r\n/, ""), 400, ""],
    ["a short key", HANDSHAKE.replace("dGhlIHNhb", ""), 400, ""],
    ["HTTP/1.0", HANDSHAKE.replace("HTTP/1.1", "HTTP/1.0"), 400, ""],
  ])("with %s is refused", async (_, input, status, field) => {
    const peer = new HttpPeer((request, context) => {
      context.upgradeToWebSocket(request, new Recorder());
      return TAKEN_OVER;
    });
    peer.send(input);
    await peer.untilAnswers(1);
    expect(statuses(peer.text)).toEqual([status]);
    expect(peer.text).toContain(field);
    expect(peer.logger.errors).toEqual([]);
  });
});

describe("messages", () => {
  test("come as text and as bytes", async () => {
    const { peer, recorder } = await opened();
    peer.send(masked(Text, "直") + masked(Binary, Uint8Array.of(1, 2)) + masked(Pong, "unasked"));
    await settle();
    expect(recorder.events).toEqual(["直", Uint8Array.of(1, 2)]);
  });

  test("go as text and as bytes", async () => {
    const { peer, socket } = await opened();
    expect(socket.send("直")).toBe(true);
    expect(socket.send(Uint8Array.of(1, 2))).toBe(true);
    await settle();
    expect(peer.text).toBe(frame(Text, "直") + frame(Binary, Uint8Array.of(1, 2)));
  });

  test.each([
    ["text that is not UTF-8", masked(Text, Uint8Array.of(0xff)), 1007],
    ["an unmasked frame", frame(Text, "a"), 1002],
    ["a frame with a reserved bit", "\xc1\x80\0\0\0\0", 1002],
    ["too large a message", "\x82\xff\0\0\0\0\0\x01\0\x01\0\0\0\0", 1009],
    ["a close frame of one byte", masked(Close, "a"), 1002],
    ["a close frame with a code that is none", masked(Close, Uint8Array.of(0, 1)), 1002],
  ])("end with the right code: %s", async (_, input, code) => {
    const { peer, recorder } = await opened();
    peer.send(input + masked(Text, "too late"));
    await peer.until(() => peer.isClosed);
    expect(peer.text.slice(2, 4)).toBe(toText(encodeClose(code, "")));
    expect(recorder.events).toEqual([{ code: 1006, reason: "", error: expect.any(String) }]);
  });

  test("that the owner fails on end with 1011", async () => {
    const { peer, recorder } = await opened();
    recorder.onMessage = () => {
      throw new Error("bug");
    };
    peer.send(masked(Text, "a"));
    await peer.until(() => peer.isClosed);
    expect(peer.text).toBe(frame(Close, encodeClose(1011, "")));
    expect(recorder.events).toEqual(["a", { code: 1006, reason: "", error: "bug" }]);
  });
});

describe("control frames", () => {
  test("pings are answered", async () => {
    const { peer } = await opened();
    peer.send(masked(Ping, "a") + masked(Ping, ""));
    await settle();
    expect(peer.text).toBe(frame(Pong, "a") + frame(Pong, ""));
  });

  test.each([
    [1000, "bye", 1000],
    [4001, "", 4001],
    [undefined, "", 1000],
  ])("a close with code %s and reason %j is answered", async (code, reason, answered) => {
    const { peer, recorder } = await opened();
    peer.send(masked(Close, code === undefined ? "" : encodeClose(code, reason)));
    await peer.until(() => peer.isClosed);
    expect(peer.text).toBe(frame(Close, encodeClose(answered, "")));
    expect(recorder.events).toEqual([{ code: code ?? 1005, reason, error: undefined }]);
  });

  test("a close can be begun here", async () => {
    const { peer, recorder, socket } = await opened();
    socket.end(1001, "restart");
    socket.end();
    expect(socket.send("too late")).toBe(false);
    expect(socket.write(Uint8Array.of(1))).toBe(0);
    await peer.until(() => peer.isClosed);
    expect(peer.text).toBe(frame(Close, encodeClose(1001, "restart")));
    expect(recorder.events).toEqual([{ code: 1006, reason: "", error: undefined }]);
  });
});

describe("an owner that writes into a full socket", () => {
  const CAPACITY = 1_000;

  /** An open WebSocket of which a frame of 5,000 bytes has been written in part. */
  async function blocked(): Promise<Opened & { block: string; rest: () => Uint8Array }> {
    const all = await open(HANDSHAKE, CAPACITY);
    all.peer.take();
    all.peer.socket.pause();
    const bytes = encodeFrame(Binary, new Uint8Array(5_000));
    let sent = all.socket.write(bytes);
    expect(sent).toBe(CAPACITY);
    all.recorder.onDrain = () => {
      if (sent < bytes.length) sent += all.socket.write(bytes.subarray(sent));
    };
    return { ...all, block: toText(bytes), rest: () => bytes.subarray(sent) };
  }

  test("goes on with the frame, and the last pong follows", async () => {
    const { peer, socket, block } = await blocked();
    peer.send(masked(Ping, "1") + masked(Ping, "2"));
    await settle();
    expect(socket.send("not now")).toBe(false);
    peer.socket.resume();
    await peer.until(() => peer.text.length >= block.length + 3);
    expect(peer.text).toBe(block + frame(Pong, "2"));
    expect(socket.send("now")).toBe(true);
  });

  test("goes on with the frame, and the answer to a close follows", async () => {
    const { peer, recorder, block } = await blocked();
    peer.send(masked(Ping, "1") + masked(Close, encodeClose(1000, "")));
    await settle();
    peer.socket.resume();
    await peer.until(() => peer.isClosed);
    expect(peer.text).toBe(block + frame(Pong, "1") + frame(Close, encodeClose(1000, "")));
    expect(recorder.events).toEqual([{ code: 1000, reason: "", error: undefined }]);
  });

  test("and gives up closes at once", async () => {
    const { peer, socket } = await blocked();
    socket.end(1001);
    await peer.until(() => peer.isClosed);
  });

  test("is asked to wait for a frame of our own that did not fit", async () => {
    const { peer, socket, recorder } = await open(HANDSHAKE, CAPACITY);
    peer.take();
    peer.socket.pause();
    const full = encodeFrame(Binary, new Uint8Array(CAPACITY - 6));
    expect(socket.write(full)).toBe(full.length);
    peer.send(masked(Ping, "0123456789"));
    await settle();
    const next = encodeFrame(Binary, Uint8Array.of(1));
    expect(socket.write(next)).toBe(0);
    recorder.onDrain = () => socket.write(next);
    peer.socket.resume();
    await peer.until(() => peer.text.endsWith(toText(next)));
    expect(peer.text).toBe(toText(full) + frame(Pong, "0123456789") + toText(next));
  });
});
