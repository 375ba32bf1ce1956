/**
 * Goal: what the runtime in memory has beyond the port does what tests use it for.
 *
 * Method: each of its switches once. The port itself is tested beside the real runtimes.
 */

import { describe, expect, test } from "vitest";
import { MemoryExit } from "../../src/runtime/memory/memory-host.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import { createSocketPair } from "../../src/runtime/memory.ts";
import { openConnection, Recorder } from "./support/recorder.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("sockets", () => {
  test("hold back a write beyond the capacity, and count writes and bytes", async () => {
    const [left, right] = createSocketPair(10);
    const events = new Recorder();
    right.handler = events;
    right.pause();
    expect(left.write(encode("0123456"))).toBe(7);
    expect(left.write(encode("789abc"))).toBe(3);
    expect([left.sentSize, left.writeCount]).toEqual([10, 2]);
    right.resume();
    await events.whenReceived(10);
    expect(events.text).toBe("0123456789");
  });

  test("are listed, both ends, with the capacity set", async () => {
    const { tcp } = new MemoryRuntime();
    tcp.capacity = 4;
    const { client, server } = await openConnection(tcp);
    expect(tcp.connections).toEqual([[client, server]]);
    expect(client.write(encode("12345"))).toBe(4);
  });

  test("speak TLS only with a listener that does", async () => {
    const { tcp } = new MemoryRuntime();
    const identity = { certificate: "one", key: "one" };
    const options = { host: "::", port: 443, tls: identity };
    const listener = await tcp.listen(options, (socket) => {
      expect(socket.isTls).toBe(true);
    });
    const target = { host: "localhost", port: 443, timeoutMs: 1 };
    const client = await tcp.connect({ ...target, tls: {} }, new Recorder());
    expect(client.isTls).toBe(true);
    await expect(tcp.connect(target, new Recorder())).rejects.toThrow("only one side speaks TLS");
    expect(() => listener.setTlsIdentity({ certificate: "two", key: "two" })).not.toThrow();
  });
});

