/**
 * Goal: a client gets through the dialogue with any server, hears media, and knows why when it does
 * not work out.
 *
 * Method: it talks to our own session over a socket in memory, so that both ends prove each other;
 * what our session never says is put in its mouth.
 */

import { describe, expect, test } from "vitest";
import {
  ClosedError,
  ProtocolError,
  RefusedError,
  TimeoutError,
} from "../../../src/base/errors.ts";
import { encodeAmf0 } from "../../../src/codec/amf0/encode.ts";
import { AmfObject, amfString, toAmfObject } from "../../../src/codec/amf0/value.ts";
import { encodeCommand } from "../../../src/codec/rtmp/command.ts";
import {
  connectRtmp,
  type RtmpClient,
  type RtmpClientHandler,
  type RtmpClientOptions,
} from "../../../src/protocols/rtmp/client.ts";
import { parseRtmpUrl, type RtmpTarget } from "../../../src/protocols/rtmp/client-target.ts";
import { RtmpServerSession } from "../../../src/protocols/rtmp/server-session.ts";
import { RedirectError } from "../../../src/protocols/rtmp/session-handler.ts";
import { RtmpStatusError } from "../../../src/protocols/rtmp/status-error.ts";
import { MemoryCrypto } from "../../../src/runtime/memory/memory-crypto.ts";
import { createSocketPair, ManualClock, type MemorySocket } from "../../../src/runtime/memory.ts";
import type { Tcp, TcpConnectOptions } from "../../../src/runtime/runtime.ts";
import { fromHex } from "../../support/hex.ts";
import { RecordingHandler, SERVER_OPTIONS, settle } from "./raw-peer.ts";

const TARGET = parseRtmpUrl("rtmp://a.com/live/livestream?k=v");
const OPTIONS: RtmpClientOptions = {
  timeoutMs: 5000,
  idleTimeoutMs: 0,
  chunkSize: 60_000,
  outputSizeMax: 1 << 20,
};

class Listener implements RtmpClientHandler {
  readonly heard: string[] = [];
  readonly errors: (Error | undefined)[] = [];

  audio(timestamp: number, payload: Uint8Array): void {
    this.heard.push(`audio ${timestamp} ${payload.length}`);
  }
  video(timestamp: number, payload: Uint8Array): void {
    this.heard.push(`video ${timestamp} ${payload.length}`);
  }
  data(timestamp: number, name: string, payload: Uint8Array): void {
    this.heard.push(`data ${name} ${timestamp} ${payload.length}`);
  }
  drain(): void {
    this.heard.push("drain");
  }
  closed(error?: Error): void {
    this.errors.push(error);
  }
}

/** A place where a client and a server meet. */
class Meeting {
  readonly clock = new ManualClock();
  readonly listener = new Listener();
  readonly handler = new RecordingHandler();
  readonly socket: MemorySocket;
  session: RtmpServerSession | undefined;
  connectOptions: TcpConnectOptions | undefined;
  readonly #clientSocket: MemorySocket;

  constructor() {
    [this.#clientSocket, this.socket] = createSocketPair();
  }

  /** Puts our own session at the other end. */
  serve(): this {
    this.session = new RtmpServerSession(this.socket, this.handler, SERVER_OPTIONS, 0);
    return this;
  }

  connect(
    options: Partial<RtmpClientOptions> = {},
    target: RtmpTarget = TARGET,
  ): Promise<RtmpClient> {
    const tcp: Pick<Tcp, "connect"> = {
      connect: async (connectOptions, handler) => {
        this.connectOptions = connectOptions;
        this.#clientSocket.handler = handler;
        return this.#clientSocket;
      },
    };
    const ports = { tcp, clock: this.clock, crypto: new MemoryCrypto() };
    return connectRtmp(ports, target, { ...OPTIONS, ...options }, this.listener);
  }

  /** What the server says, outside of its own dialogue. */
  say(name: string, ...args: (string | number | null | AmfObject)[]): void {
    const payload = encodeCommand(name, 0, null, args);
    const at = { timestamp: 0, messageStreamId: 1, chunkStreamId: 5 };
    this.session?.connection.send({ typeId: 20, ...at, payload });
  }
}

describe("connectRtmp()", () => {
  test("connects, and says what Flash says, and more", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect({
      properties: { pageUrl: "http://a.com/", flashVer: "x" },
      extra: toAmfObject({ srs_id: "me" }),
    });
    await settle();
    expect(meeting.connectOptions).toEqual({ host: "a.com", port: 1935, timeoutMs: 5000 });
    expect(meeting.handler.connectInfo).toMatchObject({
      app: "live",
      tcUrl: "rtmp://a.com/live",
      pageUrl: "http://a.com/",
      flashVersion: "x",
      objectEncoding: 0,
      isEnhanced: true,
      extra: toAmfObject({ srs_id: "me" }),
    });
    const information = client.serverInformation;
    const data = information instanceof AmfObject ? information.get("data") : undefined;
    expect(amfString(data, "srs_id")).toBe("client01");
    expect(client.connection.chunkSize).toBe(60_000);
    expect(meeting.clock.timerCount).toBe(1); // The sweep.
  });

  test("asks for TLS if the address does", async () => {
    const meeting = new Meeting().serve();
    await meeting.connect({}, parseRtmpUrl("rtmps://a.com/live/s"));
    expect(meeting.connectOptions).toEqual({ host: "a.com", port: 443, timeoutMs: 5000, tls: {} });
  });

  test("fails with what the server says", async () => {
    const meeting = new Meeting().serve();
    meeting.handler.refusal = new RefusedError("forbidden", "Cannot let you in");
    const error = await meeting.connect().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RtmpStatusError);
    expect(error).toMatchObject({
      code: "NetConnection.Connect.Rejected",
      description: "Cannot let you in",
      redirectUrl: undefined,
    });
    await settle();
    expect(meeting.listener.errors).toHaveLength(1);
    expect(meeting.clock.timerCount).toBe(0);
  });

