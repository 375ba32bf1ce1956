/**
 * Goal: a program runs for as long as it is wanted and no longer; one that ends, hangs, cannot be started
 * or floods its output costs a bounded amount of everything, and nobody else notices.
 *
 * Method: programs that the test plays, on a machine in memory.
 */

import { describe, expect, test } from "vitest";
import { SystemError } from "../../src/base/errors.ts";
import type { ProgramSpec } from "../../src/programs/program.ts";
import { Programs } from "../../src/programs/programs.ts";
import type { MemoryChild } from "../../src/runtime/memory/memory-processes.ts";
import { MemoryNetwork, settle } from "../support/memory-network.ts";

const FFMPEG: ProgramSpec = {
  path: "/usr/bin/ffmpeg",
  args: ["-i", "rtmp://127.0.0.1/live/show?token=secret", "a b", "$HOME"],
  isRestarted: true,
  fields: { program: "transcode", engine: "ff" },
};

class Machine extends MemoryNetwork {
  countMax = 8;
  readonly programs: Programs;

  constructor() {
    super();
    const { processes, files, clock } = this.runtime;
    this.programs = new Programs({
      ...{ processes, files, clock, logger: this.logging.logger },
      environment: { PATH: "/usr/bin", HOME: "/root", SLUICE_TOKEN: "secret", SRS_X: "1" },
      countMax: () => this.countMax,
    });
  }

  /** Programs but for the guard's shell. */
  get children(): MemoryChild[] {
    return this.runtime.processes.children.filter(({ command }) => command[0] !== "/bin/sh");
  }

  get guard(): MemoryChild | undefined {
    return this.runtime.processes.children.find(({ command }) => command[0] === "/bin/sh");
  }

  child(index: number): MemoryChild {
    const child = this.children[index];
    if (child === undefined) throw new Error(`There is no program ${index}`);
    return child;
  }
}