describe("other parts", () => {
  test("a connection handed over is served by who takes it, with what came early", async () => {
    const { tcp, processes, host } = new MemoryRuntime();
    const child = await processes.spawn("sluice", [], { environment: {}, isWorker: true });
    const address = { host: "::", port: 80 };
    await tcp.listen({ ...address, role: "handOn" }, (socket) => child.handOver(socket, "80"));
    const events = new Recorder();
    const client = await tcp.connect({ ...address, timeoutMs: 1 }, events);
    client.write(encode("early"));
    await Promise.resolve();

    const served = new Recorder();
    const taker = await tcp.listen({ ...address, role: "take" }, (socket) => {
      socket.handler = served;
    });
    host.onHandedOver((socket, tag) => {
      expect(tag).toBe("80");
      taker.take(socket);
    });
    for (const { socket, tag } of child.handedOver) host.receive(socket, tag);
    await served.whenReceived(5);
    expect(served.text).toBe("early");

    child.kill("SIGKILL");
    const late = new Recorder();
    await tcp.connect({ ...address, timeoutMs: 1 }, late);
    await late.whenClosed();
    expect(child.handedOver.length).toBe(1);
  });

  test("a local socket has one listener", async () => {
    const { tcp } = new MemoryRuntime();
    const listener = await tcp.listenLocal("/run/a", (socket) => socket.end());
    await expect(tcp.listenLocal("/run/a", (socket) => socket.end())).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
    const events = new Recorder();
    const client = await tcp.connectLocal("/run/a", 1, events);
    expect([client.remoteAddress, client.remotePort]).toEqual(["local", 0]);
    await events.whenClosed();
    await listener.close();
    await expect(tcp.connectLocal("/run/a", 1, events)).rejects.toThrow(
      'Cannot connect to "/run/a": ENOENT',
    );
  });

  test("the host counts the clock's timers, and says what it is told of its files", () => {
    const { host, clock } = new MemoryRuntime();
    const timer = clock.setTimer(1, () => undefined);
    expect(host.pendingTimers()).toBe(1);
    timer.cancel();
    expect(host.pendingTimers()).toBe(0);
    host.openFileCount = 5;
    expect(host.openFiles()).toBe(5);
  });

  test("the network loses the datagrams that the test says", async () => {
    const { udp } = new MemoryRuntime();
    const received: (number | undefined)[] = [];
    const inbox = {
      datagram: (bytes: Uint8Array): void => void received.push(bytes[0]),
      error: (): void => undefined,
    };
    const a = await udp.bind({ host: "127.0.0.1", port: 0 }, inbox);
    const b = await udp.bind({ host: "127.0.0.1", port: 5000 }, inbox);
    udp.isLost = ({ bytes }) => bytes[0] === 2;
    for (const value of [1, 2, 3]) a.send(Uint8Array.of(value), "127.0.0.1", b.port);
    await Promise.resolve();
    expect(received).toEqual([1, 3]);
  });

  test("the disk fails when the test says", async () => {
    const { files, clock } = new MemoryRuntime();
    await files.makeFolder("/dvr");
    await files.write("/dvr/a", "kept");
    files.fault = (path) => (path.startsWith("/dvr/") ? "ENOSPC" : undefined);
    await expect(files.write("/dvr/a", "x")).rejects.toMatchObject({ code: "ENOSPC" });
    await expect(files.append("/dvr/a", "x")).rejects.toMatchObject({ code: "ENOSPC" });
    await expect(files.rename("/dvr/a", "/dvr/b")).rejects.toMatchObject({ code: "ENOSPC" });
    await expect(files.remove("/dvr/a")).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await files.readText("/dvr/a")).toBe("kept");
    clock.advance(5000);
    await files.write("/other", "");
    expect((await files.stat("/other"))?.modifiedMs).toBe(clock.wallMs());
  });

  test("files tell those who watch them", async () => {
    const { files } = new MemoryRuntime();
    await files.write("/conf", "a");
    let count = 0;
    const watch = files.watch("/conf", () => {
      count += 1;
    });
    await files.write("/conf", "b");
    await files.write("/other", "b");
    expect(count).toBe(1);
    watch.close();
    await files.write("/conf", "c");
    expect(count).toBe(1);
  });

  test("children do what the test says", async () => {
    const { processes } = new MemoryRuntime();
    processes.missing.add("ffmpeg4");
    const spawn = processes.spawn("ffmpeg4", [], { environment: {} });
    await expect(spawn).rejects.toMatchObject({ code: "ENOENT" });
    let printed = "";
    const child = await processes.spawn("ffmpeg", ["-i", "x"], {
      environment: { A: "1" },
      output: (bytes, from) => {
        printed += `${from}:${new TextDecoder().decode(bytes)}`;
      },
    });
    expect(processes.children).toEqual([child]);
    expect(child.command).toEqual(["ffmpeg", "-i", "x"]);
    child.writeInput(encode("q"));
    child.print("frame=1", "stderr");
    child.kill("SIGTERM");
    expect(processes.isRunning(child.pid)).toBe(true);
    child.kill("SIGKILL");
    child.kill("SIGTERM");
    expect(await child.exited).toEqual({ code: undefined, signal: "SIGKILL" });
    expect(processes.isRunning(child.pid)).toBe(false);
    expect([printed, child.signals]).toEqual(["stderr:frame=1", ["SIGTERM", "SIGKILL"]]);
  });

  test("the host keeps what is printed, and plays signals, errors and exits", () => {
    const { host } = new MemoryRuntime({ arguments: ["-t"], environment: { A: "1" } });
    expect([host.arguments, host.environment]).toEqual([["-t"], { A: "1" }]);
    host.print("out");
    host.print("err", "stderr");
    expect(host.printed).toEqual({ stdout: "out", stderr: "err" });

    const seen: unknown[] = [];
    expect(host.raise("SIGHUP")).toBe(false);
    host.onSignal("SIGHUP", () => seen.push("SIGHUP"));
    expect(host.raise("SIGHUP")).toBe(true);
    host.onUncaught((error) => seen.push(error));
    host.throwUncaught("oops");
    expect(seen).toEqual(["SIGHUP", "oops"]);

    expect(() => host.exit(3)).toThrow(MemoryExit);
    expect(host.exitCode).toBe(3);
    host.changeFolder("/var");
    host.changeFolder("log");
    expect(host.workingFolder()).toBe("/var/log");
  });
});
