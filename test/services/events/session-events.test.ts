/**
 * Goal: a session's play is told of once, by whichever of its two sources knows it.
 *
 * Method: sessions and an admission of the test's, in orders that a whole server rarely comes to.
 */

import { expect, test } from "vitest";
import type { Admission, SessionRequest } from "../../../src/live/admission.ts";
import type { ServerEvent } from "../../../src/live/server-event.ts";
import { type Session, SessionRegistry } from "../../../src/live/session-registry.ts";
import { ManualClock } from "../../../src/runtime/memory.ts";
import { SessionEvents } from "../../../src/services/events/session-events.ts";

const YES: Admission = {
  connect: () => Promise.resolve(),
  publish: () => Promise.resolve(),
  play: () => Promise.resolve(),
  unpublished: () => undefined,
  stopped: () => undefined,
  closed: () => undefined,
};

function request(clientId: string, clientType: SessionRequest["clientType"]): SessionRequest {
  return {
    ...{ clientId, clientType, remoteAddress: "192.0.2.7", param: "?token=s3cr3t" },
    ...{ vhost: "__defaultVhost__", app: "live", stream: "show" },
    ...{ tcUrl: "", pageUrl: "", swfUrl: "" },
  };
}

function session(asked: SessionRequest, more: Partial<Session> = {}): Session {
  const { clientId, clientType, remoteAddress } = asked;
  return {
    ...{ clientId, clientType, remoteAddress, protocol: "hls", streamUrl: "/live/show" },
    ...{ request: asked, subscriber: undefined, skipCount: 0, skippedSize: 0, startedMs: 0 },
    ...{ endReason: "idle", receivedSize: 1, sentSize: 2 },
    setNoDelay: () => undefined,
    kick: () => undefined,
    ...more,
  };
}

function setUp() {
  const events: ServerEvent[] = [];
  const sessions = new SessionRegistry();
  const tell = (event: ServerEvent): void => void events.push(event);
  const source = new SessionEvents({ sessions, clock: new ManualClock(), tell });
  const types = (): string[] => events.splice(0).map(({ type }) => type);
  return { sessions, admission: source.watch(YES), types, events };
}

test("a viewer by HTTP who asks under the name of one that is there is told of when it is let in", async () => {
  const { sessions, admission, types } = setUp();
  const [first, second] = [request("same", "hls-play"), request("same", "hls-play")];
  await admission.play(first);
  const before = session(first);
  sessions.add(before);
  await admission.play(second);
  expect(types()).toEqual(["session.connected", "play.started"]);
  sessions.remove(before);
  admission.stopped(first);
  sessions.add(session(second));
  expect(types()).toEqual([
    ...["play.ended", "session.ended", "session.connected", "play.started"],
  ]);
});

test("a client by RTMP that leaves while it is being let play has done both", async () => {
  const { sessions, admission, types, events } = setUp();
  const asked = request("rtmp", "rtmp-play");
  const player = session(asked, { protocol: "rtmp", request: undefined, streamUrl: undefined });
  sessions.add(player);
  expect(types()).toEqual([]);
  await admission.connect(asked);
  await admission.play(asked);
  admission.stopped(asked);
  admission.stopped(asked);
  expect(JSON.stringify(events)).not.toContain("s3cr3t");
  expect(types()).toEqual(["session.connected", "play.started", "play.ended"]);
});

test("a client that never says what it wants is nobody", () => {
  const { sessions, types } = setUp();
  const scanner = session(request("scanner", "unknown"), {
    ...{ protocol: "rtmp", request: undefined, streamUrl: undefined },
  });
  sessions.add(scanner);
  sessions.kick("scanner", "kicked_by_api");
  sessions.remove(scanner, true);
  expect(types()).toEqual([]);
});
