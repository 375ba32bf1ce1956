/**
 * Goal: `connect` is answered as SRS answers it, or refused with a word of why.
 *
 * Method: a client that follows the dialogues of the captures of SRS talks to a session over a socket in
 * memory; whole answers are compared.
 */

import { describe, expect, test } from "vitest";
import { ProtocolError, RefusedError } from "../../../src/base/errors.ts";
import { toAmfObject } from "../../../src/codec/amf0/value.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { CONNECT_RESULT, CONTROL, ON_BW_DONE } from "./dialogue.ts";
import { setConnectedStage, setStage, settle } from "./raw-peer.ts";

describe("connect", () => {
  test("is answered in SRS's order, in one write", async () => {
    const { peer, handler, session } = setStage();
    await peer.shakeHands();
    expect(peer.reads).toEqual([3073]);
    expect(await peer.connect()).toEqual([...CONTROL, CONNECT_RESULT, ON_BW_DONE]);
    expect(peer.reads).toHaveLength(2);
    expect(handler.news()).toEqual(["connect rtmp://127.0.0.1:1935/live"]);
    expect(session.connection.receivedSize).toBe(peer.socket.sentSize);
    expect(session.connection.sentSize).toBe(3073 + (peer.reads[1] ?? 0));
  });

  test("tells the handler what the client says of itself", async () => {
    const { peer, handler } = setStage();
    peer.write(joinBytes(fromHex("f3 0004 c0000207")));
    await peer.shakeHands();
    peer.command(
      "connect",
      1,
      toAmfObject({
        app: "live",
        tcUrl: "rtmp://example.com/live?token=1",
        pageUrl: "http://example.com/",
        swfUrl: "http://example.com/a.swf",
        flashVer: "WIN 15,0,0,239",
        objectEncoding: 3,
        sluiceVia: "vid-one,vid-two",
      }),
      toAmfObject({ srs_id: "edge" }),
    );
    await settle();
    expect(handler.connectInfo).toEqual({
      url: {
        scheme: "rtmp",
        host: "example.com",
        port: 1935,
        vhost: "example.com",
        app: "live",
        stream: "",
        param: "?token=1",
      },
      app: "live",
      tcUrl: "rtmp://example.com/live?token=1",
      pageUrl: "http://example.com/",
      swfUrl: "http://example.com/a.swf",
      flashVersion: "WIN 15,0,0,239",
      objectEncoding: 3,
      extra: toAmfObject({ srs_id: "edge" }),
      via: ["vid-one", "vid-two"],
      isEnhanced: false,
      proxiedAddress: "192.0.2.7",
    });
    expect(peer.news().at(-2)).toContain("objectEncoding:3");
  });

  test.each([
    ["fourCcList", ["hvc1"]],
    ["videoFourCcInfoMap", toAmfObject({ "*": 1 })],
    ["capsEx", 7],
  ])("answers in the terms of Enhanced RTMP to those who send %s", async (name, value) => {
    const { peer, handler } = setStage();
    await peer.shakeHands();
    const answer = (await peer.connect({ [name]: value })).find((line) => line.includes("_result"));
    expect(answer).toContain(
      'mode:1,fourCcList:["av01","vp09","vp08","hvc1","avc1","ac-3","ec-3","Opus",".mp3","fLaC","mp4a"],videoFourCcInfoMap:{*:4},audioFourCcInfoMap:{*:4},capsEx:4}',
    );
    expect(handler.connectInfo?.isEnhanced).toBe(true);
  });

  test("announces no window if none is configured", async () => {
    const { peer, handler } = setStage();
    handler.wireSettings = { ...handler.wireSettings, outAckSize: 0 };
    await peer.shakeHands();
    expect(await peer.connect()).toEqual([...CONTROL.slice(1), CONNECT_RESULT, ON_BW_DONE]);
  });

  test("does without tcUrl", async () => {
    const { peer, handler } = await setConnectedStage();
    expect(handler.connectInfo?.url.app).toBe("live");
    const bare = setStage();
    await bare.peer.shakeHands();
    await bare.peer.call("connect", 1, toAmfObject({ app: "live/show?vhost=a.com" }));
    expect(bare.handler.connectInfo?.url).toMatchObject({ vhost: "a.com", app: "live/show" });
    expect(peer.isClosed).toBe(false);
  });

  test.each([
    [
      new RefusedError("forbidden", "Cannot let you in"),
      "NetConnection.Connect.Rejected",
      "Cannot let you in",
    ],
    [
      new RefusedError("bad_name", "Cannot use that"),
      "NetConnection.Connect.InvalidApp",
      "Cannot use that",
    ],
    [new Error("secret"), "NetConnection.Connect.Rejected", "Internal error"],
  ])("is refused by _error, then the connection ends: %s", async (error, code, description) => {
    const { peer, handler } = setStage();
    handler.refusal = error;
    await peer.shakeHands();
    expect(await peer.connect()).toEqual([
      `csid=3 sid=0 _error 1 null {level:"error",code:"${code}",description:"${description}",clientid:"ASAICiss"}`,
    ]);
    expect(peer.isClosed).toBe(true);
    expect(handler.errors).toEqual([error]);
  });

  test("is refused if its address would leave its place", async () => {
    const { peer, handler } = setStage();
    await peer.shakeHands();
    const [answer] = await peer.connect({ tcUrl: "rtmp://127.0.0.1/../../etc" });
    expect(answer).toContain("NetConnection.Connect.InvalidApp");
    expect(handler.events).toEqual(["closed"]);
    expect(handler.errors[0]).toBeInstanceOf(RefusedError);
  });

  test.each([
    ["a command before it", "createStream", []],
    ["nothing in it", "connect", [null]],
  ])("ends the session: %s", async (_name, name, rest) => {
    const { peer, handler } = setStage();
    await peer.shakeHands();
    await peer.call(name, 1, ...rest);
    expect(peer.isClosed).toBe(true);
    expect(handler.errors[0]).toBeInstanceOf(ProtocolError);
  });

  test("happens once", async () => {
    const { peer, handler } = await setConnectedStage();
    await peer.connect();
    expect(peer.isClosed).toBe(true);
    expect(handler.errors[0]).toBeInstanceOf(ProtocolError);
  });
});