describe("a program", () => {
  test("is given its arguments as they are, a clean environment and a group of its own", async () => {
    const machine = new Machine();
    machine.programs.start({ ...FFMPEG, workingFolder: "/srv" });
    await settle();
    expect(machine.child(0).command).toEqual([FFMPEG.path, ...FFMPEG.args]);
    expect(machine.child(0).options).toMatchObject({
      environment: { PATH: "/usr/bin", HOME: "/root" },
      isGroup: true,
      workingFolder: "/srv",
    });
    expect(Object.keys(machine.child(0).options.environment)).toEqual(["PATH", "HOME"]);
    expect(machine.child(0).isInputClosed).toBe(true);
    expect(machine.logText).not.toContain("secret");
  });

  test("that ends is started again, at once and then after pauses that grow", async () => {
    const machine = new Machine();
    const program = machine.programs.start(FFMPEG);
    await settle();
    const pauses = [];
    for (let i = 0; i < 4; i++) {
      machine.child(i).finish({ code: 1, signal: undefined });
      await settle();
      expect(program.report()).toMatchObject({ pid: null, problem: "ended with exit status 1" });
      let waitedMs = 0;
      for (; machine.children.length === i + 1; waitedMs += 250) await machine.advance(250, 250);
      pauses.push(waitedMs);
    }
    expect(pauses).toEqual([250, 1_000, 2_000, 4_000]); // As seen every 250 ms.
    expect(program.report()).toMatchObject({ state: "running", starts: 5 });
  });

  test("that is to run once stays ended", async () => {
    const machine = new Machine();
    const program = machine.programs.start({ ...FFMPEG, isRestarted: false });
    await settle();
    machine.child(0).finish({ code: 0, signal: undefined });
    await machine.advance(60_000);
    expect(machine.children).toHaveLength(1);
    expect(program.report()).toMatchObject({ state: "ended", problem: null });
  });

  test("that is not there is looked for again", async () => {
    const machine = new Machine();
    machine.runtime.processes.missing.add(FFMPEG.path);
    const program = machine.programs.start(FFMPEG);
    await machine.advance(2_000);
    expect(program.report()).toMatchObject({ state: "pausing", starts: 0 });
    expect(program.report().problem).toContain("no such file");
    machine.runtime.processes.missing.clear();
    await machine.advance(10_000);
    expect(program.report()).toMatchObject({ state: "running", starts: 1 });
  });

  test("that hangs is ended by force, and started again", async () => {
    const machine = new Machine();
    const program = machine.programs.start(FFMPEG);
    await settle();
    program.kill("no progress");
    await settle();
    await machine.advance(1_000);
    expect(machine.child(0).signals).toContain("SIGKILL");
    expect(program.report()).toMatchObject({ state: "running", starts: 2 });
  });

  test("is asked to stop, and ended by force if it does not", async () => {
    const machine = new Machine();
    const program = machine.programs.start(FFMPEG);
    await settle();
    let isStopped = false;
    void machine.programs.stop(program).then(() => {
      isStopped = true;
    });
    await machine.advance(4_000);
    expect(machine.child(0).signals).toEqual(["SIGTERM"]);
    expect(isStopped).toBe(false);
    await machine.advance(2_000);
    expect(machine.child(0).signals).toEqual(["SIGTERM", "SIGKILL"]);
    expect(isStopped).toBe(true);
    await machine.advance(60_000);
    expect(machine.children).toHaveLength(1);
    expect(machine.timerCount).toBe(0);
  });

  test("that is stopped while it starts, or pauses, does not start", async () => {
    const machine = new Machine();
    const young = machine.programs.start(FFMPEG);
    const stopping = machine.programs.stop(young);
    await settle();
    await machine.finish(stopping);
    expect(machine.children).toHaveLength(0);
    const pausing = machine.programs.start(FFMPEG);
    await settle();
    machine.child(0).finish({ code: 1, signal: undefined });
    await settle();
    await machine.finish(machine.programs.stop(pausing));
    await machine.advance(60_000);
    expect(machine.children).toHaveLength(1);
    expect(machine.programs.runningCount).toBe(0);
  });
});

test("the server's end gives what runs once a moment, and starts nothing more", async () => {
  const machine = new Machine();
  const once = { ...FFMPEG, isRestarted: false };
  const [quick, slow] = [machine.programs.start(once), machine.programs.start(once)];
  await settle();
  const closing = machine.programs.close();
  await machine.advance(1_000);
  expect(machine.child(0).signals).toEqual([]);
  machine.child(0).finish({ code: 0, signal: undefined });
  await machine.advance(2_000);
  expect(machine.child(1).signals).toEqual(["SIGTERM"]);
  const late = machine.programs.start(once);
  await machine.finish(closing);
  expect([quick, slow, late].map((program) => program.report().state)).toEqual([
    ...["ended", "ended", "ended"],
  ]);
  expect(machine.children).toHaveLength(2);
  expect(machine.programs.report()).toMatchObject({ running: 0, starts: 2, failures: 1, kills: 1 });
});

test("no more run than may, and the next begins when there is room", async () => {
  const machine = new Machine();
  machine.countMax = 2;
  const all = [1, 2, 3].map(() => machine.programs.start(FFMPEG));
  await settle();
  expect(all.map((one) => one.report().state)).toEqual(["running", "running", "pausing"]);
  expect(all[2]?.report().problem).toBe("Cannot start a program: 2 run already");
  const [first] = all;
  if (first === undefined) throw new Error("There are three");
  const stopping = machine.programs.stop(first);
  await settle();
  machine.child(0).finish({ code: 0, signal: undefined });
  await machine.finish(stopping);
  await machine.advance(30_000);
  expect(all[2]?.report().state).toBe("running");
});

