/**
 * Goal: what a server costs is read right from /proc and from /metrics, and what cannot be read is said.
 *
 * Method: files in memory in the form of proc(5); expositions in the form of the specification.
 */

import { describe, expect, test } from "vitest";
import { SystemError } from "../../src/base/errors.ts";
import { Failures, reasonOf } from "../../src/bench/failures.ts";
import { fileLimitProblem, readFileLimit } from "../../src/bench/file-limit.ts";
import { sampleProcess } from "../../src/bench/process-watch.ts";
import { usageReport } from "../../src/bench/report.ts";
import { sampleServer, sumOf, withoutSecret } from "../../src/bench/server-watch.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import type { Files } from "../../src/runtime/runtime.ts";
import { MemoryNetwork } from "../support/memory-network.ts";

async function proc(files: Files, pid: number, text: string, kilobytes = 0): Promise<void> {
  await files.makeFolder(`/proc/${pid}`);
  await files.write(`/proc/${pid}/stat`, text);
  if (kilobytes === 0) return;
  await files.write(`/proc/${pid}/status`, `Name:\tx\nVmHWM:\t  9 kB\nVmRSS:\t  ${kilobytes} kB\n`);
  await files.write(
    `/proc/${pid}/smaps_rollup`,
    `00-ff r--p\nRss: 9 kB\nPss:  ${kilobytes - 1} kB\n`,
  );
}

/** A line of proc(5): parent, then user and system ticks, of itself and of children it has buried. */
function stat(pid: number, name: string, parent: number, ticks: readonly number[]): string {
  return `${pid} (${name}) S ${parent} 1 1 0 -1 4194304 1 2 3 4 ${ticks.join(" ")} 20 0 1 0 9 9 9\n`;
}

describe("sampleProcess()", () => {
  test("adds up the process and all below it", async () => {
    const { files } = new MemoryRuntime({});
    await files.makeFolder("/proc/sys");
    await proc(files, 10, stat(10, "sluice", 1, [100, 200, 10, 20]), 1_000);
    await proc(files, 11, stat(11, "a (odd) name", 10, [7, 8, 0, 0]), 500);
    await proc(files, 12, stat(12, "x", 11, [1, 1, 0, 0])); // Not ours to look into.
    await proc(files, 13, stat(13, "other", 1, [999, 999, 0, 0]), 900);
    expect(await sampleProcess(files, 10)).toEqual({
      processCount: 3,
      userSeconds: 1.18,
      systemSeconds: 2.29,
      residentSize: 1_500 * 1_024,
      proportionalSize: 1_498 * 1_024,
    });
    await expect(sampleProcess(files, 99)).rejects.toThrow(
      "Cannot watch process 99: there is none",
    );
  });

  test("two samples give a share of a core", () => {
    const sample = { processCount: 1, residentSize: 10, proportionalSize: 8 };
    const samples = [
      { ...sample, userSeconds: 10, systemSeconds: 1 },
      { ...sample, userSeconds: 11, systemSeconds: 1.25, residentSize: 30 },
      { ...sample, userSeconds: 12, systemSeconds: 2, residentSize: 20 },
    ];
    expect(usageReport(samples, 5)).toEqual({
      processes: 1,
      cpuPercent: 60,
      userPercent: 40,
      systemPercent: 20,
      residentBytes: 20,
      residentBytesMax: 30,
      proportionalBytes: 8,
    });
    expect(usageReport([], 5)).toBeNull();
  });
});

describe("sampleServer()", () => {
  /** Answers, and keeps what was asked. */
  async function serve(answer: string): Promise<[MemoryNetwork, () => string]> {
    const network = new MemoryNetwork();
    let asked = "";
    await network.runtime.tcp.listen({ host: "127.0.0.1", port: 1985 }, (socket) => {
      socket.handler = {
        data: (bytes) => {
          asked += new TextDecoder().decode(bytes);
          socket.write(new TextEncoder().encode(answer));
          socket.end();
        },
        drain: () => undefined,
        close: () => undefined,
      };
    });
    return [network, () => asked];
  }

  test("asks with the user and password of the address, which are shown to nobody", async () => {
    const text = "process_cpu_seconds_total 2\nprocess_resident_memory_bytes 3e6\n";
    const [network, asked] = await serve(`HTTP/1.1 200 OK\r\n\r\n${text}`);
    const server = "http://admin:p%40ss@127.0.0.1:1985/";
    const sample = sampleServer(network.runtime, server, {});
    expect(await network.finish(sample)).toEqual({ cpuSeconds: 2, residentSize: 3_000_000 });
    expect(asked()).toContain("GET /metrics HTTP/1.1\r\n");
    expect(asked()).toContain("\r\nAuthorization: Basic YWRtaW46cEBzcw==\r\n");
    expect(withoutSecret(server)).toBe("http://127.0.0.1:1985/");
    expect(withoutSecret("http://h/?a=b@c")).toBe("http://h/?a=b@c");
  });

  test.each([
    ["HTTP/1.1 401 Unauthorized\r\n\r\n", "the server answered 401"],
    ["HTTP/1.1 200 OK\r\n\r\nup 1\n", "it names neither processor time nor memory"],
  ])("says what is wrong with %j", async (answer, reason) => {
    const [network, asked] = await serve(answer);
    const sample = sampleServer(network.runtime, "http://127.0.0.1:1985", {});
    await expect(network.finish(sample)).rejects.toThrow(reason);
    expect(asked()).not.toContain("Authorization");
  });
});

describe("sumOf()", () => {
  const text = [
    "# HELP process_cpu_seconds_total Total.",
    "process_cpu_seconds_total 12.5",
    "process_cpu_seconds_total_x 99",
    'process_resident_memory_bytes{worker="1",path="a } b"} 1.5e8',
    'process_resident_memory_bytes{worker="2"} 50000000 1395066363000',
    "process_bad NaN",
  ].join("\n");

  test.each([
    ["process_cpu_seconds_total", 12.5],
    ["process_resident_memory_bytes", 200_000_000],
    ["process_bad", undefined],
    ["process_cpu", undefined],
  ])("%s is %s", (family, sum) => {
    expect(sumOf(text, family)).toBe(sum);
  });
});

describe("failures", () => {
  test("are counted by reason, the most frequent first, and not without end", () => {
    const failures = new Failures();
    for (let i = 0; i < 30; i++) failures.add(new Error(`reason ${i}`));
    for (let i = 0; i < 3; i++) failures.add(new Error("reason 5"));
    const report = failures.report();
    expect(failures.count).toBe(33);
    expect(report.slice(0, 2)).toEqual([
      { reason: "other reasons", count: 10 },
      { reason: "reason 5", count: 4 },
    ]);
    expect(report.length).toBe(21);
  });

  test("say what to do where that is known", async () => {
    const fault = new SystemError("EMFILE", "Cannot connect to h:1: too many open files");
    expect(reasonOf(fault)).toContain('raise "ulimit -n"');
    const { files } = new MemoryRuntime({});
    expect(await readFileLimit(files)).toBeUndefined();
    await files.makeFolder("/proc/self");
    await files.write(
      "/proc/self/limits",
      "Limit  Soft\nMax open files            64     4096   files\n",
    );
    expect(await readFileLimit(files)).toBe(64);
    expect(fileLimitProblem(32, 64)).toBeUndefined();
    expect(fileLimitProblem(1_000, undefined)).toBeUndefined();
    expect(fileLimitProblem(33, 64)).toContain('raise "ulimit -n" for 33 clients');
  });
});