  test("fails with a server that hangs up", async () => {
    const meeting = new Meeting();
    const connecting = meeting.connect();
    meeting.socket.end();
    await expect(connecting).rejects.toBeInstanceOf(ClosedError);
    expect(meeting.clock.timerCount).toBe(0);
  });

  test("fails with a server that says nothing", async () => {
    const meeting = new Meeting();
    const connecting = meeting.connect();
    await settle();
    meeting.clock.advance(4999);
    await settle();
    expect(meeting.listener.errors).toEqual([]);
    meeting.clock.advance(1);
    await expect(connecting).rejects.toBeInstanceOf(TimeoutError);
    await settle();
    expect(meeting.listener.errors).toEqual([expect.any(TimeoutError)]);
    expect(meeting.clock.timerCount).toBe(0);
  });

  test("fails with a server that does not answer", async () => {
    const meeting = new Meeting().serve();
    meeting.handler.isThinking = true;
    const connecting = meeting.connect();
    await settle();
    meeting.clock.advance(5000);
    await expect(connecting).rejects.toThrow('Cannot wait longer for the answer to "connect"');
  });

  test("fails with a server that does not speak RTMP", async () => {
    const meeting = new Meeting();
    meeting.socket.handler = {
      data: () => void meeting.socket.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request")),
      drain: () => undefined,
      close: () => undefined,
    };
    await expect(meeting.connect()).rejects.toThrow("Cannot speak RTMP version 72");
  });
});

describe("play()", () => {
  test("asks for the stream and hears it", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect();
    await client.play(TARGET.stream);
    expect(client.messageStreamId).toBe(1);
    expect(meeting.handler.news()).toEqual([
      "connect rtmp://a.com/live",
      "play a.com live livestream?k=v",
      "start",
    ]);
    expect(meeting.handler.playRequest).toMatchObject({ start: -2, bufferLengthMs: 1000 });
    const at = { messageStreamId: 1, chunkStreamId: 4 };
    meeting.session?.connection.send({
      typeId: 18,
      ...at,
      timestamp: 1,
      payload: encodeAmf0("onMetaData", null),
    });
    meeting.session?.connection.send({ typeId: 8, ...at, timestamp: 2, payload: fromHex("af01") });
    meeting.session?.connection.send({
      typeId: 9,
      ...at,
      timestamp: 3,
      payload: new Uint8Array(100_000),
    });
    const aggregate = fromHex("08 000002 000000 00 000000 af01 0000000d");
    meeting.session?.connection.send({ typeId: 22, ...at, timestamp: 4, payload: aggregate });
    meeting.session?.connection.send({ typeId: 18, ...at, timestamp: 5, payload: fromHex("05") });
    await settle();
    expect(meeting.listener.heard).toEqual([
      "data |RtmpSampleAccess 0 24",
      "data onMetaData 1 14",
      "audio 2 2",
      "video 3 100000",
      "audio 4 2",
    ]);
  });

  test("fails with what the server says", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect();
    meeting.handler.refusal = new RefusedError("not_found", "Cannot find it");
    await expect(client.play("x")).rejects.toMatchObject({ code: "NetStream.Play.StreamNotFound" });
  });

  test("tells where else the stream is", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect();
    meeting.handler.refusal = new RedirectError("rtmp://b.com/live", "rtmp://b.com/live/s?k=v");
    await expect(client.play("x")).rejects.toMatchObject({
      code: "NetConnection.Connect.Rejected",
      redirectUrl: "rtmp://b.com/live/s?k=v",
    });
  });

  test("tells where else the stream is, though it had begun, as SRS does", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect();
    await client.play("x");
    const ex = toAmfObject({ code: 302, redirect: "rtmp://b.com/live/s" });
    meeting.say(
      "onStatus",
      toAmfObject({ level: "error", code: "NetConnection.Connect.Rejected", ex }),
    );
    await settle();
    expect(meeting.listener.errors).toEqual([
      expect.objectContaining({ name: "RtmpStatusError", redirectUrl: "rtmp://b.com/live/s" }),
    ]);
  });

  test("fails if the connection is gone already", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect();
    client.destroy();
    await settle();
    await expect(client.play("x")).rejects.toBeInstanceOf(ClosedError);
  });

  test("is not troubled by other statuses", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect();
    await client.play("x");
    meeting.say(
      "onStatus",
      toAmfObject({ level: "status", code: "NetStream.Play.UnpublishNotify" }),
    );
    meeting.say(
      "onStatus",
      toAmfObject({ level: "warning", code: "NetStream.Play.InsufficientBW" }),
    );
    meeting.say("onStatus");
    meeting.say("onStatus", 5);
    meeting.say("onBWDone");
    meeting.say("_result", null);
    meeting.say("_error", null);
    await settle();
    expect(meeting.listener.errors).toEqual([]);
  });
});

