/**
 * Goal: figures of the machine are those of the latest 3 s, cost nothing more when many ask, and are
 * told to be unknown where there is no /proc.
 *
 * Method: a machine in memory whose /proc is changed by the test, and a clock that is moved by hand.
 */

import { expect, test } from "vitest";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import { Machine } from "../../../src/services/machine/machine.ts";
import { settle } from "../../support/memory-network.ts";
import { installProc, PROC_TEXTS } from "../../support/proc-texts.ts";

async function setUp(enabled = true, hasProc = true) {
  const runtime = new MemoryRuntime({
    addresses: [
      { interfaceName: "eth0", address: "8.8.8.8", family: "ipv4" },
      { interfaceName: "wg0", address: "10.0.0.1", family: "ipv4" },
    ],
  });
  if (hasProc) await installProc(runtime.files);
  const disks = ["vda"];
  const machine = new Machine(runtime, { isSampled: enabled, disks: () => disks });
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1_000) {
      runtime.clock.advance(1_000);
      machine.sweep(runtime.clock.monotonicMs());
      await settle();
    }
  };
  /** Another second of work: half of one of two cores, 100 KiB read, the disk busy for 300 ms. */
  const work = async (): Promise<void> => {
    const texts = {
      stat: "cpu  346633 7845 104024 316672 4038 0 8888 530 0 0\ncpu0 1\ncpu1 1\n",
      vmstat: "pgpgin 5347573\npgpgout 11465432\n",
      diskstats:
        " 254 0 vda 265316 10290 10694546 1029731 60744 163944 22930864 108531 0 67496 1\n",
    };
    for (const [name, text] of Object.entries(texts)) {
      await runtime.files.write(`/proc/${name}`, text);
    }
  };
  return { runtime, machine, disks, pass, work };
}

test("rates are those between the latest two samples", async () => {
  const { machine, pass, work } = await setUp();
  await pass(3_000);
  expect(await machine.machine()).toMatchObject({
    coreCount: 2,
    cpu: { use: 0 },
    disk: { readRate: 0, busy: 0 },
    memory: { totalSize: 24_684_084 * 1024 },
    network: { publicReceivedSize: 1_271_427_499, privateSentSize: 647_070_583_053 },
    connections: { total: 421 },
    uptime: { seconds: 3_976.29 },
    load: { oneMinute: 3.86 },
    kernel: { name: "Linux", hostName: "vm", release: "6.18.44-fc-v595" },
  });
  await work();
  await pass(3_000);
  expect(await machine.machine()).toMatchObject({
    cpu: { use: 0.25 },
    disk: { readRate: 102_400, writeRate: 0, busy: 0.3 },
  });
  await pass(3_000);
  expect(await machine.machine()).toMatchObject({
    cpu: { use: 0 },
    disk: { readRate: 0, busy: 0 },
  });
});

test("the disks are those that are set at present", async () => {
  const { machine, disks, pass, work } = await setUp();
  await pass(3_000);
  disks.length = 0;
  await work();
  await pass(3_000);
  expect(await machine.machine()).toMatchObject({ disk: { busy: 0 } });
});

test("who asks gets the latest sample, however many ask", async () => {
  const { runtime, machine, pass, work } = await setUp();
  const first = await machine.machine(); // Before any sweep.
  await pass(2_000);
  await work();
  expect(await machine.machine()).toBe(first);
  await pass(1_000);
  const second = await machine.machine();
  expect(second.sampledMs - first.sampledMs).toBe(3_000);
  await runtime.files.removeAll("/proc");
  expect(await machine.machine()).toBe(second);
});

test("switched off, the machine is looked at when somebody asks", async () => {
  const { runtime, machine, pass, work } = await setUp(false);
  await pass(10_000);
  const first = await machine.machine();
  await work();
  await pass(1_000);
  const second = await machine.machine();
  expect(second.sampledMs - first.sampledMs).toBe(1_000);
  expect(second).toMatchObject({ cpu: { user: 346_633, use: 0 }, disk: { readRate: 0 } });
  expect(runtime.clock.timerCount).toBe(0);
});

test("without /proc nothing is known, and nothing breaks", async () => {
  const { runtime, machine, pass } = await setUp(true, false);
  await pass(7_000);
  const { sampledMs, coreCount, ...figures } = await machine.machine();
  expect([sampledMs, coreCount]).toEqual([runtime.clock.wallMs(), 2]);
  expect(new Set(Object.values(figures))).toEqual(new Set([null]));
  expect(await machine.processStat()).toBeUndefined();
});

test("what stands in /proc instead of what should does not break it either", async () => {
  const { runtime, machine, pass } = await setUp();
  for (const name of Object.keys(PROC_TEXTS)) {
    await runtime.files.write(`/proc/${name}`, Uint8Array.of(0xff, 0, 0x20, 0x31));
  }
  await pass(6_000);
  expect(await machine.machine()).toMatchObject({ cpu: null, memory: null, network: null });
  expect(await machine.processStat()).toBeUndefined();
});

test("this process", async () => {
  const { machine } = await setUp();
  expect(await machine.processStat()).toMatchObject({ command: "bun", numbers: { utime: 31 } });
});
