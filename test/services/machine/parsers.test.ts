/**
 * Goal: the texts of /proc are read as the system means them, those of other kernels and of containers
 * too, and whatever else stands there ends in `undefined`, never in a made-up figure or an error.
 *
 * Method: texts captured on Linux 6.18; the same with lines and columns missing; each cut at every
 * character; noise.
 */

import { describe, expect, test } from "vitest";
import { cpuUse, parseCpuStat } from "../../../src/services/machine/parse-cpu.ts";
import {
  diskReport,
  parseBusyMs,
  parseDiskTraffic,
} from "../../../src/services/machine/parse-disk.ts";
import { parseLoad, parseUptime } from "../../../src/services/machine/parse-load.ts";
import { parseMemory } from "../../../src/services/machine/parse-memory.ts";
import { parseConnections, parseNetwork } from "../../../src/services/machine/parse-network.ts";
import { parseProcessStat } from "../../../src/services/machine/parse-process-stat.ts";
import { isPublicAddress } from "../../../src/services/machine/public-address.ts";
import { noise } from "../../support/noise.ts";
import { PROC_TEXTS } from "../../support/proc-texts.ts";

const text = (name: string): string => PROC_TEXTS[name] ?? "";

describe("/proc/stat", () => {
  test("times of all cores, and how many cores there are", () => {
    expect(parseCpuStat(text("stat"))).toEqual({
      coreCount: 2,
      times: {
        user: 346_583,
        nice: 7_845,
        system: 104_024,
        idle: 316_522,
        ioWait: 4_038,
        irq: 0,
        softIrq: 8_888,
        steal: 530,
        guest: 0,
      },
    });
  });

  test("of an old kernel has fewer columns", () => {
    expect(parseCpuStat("cpu 1 2 3 4\n")?.times).toMatchObject({ idle: 4, ioWait: 0, steal: 0 });
    expect(parseCpuStat("cpu 1 2 3\n")).toBeUndefined();
  });

  test("use is what was not idle between two looks", () => {
    const times = parseCpuStat(text("stat"))?.times;
    if (times === undefined) throw new Error("The text is not understood");
    const later = { ...times, user: times.user + 30, idle: times.idle + 70 };
    expect(cpuUse(times, later)).toBeCloseTo(0.3);
    // Of a guest's time, which is the user's too, half would be counted twice.
    expect(cpuUse(times, { ...later, guest: times.guest + 30 })).toBeCloseTo(0.3);
    expect([cpuUse(undefined, later), cpuUse(times, times), cpuUse(later, times)]).toEqual([
      0, 0, 0,
    ]);
  });
});

describe("/proc/self/stat", () => {
  test("a process", () => {
    const stat = parseProcessStat(text("self/stat"));
    expect(stat).toMatchObject({ command: "bun", state: "R" });
    expect(stat?.numbers).toMatchObject({
      ppid: 1,
      tpgid: -1,
      majflt: 2,
      utime: 31,
      stime: 12,
      num_threads: 4,
      rss: 416,
      rsslim: -1,
      startcode: 94_110_699_155_456,
      exit_signal: 17,
      cguest_time: 0,
    });
  });

  test("a program's name may be whatever it likes", () => {
    const named = text("self/stat").replace("(bun)", "(a) S (b\n)");
    expect(parseProcessStat(named)).toMatchObject({ command: "a) S (b\n", state: "R" });
  });

  test("of an old kernel has no time of guests, and no other column may be missing", () => {
    const words = text("self/stat").split(" ");
    expect(parseProcessStat(words.slice(0, 42).join(" "))?.numbers.guest_time).toBe(0);
    expect(parseProcessStat(words.slice(0, 41).join(" "))).toBeUndefined();
  });
});

describe("/proc/meminfo", () => {
  test("sizes in bytes", () => {
    expect(parseMemory(text("meminfo"))).toEqual({
      totalSize: 24_684_084 * 1024,
      freeSize: 16_349_828 * 1024,
      buffersSize: 63_812 * 1024,
      cachedSize: 7_201_552 * 1024,
      swapSize: 0,
      swapFreeSize: 0,
    });
  });

  test("in a container that tells little", () => {
    expect(parseMemory("MemTotal: 10 kB\nMemFree: 4 kB\n")).toMatchObject({ cachedSize: 0 });
    expect(parseMemory("MemTotal: 10 kB\n")).toBeUndefined();
    expect(parseMemory("MemTotal: many kB\nMemFree: 4 kB\n")).toBeUndefined();
  });
});

