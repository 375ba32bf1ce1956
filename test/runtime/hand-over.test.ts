/**
 * Goal: where processes can hand connections over, a child serves them as if it had accepted them
 * itself, bytes that came early and TLS included, and none is left open when it dies. Where they
 * cannot, the port says so.
 *
 * Method: this process accepts, a child of the same runtime echoes behind its own words.
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { ClosedError } from "../../src/base/errors.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import type { ChildProcess, TcpListener, TcpSocket } from "../../src/runtime/runtime.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { eventually } from "./support/eventually.ts";
import { type Probe, startProbe } from "./support/probe.ts";
import { openConnection, Recorder } from "./support/recorder.ts";

const runtime = await createRuntime();
const { host, name, processes, tcp } = runtime;

const IDENTITY = createSelfSigned("one", ["localhost"]);

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A child that serves what it is handed, and a listener that hands on all it accepts. */
async function startWorker(tag: string, ...args: string[]): Promise<Probe & { target: Target }> {
  const { isRunning, idScope, startOf } = processes;
  const probe = await startProbe(
    {
      ...runtime,
      host,
      processes: {
        ...{ isRunning, idScope, startOf },
        spawn: (program, programArgs, options) =>
          processes.spawn(program, programArgs, { ...options, isWorker: true }),
      },
    },
    "worker",
    ...args,
  );
  await probe.whenPrinted("ready");
  const listener = await handOn(probe.child, tag);
  return { ...probe, target: { host: "127.0.0.1", port: listener.port, timeoutMs: 10_000 } };
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

function handOn(child: ChildProcess, tag: string): Promise<TcpListener> {
  const options = { host: "127.0.0.1", port: 0, role: "handOn" } as const;
  return tcp.listen(options, (socket) => child.handOver(socket, tag));
}

/** Connections that this process has open at `port`. */
function countOpen(port: number): number {
  const { stdout } = spawnSync("ss", ["-tnpH", `sport = :${port}`]);
  return stdout.toString().split(`pid=${host.pid},`).length - 1;
}

const lack = { name: "SystemError", code: "ENOTSUP" };

test("hand-over is said to be possible on Node alone", () => {
  expect(tcp.canHandOver).toBe(name === "node");
});

describe.skipIf(tcp.canHandOver)(`hand-over on ${name}`, () => {
  test("throws ENOTSUP", async () => {
    for (const role of ["handOn", "take"] as const) {
      const attempt = tcp.listen({ host: "127.0.0.1", port: 0, role }, () => undefined);
      await expect(attempt).rejects.toMatchObject(lack);
    }
    expect(() => host.onHandedOver(() => undefined)).toThrow(expect.objectContaining(lack));
    const { server, client } = await openConnection(tcp);
    const child = await processes.spawn("/bin/cat", [], { environment: {}, isWorker: true });
    expect(() => child.handOver(server, "")).toThrow(expect.objectContaining(lack));
    child.closeInput();
    client.destroy();
    await child.exited;
  });
});

describe.runIf(tcp.canHandOver)(`hand-over on ${name}`, () => {
  test("lets a child serve what this process accepts", async () => {
    const { child, printed, target } = await startWorker("1935");
    const events = new Recorder();
    const client = await tcp.connect(target, events);
    const greeting = `${child.pid} to ${client.localPort}\n`;
    await events.whenReceived(greeting.length);
    client.write(encode("hello"));
    await events.whenReceived(greeting.length + 5);
    expect(events.text).toBe(`${greeting}hello`);
    expect(printed.stdout).toContain("got 1935\n");
    await eventually("no connection left here", () => countOpen(target.port) === 0);
    client.end();
    await events.whenClosed();
    expect(events.error).toBeUndefined();
    child.kill("SIGKILL");
    await child.exited;
  });

  test("loses nothing that comes early, of 300 that come at once", async () => {
    const { child, target } = await startWorker("a");
    const all = Array.from({ length: 300 }, async (_, i) => {
      const events = new Recorder();
      const client = await tcp.connect(target, events);
      client.write(encode(`number ${i}.`));
      await eventually("echo", () => events.text.endsWith("."));
      client.destroy();
      return events.text;
    });
    const heard = await Promise.all(all);
    expect(heard.map((text) => text.split("\n")[1])).toEqual(heard.map((_, i) => `number ${i}.`));
    await eventually("no connection left here", () => countOpen(target.port) === 0);
    child.kill("SIGKILL");
    await child.exited;
  });

  test("lets the child do the TLS handshake", async () => {
    const { child, target } = await startWorker("tls", JSON.stringify(IDENTITY));
    const events = new Recorder();
    const trusting = { authorities: IDENTITY.certificate, serverName: "localhost" };
    const client = await tcp.connect({ ...target, tls: trusting }, events);
    const greeting = `${child.pid} to ${client.localPort}\n`;
    await events.whenReceived(greeting.length);
    client.write(new Uint8Array(1 << 20).fill(65));
    await events.whenReceived(greeting.length + (64 << 10));
    expect(events.text.startsWith(`${greeting}AAAA`)).toBe(true);
    client.destroy();
    child.kill("SIGKILL");
    await child.exited;
  });

  test("lets the child refuse", async () => {
    const { child, target } = await startWorker("refused");
    const events = new Recorder();
    await tcp.connect(target, events);
    await events.whenClosed();
    expect(events.receivedSize).toBe(0);
    child.kill("SIGKILL");
    await child.exited;
  });

  test("leaves nothing open when the child dies or does not take", async () => {
    const { child, target } = await startWorker("a");
    process.kill(child.pid, "SIGSTOP");
    const waiting = Array.from({ length: 50 }, () => new Recorder());
    for (const events of waiting) await tcp.connect(target, events);
    await eventually("accepted", () => countOpen(target.port) > 40);
    child.kill("SIGKILL");
    await child.exited;
    await Promise.all(waiting.map((events) => events.whenClosed()));
    const late = new Recorder();
    const outcome = await tcp.connect(target, late).catch((error: unknown) => error);
    // The reset may come before the connection is seen to be there.
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ClosedError);
    else await late.whenClosed();
    await eventually("no connection left", () => countOpen(target.port) === 0);
  });

  test("throws ENOTSUP for a child that is no worker, and in a process that is none", async () => {
    const { promise: accepted, resolve } = Promise.withResolvers<TcpSocket>();
    const options = { host: "127.0.0.1", port: 0, role: "handOn" } as const;
    const listener = await tcp.listen(options, resolve);
    const target = { host: "127.0.0.1", port: listener.port, timeoutMs: 10_000 };
    const client = await tcp.connect(target, new Recorder());
    const server = await accepted;
    const child = await processes.spawn("/bin/cat", [], { environment: {} });
    expect(() => child.handOver(server, "")).toThrow(expect.objectContaining(lack));
    child.closeInput();
    client.destroy();
    server.destroy();
    await child.exited;
    const lonely = await startProbe(runtime, "worker");
    await lonely.child.exited;
    expect(lonely.printed.stderr).toContain("Cannot hand over a connection");
  });
});
