/**
 * Goal: all addresses of a server are one backend, however many vhosts call it; one that is not called
 * any more is forgotten.
 *
 * Method: look-ups, and a clock that tests move.
 */

import { expect, test } from "vitest";
import { MemoryFiles } from "../../../src/runtime/memory/memory-files.ts";
import { MemoryTcp } from "../../../src/runtime/memory/memory-tcp.ts";
import { ManualClock } from "../../../src/runtime/memory.ts";
import { Backends } from "../../../src/services/hooks/backend.ts";
import type { Notice } from "../../../src/services/hooks/notice-queue.ts";

const SETTINGS = { connections: 4, tlsVerify: true, tlsCa: "" };
const A = new URL("http://a.example/x");

function start() {
  const clock = new ManualClock();
  const ports = { tcp: new MemoryTcp(), files: new MemoryFiles(clock), clock };
  const backends = new Backends({ ...ports, onLost: () => undefined });
  return { clock, backends };
}

test("is found by scheme, host and port, and how it is to be called", () => {
  const { backends } = start();
  const backend = backends.find(A, SETTINGS);
  expect(backends.find(new URL("http://A.example:80/y?z"), { ...SETTINGS })).toBe(backend);
  for (const [url, settings] of [
    ["http://a.example:81/x", SETTINGS],
    ["https://a.example/x", SETTINGS],
    ["http://b.example/x", SETTINGS],
    ["http://a.example/x", { ...SETTINGS, connections: 5 }],
    ["http://a.example/x", { ...SETTINGS, tlsVerify: false }],
    ["http://a.example/x", { ...SETTINGS, tlsCa: "a.pem" }],
  ] as const) {
    expect(backends.find(new URL(url), settings)).not.toBe(backend);
  }
});

test("is forgotten a while after its last call, unless something waits for it", async () => {
  const { clock, backends } = start();
  const advance = (ms: number): void => {
    clock.advance(ms);
    backends.sweep(clock.monotonicMs());
  };
  backends.find(A, SETTINGS);
  advance(50_000);
  const backend = backends.find(A, SETTINGS);
  advance(50_000);
  expect(backends.all).toEqual([backend]);
  const notice: Notice = {
    event: "on_stop",
    clientId: "abcd1234",
    streamUrl: "/live/show",
    size: 1,
    retriesMax: 9,
    isInOrder: false,
    tell: () => new Promise(() => undefined),
  };
  backend.queue.add(notice, { lengthMax: 1, sizeMax: 1 });
  advance(50_000);
  expect(backends.all).toEqual([backend]);
  backends.find(new URL("http://b.example/"), SETTINGS);
  advance(70_000);
  expect(backends.all).toEqual([backend]);
});
