/**
 * Goal: a server on the internet that is fetched from cannot have this one ask itself, or others in its
 * network, while a source that is inside by the configuration's own word is had as any other.
 *
 * Method: connections to addresses that the test names.
 */

import { describe, expect, test } from "vitest";
import type { Tcp, TcpHandler, TcpSocket } from "../../../src/runtime/runtime.ts";
import { guardInside } from "../../../src/services/pull/inside-guard.ts";

const HANDLER: TcpHandler = {
  data: () => undefined,
  drain: () => undefined,
  close: () => {
    throw new Error("It has been told already");
  },
};

/** Connects to the address that is the host. */
function createTcp() {
  const destroyed: string[] = [];
  const tcp: Pick<Tcp, "connect"> = {
    connect: async ({ host }, handler) => {
      const socket = {
        handler,
        remoteAddress: host,
        destroy() {
          destroyed.push(host);
          socket.handler.close();
        },
      };
      return socket as unknown as TcpSocket;
    },
  };
  return { guarded: guardInside(tcp), destroyed };
}

const to = (host: string) => ({ host, port: 80, timeoutMs: 1_000 });

describe("a source outside", () => {
  test.each([
    ...["127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.1", "192.168.1.1"],
    ...["169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "::", "fe80::1", "fd00::1", "fc00::1"],
  ])("does not lead to %s", async (host) => {
    const { guarded, destroyed } = createTcp();
    await guarded.connect(to("203.0.113.1"), HANDLER);
    await expect(guarded.connect(to(host), HANDLER)).rejects.toThrow("private network");
    expect(destroyed).toEqual([host]);
  });

  test.each(["172.32.0.1", "100.128.0.1", "11.0.0.1", "2001:db8::1", "203.0.113.2"])(
    "may lead to %s",
    async (host) => {
      const { guarded } = createTcp();
      await guarded.connect(to("2001:db8::2"), HANDLER);
      expect((await guarded.connect(to(host), HANDLER)).remoteAddress).toBe(host);
    },
  );
});

test("a source inside may lead anywhere", async () => {
  const { guarded, destroyed } = createTcp();
  for (const host of ["192.168.0.7", "127.0.0.1", "203.0.113.1"]) {
    await guarded.connect(to(host), HANDLER);
  }
  expect(destroyed).toEqual([]);
});
