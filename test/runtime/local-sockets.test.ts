/**
 * Goal: local sockets have a file that is theirs alone: it is not taken from the living, it is taken
 * over from the dead, and it goes with the listener.
 *
 * Method: files in a private folder; the dead one is a child killed while it listened. How connections
 * behave is in tcp.test.ts.
 */

import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import process from "node:process";
import { afterAll, describe, expect, test } from "vitest";
import { ClosedError } from "../../src/base/errors.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import { LOCAL_PATH_SIZE_MAX } from "../../src/runtime/runtime.ts";
import { startProbe } from "./support/probe.ts";
import { Recorder } from "./support/recorder.ts";

const runtime = await createRuntime();
const { tcp, files } = runtime;

const folder = await files.makePrivateFolder("sluice-local-");
afterAll(() => files.removeAll(folder));

const idle = (): void => undefined;

describe(`local sockets on ${runtime.name}`, () => {
  test("exist while somebody listens", async () => {
    const path = `${folder}/one`;
    const listener = await tcp.listenLocal(path, idle);
    expect(listener.path).toBe(path);
    expect(statSync(path).isSocket()).toBe(true);
    await listener.close();
    expect(existsSync(path)).toBe(false);
    await listener.close();
    const again = await tcp.listenLocal(path, idle);
    await listener.close();
    expect(existsSync(path)).toBe(true);
    await again.close();
  });

  test("have no addresses", async () => {
    const path = `${folder}/addresses`;
    const { promise, resolve } = Promise.withResolvers<string>();
    const listener = await tcp.listenLocal(path, (socket) => {
      const { remoteAddress, remotePort, localAddress, localPort, isTls } = socket;
      resolve(`${remoteAddress} ${remotePort} ${localAddress} ${localPort} ${isTls}`);
      socket.setNoDelay(false);
      socket.end();
    });
    const events = new Recorder();
    const client = await tcp.connectLocal(path, 10_000, events);
    client.setNoDelay(true);
    expect([client.remoteAddress, client.localAddress]).toEqual(["local", "local"]);
    expect([client.remotePort, client.localPort]).toEqual([0, 0]);
    expect(await promise).toBe("local 0 local 0 false");
    await events.whenClosed();
    expect(events.error).toBeUndefined();
    await listener.close();
  });

  test("throw EADDRINUSE where somebody listens, and leave that one alone", async () => {
    const path = `${folder}/two`;
    const listener = await tcp.listenLocal(path, (socket) => socket.end());
    await expect(tcp.listenLocal(path, idle)).rejects.toMatchObject({
      name: "SystemError",
      code: "EADDRINUSE",
      message: `Cannot listen on "${path}": address already in use`,
    });
    const events = new Recorder();
    await tcp.connectLocal(path, 10_000, events);
    await events.whenClosed();
    await listener.close();
  });

  test("take over the file of a dead process", async () => {
    const path = `${folder}/dead`;
    const { child, whenPrinted } = await startProbe(runtime, "local-listener", path);
    await whenPrinted("listening");
    await expect(tcp.listenLocal(path, idle)).rejects.toMatchObject({ code: "EADDRINUSE" });
    child.kill("SIGKILL");
    await child.exited;
    expect(statSync(path).isSocket()).toBe(true);
    await expect(tcp.connectLocal(path, 10_000, new Recorder())).rejects.toThrow(
      `Cannot connect to "${path}": ECONNREFUSED`,
    );
    const listener = await tcp.listenLocal(path, (socket) => socket.end());
    const events = new Recorder();
    await tcp.connectLocal(path, 10_000, events);
    await events.whenClosed();
    await listener.close();
    expect(existsSync(path)).toBe(false);
  });

  test("never replace what is not a socket", async () => {
    writeFileSync(`${folder}/file`, "precious");
    mkdirSync(`${folder}/folder`);
    for (const name of ["file", "folder"]) {
      const attempt = tcp.listenLocal(`${folder}/${name}`, idle);
      await expect(attempt).rejects.toMatchObject({ name: "SystemError", code: "EADDRINUSE" });
    }
    expect(await files.readText(`${folder}/file`)).toBe("precious");
  });

  test("throw ClosedError where there is no file, ENOENT where there is no folder", async () => {
    const attempt = tcp.connectLocal(`${folder}/none`, 10_000, new Recorder());
    await expect(attempt).rejects.toThrow(ClosedError);
    await expect(attempt).rejects.toThrow(`Cannot connect to "${folder}/none": ENOENT`);
    const path = `${folder}/none/none`;
    await expect(tcp.listenLocal(path, idle)).rejects.toMatchObject({
      name: "SystemError",
      code: "ENOENT",
    });
  });

  test("take paths up to the limit, and say what is too long", async () => {
    const longest = `${folder}/`.padEnd(LOCAL_PATH_SIZE_MAX, "x");
    const listener = await tcp.listenLocal(longest, (socket) => socket.end());
    const events = new Recorder();
    await tcp.connectLocal(longest, 10_000, events);
    await events.whenClosed();
    await listener.close();

    const fault = { name: "SystemError", code: "ENAMETOOLONG" };
    for (const path of [`${longest}y`, `${longest.slice(0, -1)}ä`]) {
      await expect(tcp.listenLocal(path, idle)).rejects.toMatchObject(fault);
      await expect(tcp.connectLocal(path, 1000, new Recorder())).rejects.toMatchObject(fault);
    }
    await expect(tcp.listenLocal(`${longest}y`, idle)).rejects.toThrow(
      "104 bytes, and at most 103",
    );
    for (const path of ["", "\0name"]) {
      await expect(tcp.listenLocal(path, idle)).rejects.toMatchObject({ code: "EINVAL" });
    }
  });

  test.skipIf(process.getuid?.() === 0)("throw EACCES where the user may not", async () => {
    const attempt = tcp.listenLocal("/sluice-local", idle);
    await expect(attempt).rejects.toMatchObject({ name: "SystemError", code: "EACCES" });
  });
});