describe("disks", () => {
  test("what was read and written, and for how long those configured were busy", () => {
    expect(parseDiskTraffic(text("vmstat"))).toEqual({
      readSize: 5_347_273 * 1024,
      writtenSize: 11_465_432 * 1024,
    });
    expect(parseDiskTraffic("pgpgin 5\n")).toBeUndefined();
    expect(parseBusyMs(text("diskstats"), ["vda", "nvme0n1", ""])).toBe(66_596);
    expect(parseBusyMs(text("diskstats"), [])).toBe(0);
    expect(parseBusyMs("254 0 vda 1 2 3\n", ["vda"])).toBe(0);
  });

  test("rates are between two looks", () => {
    const before = { readSize: 1_000, writtenSize: 500, busyMs: 100 };
    const after = { readSize: 4_000, writtenSize: 2_000, busyMs: 1_600 };
    expect(diskReport(before, after, 3_000)).toEqual({
      readRate: 1_000,
      writeRate: 500,
      busy: 0.5,
    });
    expect(diskReport(before, after, 1_000).busy).toBe(1);
    const none = { readRate: 0, writeRate: 0, busy: 0 };
    expect(diskReport(undefined, after, 3_000)).toEqual(none);
    expect(diskReport(before, after, 0)).toEqual(none);
    // Counters that went back: the machine was moved.
    expect(diskReport(after, before, 3_000)).toEqual(none);
  });
});

describe("the network", () => {
  test("bytes of interfaces by where they lead", () => {
    expect(parseNetwork(text("net/dev"), (name) => name === "eth0")).toEqual({
      publicReceivedSize: 1_271_427_499,
      publicSentSize: 2_090_110,
      privateReceivedSize: 647_070_583_053,
      privateSentSize: 647_070_583_053,
    });
    // Without a blank behind the colon, and with one in the name.
    const text2 = "  eth0:1:5 0 0 0 0 0 0 0 7 0 0 0 0 0 0 0\n";
    expect(parseNetwork(text2, (name) => name === "eth0:1")?.publicSentSize).toBe(7);
    expect(parseNetwork("Inter-| Receive\n face |bytes\n", () => true)).toBeUndefined();
  });

  test("connections of all programs", () => {
    const [sockstat, snmp] = [text("net/sockstat"), text("net/snmp")];
    const connections = { total: 421, established: 22, timeWait: 380, udp: 3 };
    expect(parseConnections(sockstat, snmp)).toEqual(connections);
    expect(parseConnections(sockstat, "")).toEqual({ ...connections, established: 0 });
    expect(parseConnections(sockstat, "Tcp: CurrEstab\n")).toMatchObject({ established: 0 });
    expect(parseConnections("TCP: inuse 4 orphan 0 tw 3\n", snmp)).toBeUndefined();
    expect(parseConnections("TCP: inuse 4 orphan 0 tw alloc 3\n", snmp)).toBeUndefined();
  });

  test.each([
    ["8.8.8.8", true],
    ["172.15.0.1", true],
    ["172.32.0.1", true],
    ["100.128.0.1", true],
    ["2001:db8::1", true],
    ["10.0.0.1", false],
    ["127.0.0.1", false],
    ["172.16.0.1", false],
    ["172.31.255.1", false],
    ["192.168.1.1", false],
    ["169.254.1.1", false],
    ["100.64.0.1", false],
    ["::1", false],
    ["fe80::1", false],
    ["FD00::1", false],
  ])("%s is one of the Internet: %s", (address, isPublic) => {
    expect(isPublicAddress(address)).toBe(isPublic);
  });
});

test("uptime and load", () => {
  expect(parseUptime(text("uptime"))).toEqual({ seconds: 3_976.29, idleSeconds: 3_165.23 });
  expect(parseLoad(text("loadavg"))).toEqual({
    oneMinute: 3.86,
    fiveMinutes: 4.72,
    fifteenMinutes: 5.11,
  });
  for (const broken of ["", "1", "a b c", "1.5 NaN 3", "1e3 2 3"]) {
    expect([parseUptime(broken), parseLoad(broken)]).toEqual([undefined, undefined]);
  }
});

describe("anything else", () => {
  const parsers: Readonly<Record<string, (text: string) => unknown>> = {
    stat: parseCpuStat,
    "self/stat": parseProcessStat,
    meminfo: parseMemory,
    vmstat: parseDiskTraffic,
    diskstats: (given) => parseBusyMs(given, ["vda"]),
    "net/dev": (given) => parseNetwork(given, () => false),
    "net/sockstat": (given) => parseConnections(given, given),
    uptime: parseUptime,
    loadavg: parseLoad,
  };

  test.each(Object.entries(parsers))("in place of %s is no error", (name, parse) => {
    const whole = text(name);
    for (let length = 0; length < whole.length; length++) check(parse(whole.slice(0, length)));
    for (const bytes of noise(200, 400)) {
      check(parse(String.fromCharCode(...bytes)));
      check(parse(whole.slice(0, bytes.length % 80) + String.fromCharCode(...bytes)));
    }
  });

  /** Every figure is a number. */
  function check(value: unknown): void {
    if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(check);
  }
});
