/**
 * Goal: where the runtime says that processes can share a port, they do, and each gets its share; what
 * a listener asks of the kernel's buffers and queues is granted.
 *
 * Method: two children at one port and 200 connections: that one of them gets none by chance has a
 * probability of 2^-199. What the kernel granted is read from ss(8).
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";
import type { TcpListener, TcpListenOptions, TcpSocket } from "../../src/runtime/runtime.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { pass } from "./support/eventually.ts";
import { testUnlessGap } from "./support/gaps.ts";
import { probeCommand, startProbe } from "./support/probe.ts";
import { fill, Recorder } from "./support/recorder.ts";

const runtime = await createRuntime();
const { tcp } = runtime;

const hasSs = spawnSync("ss", ["-V"]).error === undefined;

async function listenOnce(options: Partial<TcpListenOptions>): Promise<{
  listener: TcpListener;
  accepted: Promise<TcpSocket>;
}> {
  const { promise: accepted, resolve } = Promise.withResolvers<TcpSocket>();
  const listener = await tcp.listen({ host: "127.0.0.1", port: 0, ...options }, resolve);
  return { listener, accepted };
}

/** What ss(8) says of the sockets whose own port is `port`. */
function inspect(flags: string, port: number): string {
  return spawnSync("ss", [flags, `sport = :${port}`]).stdout.toString();
}

describe(`shared ports on ${runtime.name}`, () => {
  test("are said to be possible where they are", async () => {
    const first = await startProbe(runtime, "shared-listener");
    await first.whenPrinted(" \n");
    const port = Number(/port (\d+)/.exec(first.printed.stdout)?.[1]);
    const second = await startProbe(runtime, "shared-listener", String(port));
    const children = [first.child, second.child];
    try {
      if (!tcp.canSharePort) {
        expect((await second.child.exited).code).not.toBe(0);
        return;
      }
      await second.whenPrinted(" \n");
      const counts = new Map<string, number>();
      for (let i = 0; i < 200; i++) {
        const events = new Recorder();
        await tcp.connect({ host: "127.0.0.1", port, timeoutMs: 10_000 }, events);
        await events.whenClosed();
        counts.set(events.text, (counts.get(events.text) ?? 0) + 1);
      }
      expect([...counts.keys()].sort()).toEqual(children.map(({ pid }) => `${pid}\n`).sort());
    } finally {
      for (const child of children) child.kill("SIGKILL");
    }
  });

  test.runIf(process.platform === "linux")("are said to be possible on Linux", () => {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    expect(tcp.canSharePort).toBe(major * 100 + minor >= 2212 && `${major}.${minor}` !== "23.0");
  });
});

describe.skipIf(!hasSs)(`the kernel's part in listening on ${runtime.name}`, () => {
  const SIZE = 96 << 10;
  const IDENTITY = createSelfSigned("one", ["localhost"]);

  for (const kind of ["TCP", "TLS"]) {
    const tls = kind === "TLS" ? { tls: IDENTITY } : {};
    const secure = kind === "TLS" ? { tls: { isVerified: false } } : {};

    testUnlessGap(
      runtime,
      "TCP send buffer size",
      `holds as much as it was told for a ${kind} peer that does not read`,
      async () => {
        const { listener, accepted } = await listenOnce({ sendBufferSize: SIZE, ...tls });
        const target = { host: "127.0.0.1", port: listener.port, timeoutMs: 10_000, ...secure };
        const client = await tcp.connect(target, new Recorder());
        client.pause();
        const server = await accepted;
        server.handler = new Recorder();
        const block = new Uint8Array(64 << 10);
        let takenSize = 0;
        for (let turn = 0; turn < 20; turn++) {
          takenSize += fill(server, block);
          await pass(5);
        }
        const [, report = ""] = inspect("-tnmH", listener.port).match(/skmem:\((.*?)\)/) ?? [];
        const [, heldSize] = inspect("-tnH", listener.port).match(/^ESTAB +\d+ +(\d+)/m) ?? [];
        client.destroy();
        server.destroy();
        await listener.close();
        // Linux doubles what is asked for, for its own bookkeeping: socket(7), SO_SNDBUF.
        expect(report).toContain(`,tb${2 * SIZE},`);
        // A TLS peer's runtime may read on while it is paused: see the gap "TLS pause".
        if (kind === "TLS") return;
        expect(Number(heldSize)).toBeGreaterThan(0);
        // It takes one more segment of 64 KiB at most as long as there is any room.
        expect(Number(heldSize)).toBeLessThan(2 * SIZE + (64 << 10));
        // The rest is with the peer, and in this process where it has a queue of its own.
        expect(takenSize).toBeLessThan(2 * SIZE + (512 << 10));
      },
    );

    test(`lets as many wait to be accepted as the system allows, for ${kind}`, async () => {
      const { listener } = await listenOnce(tls);
      const [, queue] = inspect("-ltnH", listener.port).match(/^LISTEN +\d+ +(\d+)/m) ?? [];
      await listener.close();
      const limit = Number(await runtime.files.readText("/proc/sys/net/core/somaxconn"));
      expect(Number(queue)).toBe(Math.min(4096, limit));
    });
  }

  test("leaves other listeners as they are", async () => {
    const other = await listenOnce({});
    const told = await listenOnce({ sendBufferSize: SIZE });
    const report = inspect("-ltnmH", other.listener.port);
    await told.listener.close();
    await other.listener.close();
    expect(report).toContain("skmem:");
    expect(report).not.toContain(`tb${2 * SIZE},`);
  });

  testUnlessGap(
    runtime,
    "TCP send buffer size",
    "is asked for this process alone where others share the port",
    async () => {
      const probe = await startProbe(runtime, "shared-listener");
      await probe.whenPrinted(" \n");
      const port = Number(/port (\d+)/.exec(probe.printed.stdout)?.[1]);
      const own = await listenOnce({ port, reusePort: true, sendBufferSize: SIZE });
      const lines = inspect("-ltnmpHO", port).trim().split("\n");
      await own.listener.close();
      probe.child.kill("SIGKILL");
      await probe.child.exited;
      const tuned = lines.filter((line) => line.includes(`,tb${2 * SIZE},`));
      expect(lines.length).toBe(2);
      expect(tuned.length).toBe(1);
      expect(tuned[0]).toContain(`pid=${process.pid},`);
    },
  );

  test("takes 900 that come at once while nobody accepts", async () => {
    const { listener } = await listenOnce({});
    // This process stands still meanwhile.
    const [program = "", ...args] = probeCommand(runtime, "crowd", String(listener.port), "900");
    const { stdout, stderr } = spawnSync(program, args);
    await listener.close();
    expect(stderr.toString()).toBe("");
    expect(stdout.toString()).toBe("900 connected\n");
  });
});
