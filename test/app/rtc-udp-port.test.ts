/**
 * Goal: a UDP port that breaks is opened again once, whatever is asked of it meanwhile.
 *
 * Method: a port whose sockets open when the test says so.
 */

import { expect, test } from "vitest";
import { RtcUdpPort, type RtcUdpPortOptions } from "../../src/app/rtc-udp-port.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import type { UdpHandler, UdpSocket } from "../../src/runtime/runtime.ts";
import { RecordingLogger } from "../support/http-peer.ts";
import { settle } from "../support/memory-network.ts";

function setUp() {
  const clock = new ManualClock();
  const opening: { readonly open: () => void; readonly handler: UdpHandler }[] = [];
  const opened: UdpSocket[] = [];
  let closedCount = 0;
  const server: Partial<RtcUdpPortOptions["server"]> = {
    prepareUdp: (broken) => ({
      handler: { error: broken } as never,
      opened: (socket) => void opened.push(socket),
    }),
    offerUdp: () => undefined,
    withdrawUdp: () => undefined,
    forgetUdp: () => undefined,
    countOnUdp: () => 0,
  };
  const udp = {
    bind: (_options: unknown, handler: UdpHandler) => {
      const { promise, resolve } = Promise.withResolvers<UdpSocket>();
      const socket = { port: 8_000, close: async () => void closedCount++ };
      opening.push({ open: () => resolve(socket as never), handler });
      return promise;
    },
  };
  const port = new RtcUdpPort({
    ...{ endpoint: { host: "::", port: 8_000 }, key: "a", shared: undefined, reusePort: true },
    ...{ logger: new RecordingLogger(), setupTimeoutMs: () => 5_000 },
    server: server as RtcUdpPortOptions["server"],
    runtime: { clock, udp } as unknown as RtcUdpPortOptions["runtime"],
  });
  return { port, clock, opening, opened, closed: () => closedCount };
}

test("one that is being opened again is not opened beside that", async () => {
  const { port, clock, opening, opened, closed } = setUp();
  const first = port.open();
  opening[0]?.open();
  await first;
  port.offer();
  opening[0]?.handler.error(new Error("network down"));
  clock.advance(0);
  expect(opening).toHaveLength(2);
  port.withdraw();
  port.want();
  clock.advance(1_000);
  for (const { open } of opening) open();
  await settle();
  clock.advance(60_000);
  expect([opening.length, opened.length]).toEqual([2, 2]);
  await port.close();
  expect(closed()).toBe(1);
});
