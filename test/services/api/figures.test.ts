/**
 * Goal: figures of processes and machine are told under SRS's names, are those of all processes, and
 * are 0, with `ok` false, where the system does not tell.
 *
 * Method: reports with the figures of the captures of SRS 7.0.18; two processes; a system that tells
 * nothing. That all keys are there is for srs-captures.test.ts.
 */

import { expect, test } from "vitest";
import { VERSION } from "../../../src/base/version.ts";
import { ENVELOPE, TestApi } from "../../support/api.ts";
import { PROCESS, UNKNOWN_MACHINE } from "../../support/reports.ts";

const NOW = 1_795_197_510_578;

async function ask(api: TestApi, what: string): Promise<Record<string, unknown>> {
  const { data, ...start } = await api.fetchJson(`/api/v1/${what}`);
  expect(start).toEqual(ENVELOPE);
  return data as Record<string, unknown>;
}

/** A supervisor with one worker. */
function withWorker(): TestApi {
  const api = new TestApi();
  const worker = { ...PROCESS, pid: 7, parentPid: 28_619, role: "worker", worker: 0 } as const;
  api.view.processReports = [
    { ...worker, uptimeMs: 500, commandLine: ["worker"], workingFolder: "/w" },
    { ...PROCESS, role: "supervisor" },
  ];
  return api;
}

test("summaries of one process", async () => {
  expect(await ask(new TestApi(), "summaries")).toEqual({
    ok: true,
    now_ms: NOW,
    self: {
      version: VERSION,
      pid: 28_619,
      ppid: 1,
      argv: "./bin/sluice -c all.conf",
      cwd: "/usr/local/sluice",
      mem_kbyte: 30_440,
      mem_percent: 0,
      cpu_percent: 0.02,
      srs_uptime: 86,
    },
    system: {
      cpu_percent: 0.52,
      disk_read_KBps: 4_598,
      disk_write_KBps: 23_101,
      disk_busy_percent: 0.09,
      mem_ram_kbyte: 24_684_084,
      mem_ram_percent: 0.04,
      mem_swap_kbyte: 0,
      mem_swap_percent: 0,
      cpus: 2,
      cpus_online: 2,
      uptime: 914.52,
      ilde_time: 868.88,
      load_1m: 1.86,
      load_5m: 2.78,
      load_15m: 1.71,
      net_sample_time: 1_795_197_505_488,
      net_recv_bytes: 0,
      net_send_bytes: 0,
      net_recvi_bytes: 2_123_979_942,
      net_sendi_bytes: 211_300_855,
      srs_sample_time: NOW,
      srs_recv_bytes: 1_750_000,
      srs_send_bytes: 3_520_000,
      conn_sys: 323,
      conn_sys_et: 210,
      conn_sys_tw: 99,
      conn_sys_udp: 5,
      conn_srs: 3,
    },
    sluice: { pages: { http: [8080], https: [] } },
  });
});

test("summaries of several processes are added up, and name the one that was started", async () => {
  const { self, system } = await ask(withWorker(), "summaries");
  expect(self).toMatchObject({
    pid: 28_619,
    ppid: 1,
    argv: "./bin/sluice -c all.conf",
    mem_kbyte: 60_880,
    cpu_percent: 0.04,
    srs_uptime: 86,
  });
  expect(system).toMatchObject({ srs_send_bytes: 7_040_000, conn_srs: 6, conn_sys: 323 });
});

test("resources that have been used", async () => {
  expect(await ask(new TestApi(), "rusages")).toMatchObject({
    ok: true,
    sample_time: NOW,
    ru_utime: 1,
    ru_stime: 0,
    ru_maxrss: 30_440,
    ru_minflt: 4_584,
    ru_oublock: 2_800,
    ru_nivcsw: 258,
  });
  expect(await ask(withWorker(), "rusages")).toMatchObject({ ru_utime: 3, ru_nvcsw: 28_184 });
});

test("what the system knows of the process", async () => {
  expect(await ask(new TestApi(), "self_proc_stats")).toMatchObject({
    ok: true,
    percent: 0.02,
    pid: 28_619,
    comm: "(sluice)",
    state: "R",
    ppid: 1,
    pgrp: 28_569,
    utime: 31,
    rss: 7_129,
    rsslim: -1,
  });
  // Amounts are added up, what there can be but one of is not.
  expect(await ask(withWorker(), "self_proc_stats")).toMatchObject({
    percent: 0.04,
    ppid: 1,
    pgrp: 28_569,
    utime: 62,
    num_threads: 8,
    rsslim: -1,
  });
});

test("what the cores have done, and memory", async () => {
  expect(await ask(new TestApi(), "system_proc_stats")).toEqual({
    ok: true,
    sample_time: 1_795_197_505_488,
    percent: 0.52,
    user: 10_534,
    nice: 61_371,
    sys: 19_544,
    idle: 80_682,
    iowait: 558,
    irq: 0,
    softirq: 326,
    steal: 300,
    guest: 0,
  });
  expect(await ask(new TestApi(), "meminfos")).toEqual({
    ok: true,
    sample_time: 1_795_197_505_488,
    percent_ram: 0.04,
    percent_swap: 0,
    MemActive: 8_334_256,
    RealInUse: 1_068_892,
    NotInUse: 23_615_192,
    MemTotal: 24_684_084,
    MemFree: 16_349_828,
    Buffers: 63_812,
    Cached: 7_201_552,
    SwapTotal: 0,
    SwapFree: 0,
  });
});

test("where the system does not tell, keys are the same and figures are 0", async () => {
  const [known, unknown] = [new TestApi(), new TestApi()];
  unknown.view.machineReport = UNKNOWN_MACHINE;
  unknown.view.processReports = [{ ...PROCESS, stat: null, use: null }];
  for (const what of ["rusages", "self_proc_stats", "system_proc_stats", "meminfos"]) {
    const data = await ask(unknown, what);
    expect(Object.keys(data)).toEqual(Object.keys(await ask(known, what)));
    expect(data["ok"]).toBe(false);
    const own = ["ok", "sample_time", "pid", "ppid", "percent"];
    const figures = Object.entries(data).filter(([name]) => !own.includes(name));
    expect(new Set(figures.map(([, value]) => value || 0))).toEqual(
      new Set(what === "self_proc_stats" ? ["()", 0] : [0]),
    );
  }
  const { self, system } = (await ask(unknown, "summaries")) as Record<string, object>;
  expect(self).toMatchObject({ mem_kbyte: 30_440, mem_percent: 0, ppid: 1 });
  expect(system).toMatchObject({ cpus: 2, mem_ram_kbyte: 0, load_1m: 0, conn_sys: 0, conn_srs: 3 });
  for (const value of Object.values({ ...self, ...system })) expect(value).not.toBeNaN();
});

test("features are what this version can do", async () => {
  const { features, options, options2 } = await ask(new TestApi(), "features");
  expect(features).toMatchObject({
    ssl: true,
    hls: true,
    hds: false,
    tcp_nodelay: true,
    mr: false,
  });
  expect(options).toMatch(/^(--\w+=(on|off) ?)+$/);
  expect(options2).toBe("--runtime=bun/1.4.5 --platform=linux --arch=x64");
});

test("HDS is a feature where it is used, as it is in an SRS that was built with it", async () => {
  const enabled = { "old.example": { hds: { enabled: true } } };
  const { features } = await ask(new TestApi({ vhosts: enabled }), "features");
  expect(features).toMatchObject({ hds: true });
});