describe("publish()", () => {
  test("announces the stream, publishes and sends", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect();
    await client.publish(TARGET.stream);
    expect(meeting.handler.news()).toEqual([
      "connect rtmp://a.com/live",
      "publish a.com live livestream?k=v fmle-publish",
    ]);
    client.sendData(1, encodeAmf0("onMetaData", toAmfObject({ width: 1 })));
    client.sendAudio(2, fromHex("af01"));
    client.sendVideo(0xffff_ffff, new Uint8Array(100_000));
    await settle();
    expect(meeting.handler.media).toEqual([
      ["data onMetaData", 1, encodeAmf0("onMetaData", toAmfObject({ width: 1 })).length],
      ["audio", 2, 2],
      ["video", 0xffff_ffff, 100_000],
    ]);
  });

  test("fails with what the server says", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect();
    meeting.handler.refusal = new RefusedError("stream_busy", "Cannot have it: it is busy");
    await expect(client.publish("x")).rejects.toMatchObject({
      code: "NetStream.Publish.BadName",
      description: "Cannot have it: it is busy",
    });
  });

  test("waits no longer than it should", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect();
    meeting.handler.isThinking = true;
    const publishing = client.publish("x");
    await settle();
    meeting.clock.advance(5000);
    await expect(publishing).rejects.toThrow('Cannot wait longer for "NetStream.Publish.Start"');
  });

  test("leaves politely, once all has been sent", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect();
    await client.publish("x");
    client.sendVideo(0, new Uint8Array(500_000));
    client.close();
    client.close();
    await settle();
    expect(meeting.handler.media).toHaveLength(1);
    expect(meeting.handler.news().slice(2)).toEqual(["unpublish", "closed"]);
    expect(meeting.listener.errors).toEqual([undefined]);
    expect(meeting.clock.timerCount).toBe(0);
  });

  test("needs a stream id", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect();
    // The answer to createStream, which is the fourth call, comes before the server's own.
    const payload = encodeCommand("_result", 4, null, [null]);
    meeting.session?.connection.send({
      typeId: 20,
      timestamp: 0,
      messageStreamId: 0,
      chunkStreamId: 3,
      payload,
    });
    await expect(client.publish("x")).rejects.toBeInstanceOf(ProtocolError);
  });
});

describe("RtmpClient", () => {
  test("ends if the server falls silent for longer than it may", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect({ idleTimeoutMs: 10_000 });
    await client.play("x");
    for (let i = 0; i < 8; i++) {
      meeting.clock.advance(5000);
      const at = { messageStreamId: 1, chunkStreamId: 4, timestamp: i };
      meeting.session?.connection.send({ typeId: 8, ...at, payload: fromHex("af01") });
      await settle();
    }
    expect(meeting.listener.errors).toEqual([]);
    meeting.clock.advance(12_000);
    await settle();
    expect(meeting.listener.errors).toEqual([expect.any(TimeoutError)]);
  });

  test("hands on shared blocks, and says when to go on", async () => {
    const meeting = new Meeting().serve();
    const client = await meeting.connect();
    await client.publish("x");
    const block = new Uint8Array((1 << 20) + 5);
    expect(client.writeShared(block)).toBe(1 << 20);
    await settle();
    expect(meeting.listener.heard).toContain("drain");
  });
});
