/**
 * Goal: a worker that loses the supervisor ends, and cleans up behind a supervisor that is gone, but
 * never behind one that lives, and never touches what is none of the server's.
 *
 * Method: a worker with its supervisor's coordinator on a machine in memory, with files in place of
 * the sockets, which have none there.
 */

import { describe, expect, test } from "vitest";
import { Coordinator } from "../../../src/app/workers/coordinator.ts";
import { controlPath, removeDeadFolder } from "../../../src/app/workers/socket-folder.ts";
import { runWorker } from "../../../src/app/workers/worker.ts";
import { ClosedError, TimeoutError } from "../../../src/base/errors.ts";
import type { LocalListener } from "../../../src/runtime/runtime.ts";
import { MemoryNetwork, settle } from "../../support/memory-network.ts";
import { memoryConfig } from "../../support/memory-server.ts";

const FOLDER = "/tmp/sluice-workers-abcdef";
const SOCKETS = ["control", "supervisor", "worker-0-4242", "worker-1-77"];

class WorkerMachine extends MemoryNetwork {
  readonly exits: number[] = [];
  readonly coordinator: Coordinator;
  #control: LocalListener | undefined;
  isSupervisorAlive = true;

  constructor() {
    super();
    const { clock, host, processes } = this.runtime;
    processes.isRunning = () => this.isSupervisorAlive;
    host.exit = (code: number): never => {
      this.exits.push(code);
      return undefined as never;
    };
    const facts = {
      config: memoryConfig(),
      identity: { serverId: "vid-abcdefg", serviceId: "01234567", pid: "1", programKey: "k" },
      sharing: "reusePort",
      workers: 2,
      supervisorPath: `${FOLDER}/supervisor`,
    } as const;
    this.coordinator = new Coordinator({ clock, logger: this.logging.logger }, facts, {
      isExpected: () => true,
      heard: () => undefined,
      ready: () => undefined,
      failed: () => undefined,
      drained: () => undefined,
      leftBehind: () => undefined,
      happened: () => undefined,
      lost: () => undefined,
      reload: () => Promise.reject(new Error("not asked for")),
    });
  }

  async serve(folder: string = FOLDER): Promise<void> {
    const { files, tcp } = this.runtime;
    await files.makeFolder(folder);
    for (const name of SOCKETS) await files.write(`${folder}/${name}`, "");
    const path = controlPath(folder);
    this.#control = await tcp.listenLocal(path, (socket) => this.coordinator.accept(socket));
  }

  /** The supervisor is killed. */
  async die(): Promise<void> {
    this.isSupervisorAlive = false;
    await this.#control?.close();
    for (const socket of this.openSockets) {
      if (socket.remoteAddress === "local") socket.destroy();
    }
    await settle();
  }

  async run(openLog = () => this.logging): Promise<void> {
    const { runtime } = this;
    const assignment = { worker: 0, socketPath: controlPath(FOLDER), descriptors: [] };
    await runWorker({ runtime, assets: { get: () => undefined }, assignment, openLog });
    await settle();
  }

  async left(folder: string = FOLDER): Promise<readonly string[] | undefined> {
    const { files } = this.runtime;
    return (await files.stat(folder)) === undefined ? undefined : files.list(folder);
  }

  async untilExit(): Promise<void> {
    for (let step = 0; this.exits.length === 0 && step < 500; step++) await this.advance(10, 10);
  }
}

describe("a worker", () => {
  test("whose conversation broke ends, and leaves the sockets to the supervisor that lives", async () => {
    const machine = new WorkerMachine();
    await machine.serve();
    await machine.run();
    expect(machine.events("worker ready")).toHaveLength(1);
    machine.openSockets.find(({ remoteAddress }) => remoteAddress === "local")?.destroy();
    await machine.untilExit();
    expect(machine.exits).toEqual([1]);
    expect(await machine.left()).toEqual(SOCKETS);
  });

  test("whose supervisor is gone ends, and removes the folder", async () => {
    const machine = new WorkerMachine();
    await machine.serve();
    await machine.run();
    await machine.die();
    await machine.untilExit();
    expect(machine.exits).toEqual([1]);
    expect(await machine.left()).toBeUndefined();
  });

  test("whose supervisor was gone before it came removes the folder, without a word", async () => {
    const machine = new WorkerMachine();
    await machine.serve();
    await machine.die();
    await machine.run().catch(() => undefined);
    expect(machine.exits[0]).toBe(1);
    expect(machine.runtime.host.printed.stderr).toBe("");
    expect(await machine.left()).toBeUndefined();
  });

  test("that cannot open its log anew says so, and goes on", async () => {
    const machine = new WorkerMachine();
    await machine.serve();
    const reopen = (): void => {
      throw new Error("EACCES");
    };
    await machine.run(() => ({ ...machine.logging, reopen }));
    machine.coordinator.send(0, { type: "reopen" });
    machine.runtime.host.raise("SIGUSR1");
    await settle();
    expect(machine.events("log not opened")).toHaveLength(2);
    expect(machine.exits).toEqual([]);
    machine.coordinator.send(0, { type: "stop" });
    await machine.untilExit();
    expect(machine.exits).toEqual([0]);
  });
});

