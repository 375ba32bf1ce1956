/**
 * Goal: a process finds out what sockets it was started with, serves them, and hands them to the
 * children that are to have them and to no others; and knows its user and the machine's clock.
 *
 * Method: real sockets of the test's own process, handed to a child, test/runtime/scripts/probe.ts,
 * which answers on them after they have been closed here. Telling a service manager and becoming
 * another user take a manager and root: test/integration/service-manager.test.ts and background.test.ts.
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, expect, onTestFinished, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";
import { findDescriptors } from "../../src/runtime/node-compat/find-descriptors.ts";
import { eventually } from "./support/eventually.ts";
import { probeCommand } from "./support/probe.ts";

const runtime = await createRuntime();
const { host, tcp, udp, processes, name: runtimeName } = runtime;
const LOCAL = { host: "127.0.0.1", port: 0 };
const ignore = { data: () => undefined, drain: () => undefined, close: () => undefined };
const deaf = { datagram: () => undefined, error: () => undefined };

describe(`sockets that were inherited on ${runtimeName}`, () => {
  test("are known by their own addresses", async () => {
    const listener = await tcp.listen(LOCAL, (socket) => socket.destroy());
    onTestFinished(() => listener.close());
    const socket = await udp.bind({ host: "::1", port: 0 }, deaf);
    onTestFinished(() => socket.close());
    const [first = -1] = await findDescriptors("tcp", listener.port);
    const [second = -1] = await findDescriptors("udp", socket.port);
    const { port } = listener;
    expect(await host.takeInherited(first)).toEqual({
      ...{ descriptor: first, transport: "tcp", host: "127.0.0.1", port },
    });
    expect(await host.takeInherited(second)).toEqual({
      ...{ descriptor: second, transport: "udp", host: "::1", port: socket.port },
    });
  });

  test.each([0, 9_999])("are none by the number %d", async (descriptor) => {
    expect(await host.takeInherited(descriptor)).toBeUndefined();
  });

  test("are not a connection either", async () => {
    const listener = await tcp.listen(LOCAL, () => undefined);
    onTestFinished(() => listener.close());
    const client = await tcp.connect({ ...LOCAL, port: listener.port, timeoutMs: 5_000 }, ignore);
    onTestFinished(() => client.destroy());
    const known = new Set(await findDescriptors("tcp", listener.port));
    expect(known.size).toBe(1);
    expect(await findDescriptors("tcp", client.localPort)).toEqual([]);
  });

  test("serve a child that is to have them, by the same numbers", async () => {
    const listener = await tcp.listen(LOCAL, (socket) => socket.destroy());
    const socket = await udp.bind(LOCAL, deaf);
    const [first = -1] = await findDescriptors("tcp", listener.port);
    const [second = -1] = await findDescriptors("udp", socket.port);
    await host.takeInherited(first);
    await host.takeInherited(second);
    const [program = "", ...args] = probeCommand(runtime, "inherited", `${first}`, `${second}`);
    let printed = "";
    const child = await processes.spawn(program, args, {
      environment: { ...host.environment, NO_COLOR: "1" },
      descriptors: [first, second],
      output: (bytes) => {
        printed += new TextDecoder().decode(bytes);
      },
    });
    onTestFinished(() => child.kill("SIGKILL"));
    await eventually("the child to serve", () => printed.includes("ready"));
    const { port } = listener;
    const datagramPort = socket.port;
    await listener.close();
    await socket.close();

    let text = "";
    const data = (bytes: Uint8Array): void => {
      text += new TextDecoder().decode(bytes);
    };
    await tcp.connect({ ...LOCAL, port, timeoutMs: 5_000 }, { ...ignore, data });
    await eventually("its answer", () => text === "hello by TCP");
    let answer = "";
    const peer = await udp.bind(LOCAL, {
      ...deaf,
      datagram: (bytes) => {
        answer = new TextDecoder().decode(bytes);
      },
    });
    onTestFinished(() => peer.close());
    await eventually("its answer by UDP", () => {
      peer.send(new TextEncoder().encode("hello"), "127.0.0.1", datagramPort);
      return answer === "hello by UDP";
    });
  });

  test("are not there in any other child", async () => {
    const listener = await tcp.listen(LOCAL, (socket) => socket.destroy());
    onTestFinished(() => listener.close());
    const [descriptor = -1] = await findDescriptors("tcp", listener.port);
    await host.takeInherited(descriptor);
    let printed = "";
    const child = await processes.spawn("/bin/ls", ["-l", "/proc/self/fd"], {
      environment: {},
      output: (bytes) => {
        printed += new TextDecoder().decode(bytes);
      },
    });
    await child.exited;
    expect(printed).toContain("0 ->");
    expect(printed).not.toMatch(new RegExp(`${descriptor} -> socket`));
  });
});

describe(`the service itself on ${runtimeName}`, () => {
  test("knows the clock that all programs share", async () => {
    const us = (await host.monotonicUs()) ?? Number.NaN;
    const uptimeUs = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1e6;
    // Which, unlike this clock, counts the time that the machine sleeps.
    expect(us).toBeLessThanOrEqual(uptimeUs + 20_000);
    const later = (await host.monotonicUs()) ?? Number.NaN;
    expect(later).toBeGreaterThanOrEqual(us);
    expect(later - us).toBeLessThan(5_000_000);
  });

  test("knows for whom it acts, and who has started it", () => {
    expect(host.userId()).toBe(process.getuid?.());
    expect(host.parentPid).toBe(process.ppid);
  });

  test("cannot tell a manager that is not there", async () => {
    const code = runtimeName === "node" ? "ENOTSUP" : "ECONNREFUSED";
    for (const path of ["/nowhere/notify", "@sluice-nobody", `/${"x".repeat(200)}`]) {
      const sending = host.sendLocalDatagram(path, new Uint8Array(1));
      await expect(sending).rejects.toMatchObject({ name: "SystemError", code });
    }
  });

  test("opens one socket for all that it tells a manager", async () => {
    const tell = (): Promise<void> =>
      host.sendLocalDatagram("/nowhere/notify", new Uint8Array(1)).catch(() => undefined);
    await tell();
    const before = host.openFiles() ?? 0;
    for (let count = 0; count < 20; count++) await tell();
    // Others of the test's process open and close files at the same time.
    expect(host.openFiles()).toBeLessThan(before + 20);
  });

  test.skipIf(process.getuid?.() === 0)("becomes nobody else without root's rights", async () => {
    const user = { userId: 1, groupId: 1, groupIds: [1] };
    await expect(host.changeUser(user)).rejects.toMatchObject({ code: "EPERM" });
  });
});