describe("what runs once", () => {
  const ONCE = { ...FFMPEG, isRestarted: false };

  test("has half of the room, and leaves the rest to what keeps running", async () => {
    const machine = new Machine();
    for (let i = 0; i < 10; i++) machine.programs.start(ONCE);
    await settle();
    expect(machine.children).toHaveLength(4);
    const lasting = [1, 2, 3, 4].map(() => machine.programs.start(FFMPEG));
    await settle();
    expect(lasting.map((one) => one.report().state)).toEqual(lasting.map(() => "running"));
    machine.child(0).finish({ code: 0, signal: undefined });
    await settle();
    expect(machine.programs.start(ONCE).report().state).toBe("starting");
    await settle();
    expect(machine.children).toHaveLength(9);
  });

  test("has room for one where there is room for no more", async () => {
    const machine = new Machine();
    machine.countMax = 1;
    machine.programs.start(ONCE);
    await settle();
    expect(machine.children).toHaveLength(1);
  });

  test("and is left out is counted, and told of once for a run of them", async () => {
    const machine = new Machine();
    const refuse = async (): Promise<void> => {
      for (let i = 0; i < 50; i++) machine.programs.start(ONCE);
      await settle();
    };
    await refuse();
    await machine.advance(50_000);
    await refuse(); // The same run: some come at any time.
    await machine.advance(50_000);
    await refuse();
    const told = machine.events("program not started");
    expect(told.map(({ reason }) => reason)).toEqual([
      "Cannot start a program: 4 that run once do already",
    ]);
    expect(machine.programs.report()).toMatchObject({ refusals: 146, failures: 146 });
    await machine.advance(61_000);
    await refuse();
    expect(machine.events("program not started")).toHaveLength(2);
  });
});