describe("another configuration", () => {
  async function serving(): Promise<WorkerMachine> {
    const machine = new WorkerMachine();
    await machine.serve();
    await machine.run();
    return machine;
  }
  const isOpen = (machine: WorkerMachine, port: number): Promise<boolean> =>
    machine.open(port).then(
      (wire) => {
        const { isClosed } = wire;
        wire.close();
        return !isClosed;
      },
      () => false,
    );

  test("is taken on by the whole worker", async () => {
    const machine = await serving();
    const config = memoryConfig({ listen: 1936 });
    expect(await machine.finish(machine.coordinator.configure(config))).toEqual([]);
    expect(await isOpen(machine, 1936)).toBe(true);
    expect(await isOpen(machine, 1935)).toBe(false);
  });

  test("that is given up leaves nothing, and nobody has come in by its ports meanwhile", async () => {
    const machine = await serving();
    const config = memoryConfig({ listen: 1936 });
    machine.coordinator.send(0, { type: "prepare", request: 9, config });
    await settle();
    expect(machine.runtime.tcp.isListening(1936)).toBe(true);
    expect(await isOpen(machine, 1936)).toBe(false);
    machine.coordinator.send(0, { type: "giveUp", request: 10 });
    await settle();
    expect(machine.runtime.tcp.isListening(1936)).toBe(false);
    expect(await isOpen(machine, 1935)).toBe(true);
    expect(machine.events("listening").map((line) => line["port"])).not.toContain(1936);
  });
});

test("what a worker has come to is told while it serves, and at its end", async () => {
  const machine = new WorkerMachine();
  await machine.serve();
  await machine.run();
  await machine.fetch("/api/v1/versions", { port: 1985 });
  await machine.advance(2_000);
  const { receivedSize } = machine.coordinator.totals;
  expect(receivedSize).toBeGreaterThan(0);
  await (await machine.open(1935)).send("no handshake");
  machine.coordinator.send(0, { type: "stop" });
  await machine.untilExit();
  await settle();
  expect(machine.coordinator.totals).toMatchObject({ sessionsTotal: 1 });
  expect(machine.coordinator.totals.receivedSize).toBeGreaterThan(receivedSize);
});

describe("the folder of the sockets", () => {
  test("stays if something else is in it, which is not touched", async () => {
    const machine = new WorkerMachine();
    await machine.serve();
    await machine.die();
    await machine.runtime.files.write(`${FOLDER}/notes`, "mine");
    await machine.runtime.files.makeFolder(`${FOLDER}/worker-0-1`);
    expect(await removeDeadFolder(machine.runtime, controlPath(FOLDER))).toBe(true);
    expect(await machine.left()).toEqual(["notes", "worker-0-1"]);
  });

  test("goes also if a child has inherited the listener of a dead supervisor", async () => {
    const machine = new WorkerMachine();
    await machine.serve();
    machine.isSupervisorAlive = false;
    expect(await removeDeadFolder(machine.runtime, controlPath(FOLDER), 1)).toBe(true);
    expect(await machine.left()).toBeUndefined();
  });

  test.each(["/home/user", "/"])("is none if it is %s", async (folder) => {
    const machine = new WorkerMachine();
    await machine.serve(folder);
    await machine.die();
    const { files } = machine.runtime;
    expect(await removeDeadFolder(machine.runtime, controlPath(folder))).toBe(true);
    for (const name of SOCKETS) expect(await files.stat(`${folder}/${name}`)).toBeDefined();
  });

  test.each([
    new TimeoutError("Cannot connect: no answer"),
    new ClosedError("Cannot connect: EAGAIN", { cause: { code: "EAGAIN" } }),
  ])("is the supervisor's as long as nobody knows better: $message", async (error) => {
    const machine = new WorkerMachine();
    await machine.serve();
    machine.runtime.tcp.connectLocal = () => Promise.reject(error);
    const removing = removeDeadFolder(machine.runtime, controlPath(FOLDER));
    await machine.advance(1_000, 100);
    expect(await removing).toBe(false);
    expect(await machine.left()).toEqual(SOCKETS);
  });

  test("goes also if the listener of a dead supervisor is still there for a moment", async () => {
    const machine = new WorkerMachine();
    await machine.serve();
    const removing = removeDeadFolder(machine.runtime, controlPath(FOLDER));
    await settle();
    await machine.die();
    await machine.advance(1_000, 100);
    expect(await removing).toBe(true);
    expect(await machine.left()).toBeUndefined();
  });
});