describe("the output", () => {
  const LOG = "/var/log/ffmpeg.log";

  async function run(): Promise<{ machine: Machine; child: MemoryChild }> {
    const machine = new Machine();
    machine.programs.start({ ...FFMPEG, stdout: LOG, stderr: LOG });
    await settle();
    return { machine, child: machine.child(0) };
  }

  test("is kept in the order of printing, over a restart", async () => {
    const { machine, child } = await run();
    child.print("one\n");
    child.print("two\n", "stderr");
    child.finish({ code: 1, signal: undefined });
    await settle();
    await machine.advance(1_000);
    machine.child(1).print("three\n");
    await settle();
    expect(await machine.runtime.files.readText(LOG)).toBe("one\ntwo\nthree\n");
  });

  test("is as much as two files hold", async () => {
    const { machine, child } = await run();
    const block = "x".repeat(1 << 18);
    for (let i = 0; i < 100; i++) {
      child.print(block);
      await settle();
    }
    const { files } = machine.runtime;
    expect((await files.list("/var/log")).sort()).toEqual(["ffmpeg.log", "ffmpeg.log.1"]);
    for (const name of await files.list("/var/log")) {
      expect((await files.stat(`/var/log/${name}`))?.size).toBeLessThanOrEqual(8 << 20);
    }
  });

  test("of programs that share a file is as much as two files hold", async () => {
    const machine = new Machine();
    for (const path of [LOG, LOG, "/var//log/./ffmpeg.log"]) {
      machine.programs.start({ ...FFMPEG, stdout: path });
    }
    await settle();
    const block = "x".repeat(1 << 18);
    for (let i = 0; i < 33; i++) {
      for (const child of machine.children) child.print(block);
      await settle();
    }
    const { files } = machine.runtime;
    const sizes: number[] = [];
    for (const name of ["ffmpeg.log", "ffmpeg.log.1"]) {
      sizes.push((await files.stat(`/var/log/${name}`))?.size ?? 0);
    }
    // 99 blocks: three files of 32, of which the second has taken the place of the first.
    expect(sizes).toEqual([3 << 18, 32 << 18]);
  });

  test("of one that ends, while another goes on, is kept as before", async () => {
    const machine = new Machine();
    const [first, second] = [1, 2].map(() => machine.programs.start({ ...FFMPEG, stdout: LOG }));
    await settle();
    for (const child of machine.children) child.print("one\n");
    if (first === undefined || second === undefined) throw new Error("There are two");
    for (const [index, program] of [first, second].entries()) {
      const stopping = machine.programs.stop(program);
      await settle();
      machine.child(1).print("two\n");
      machine.child(index).finish({ code: 0, signal: undefined });
      await machine.finish(stopping);
    }
    expect(await machine.runtime.files.readText(LOG)).toBe("one\none\ntwo\ntwo\n");
  });

  test("goes on where another process has begun a new file", async () => {
    const { machine, child } = await run();
    const { files } = machine.runtime;
    const block = "x".repeat(1 << 20);
    for (let i = 0; i < 8; i++) {
      child.print(block);
      await settle();
    }
    await files.rename(LOG, `${LOG}.1`);
    await files.write(LOG, "theirs\n");
    child.print("ours\n");
    await settle();
    expect(await files.readText(LOG)).toBe("theirs\nours\n");
    expect((await files.stat(`${LOG}.1`))?.size).toBe(8 << 20);
  });

  test("of a flood is left out, and said to be", async () => {
    const { machine, child } = await run();
    for (let i = 0; i < 1_000; i++) child.print("y".repeat(10_000));
    await settle();
    child.print("after\n");
    await settle();
    const text = await machine.runtime.files.readText(LOG);
    expect(text.length).toBeLessThan(2 << 20);
    expect(text.slice(-200)).toMatch(/y\n\[\d+ bytes left out\]\nafter\n$/);
  });

  test("that the disk does not take is told of once, and kept again later", async () => {
    const { machine, child } = await run();
    const { files } = machine.runtime;
    const open = files.open.bind(files);
    let isBroken = true;
    files.open = (path, mode) =>
      isBroken ? Promise.reject(new Error("no space left on device")) : open(path, mode);
    for (let i = 0; i < 5; i++) {
      child.print("lost\n");
      await machine.advance(1_000);
    }
    expect(machine.events("output not kept")).toMatchObject([
      { path: LOG, reason: "no space left on device" },
    ]);
    isBroken = false;
    await machine.advance(10_000);
    child.print("kept\n");
    await settle();
    expect(await files.readText(LOG)).toContain("kept\n");
    expect(child.isRunning).toBe(true);
  });
});

describe("the guard", () => {
  const inputOf = (child: MemoryChild | undefined): string =>
    child?.input.map((bytes) => new TextDecoder().decode(bytes)).join("") ?? "";

  test("is told which programs there are, and is let go when there are none", async () => {
    const machine = new Machine();
    machine.programs.start(FFMPEG);
    await settle();
    expect(inputOf(machine.guard)).toBe(`+ ${machine.child(0).pid}\n`);
    const { pid } = machine.child(0);
    machine.child(0).finish({ code: 1, signal: undefined });
    await settle();
    await machine.advance(100);
    expect(inputOf(machine.guard)).toBe(`+ ${pid}\n- ${pid}\n+ ${machine.child(1).pid}\n`);
    const closing = machine.programs.close();
    await settle();
    machine.child(1).finish({ code: 0, signal: undefined });
    await settle();
    expect(machine.guard?.isInputClosed).toBe(true);
    machine.guard?.finish({ code: 0, signal: undefined });
    await machine.finish(closing);
    expect(machine.timerCount).toBe(0);
  });

  const shellsOf = (machine: Machine): MemoryChild[] =>
    machine.runtime.processes.children.filter(({ command }) => command[0] === "/bin/sh");

  const killShell = async (machine: Machine): Promise<void> => {
    shellsOf(machine).at(-1)?.finish({ code: undefined, signal: "SIGKILL" });
    await settle();
  };

  test("is there before the first program is", async () => {
    const machine = new Machine();
    const { processes } = machine.runtime;
    const spawn = processes.spawn.bind(processes);
    const { promise, resolve } = Promise.withResolvers<void>();
    processes.spawn = async (program, ...rest) => {
      if (program === "/bin/sh") await promise;
      return spawn(program, ...rest);
    };
    for (let i = 0; i < 2; i++) machine.programs.start(FFMPEG);
    const stopped = machine.programs.start(FFMPEG);
    await settle();
    expect(processes.children).toHaveLength(0);
    const stopping = machine.programs.stop(stopped);
    resolve();
    await machine.finish(stopping);
    expect(processes.children.map(({ command }) => command[0])).toEqual([
      ...["/bin/sh", FFMPEG.path, FFMPEG.path],
    ]);
    expect(machine.programs.runningCount).toBe(2);
  });

  test("that has been killed is replaced while there are programs", async () => {
    const machine = new Machine();
    machine.programs.start(FFMPEG);
    await settle();
    await killShell(machine);
    await machine.advance(10);
    expect(shellsOf(machine)).toHaveLength(2);
    expect(inputOf(shellsOf(machine)[1])).toBe(`+ ${machine.child(0).pid}\n`);
    machine.programs.start(FFMPEG);
    await settle();
    expect(inputOf(shellsOf(machine)[1])).toBe(
      `+ ${machine.child(0).pid}\n+ ${machine.child(1).pid}\n`,
    );
    expect(machine.events("programs not guarded")).toEqual([]);
  });

  test("that has been killed when there were none is replaced with the next program", async () => {
    const machine = new Machine();
    machine.programs.start({ ...FFMPEG, isRestarted: false });
    await settle();
    machine.child(0).finish({ code: 0, signal: undefined });
    await settle();
    await killShell(machine);
    await machine.advance(60_000);
    expect(shellsOf(machine)).toHaveLength(1);
    machine.programs.start(FFMPEG);
    await settle();
    expect(inputOf(shellsOf(machine)[1])).toBe(`+ ${machine.child(1).pid}\n`);
  });

  test("that keeps ending is begun ever more rarely, which the log says once", async () => {
    const machine = new Machine();
    machine.programs.start(FFMPEG);
    await settle();
    for (let i = 0; i < 60; i++) {
      await killShell(machine);
      await machine.advance(1_000);
    }
    expect(shellsOf(machine).length).toBeGreaterThan(4);
    expect(shellsOf(machine).length).toBeLessThan(9);
    expect(machine.events("programs not guarded")).toHaveLength(1);
    // Programs do not wait for it.
    machine.programs.start(FFMPEG);
    await settle();
    expect(machine.children).toHaveLength(2);
  });

  test("that does not read is replaced", async () => {
    const machine = new Machine();
    machine.programs.start(FFMPEG);
    await settle();
    const [shell] = shellsOf(machine);
    if (shell === undefined) throw new Error("There is a shell");
    shell.writeInput = () => {
      throw new SystemError("ENOBUFS", "it does not read");
    };
    machine.programs.start(FFMPEG);
    await settle();
    await machine.advance(10);
    expect(inputOf(shellsOf(machine)[1])).toBe(
      `+ ${machine.child(0).pid}\n+ ${machine.child(1).pid}\n`,
    );
    expect(machine.children.map(({ isRunning }) => isRunning)).toEqual([true, true]);
  });

  test("that cannot be had is missed in one line of the log, and programs run all the same", async () => {
    const machine = new Machine();
    machine.runtime.processes.missing.add("/bin/sh");
    for (let i = 0; i < 3; i++) machine.programs.start(FFMPEG);
    await settle();
    expect(machine.children).toHaveLength(3);
    expect(machine.events("programs not guarded")).toHaveLength(1);
    const closing = machine.programs.close();
    await settle();
    for (const child of machine.children) child.finish({ code: 0, signal: undefined });
    await machine.finish(closing);
  });
});
