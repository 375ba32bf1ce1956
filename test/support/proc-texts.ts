/**
 * Texts of /proc, as Linux 6.18 on a machine with two cores has them; memory is that of the machine on
 * which SRS's API was captured.
 *
 * @module
 */

import type { MemoryFiles } from "../../src/runtime/memory/memory-files.ts";

export const PROC_TEXTS: Readonly<Record<string, string>> = {
  stat: `cpu  346583 7845 104024 316522 4038 0 8888 530 0 0
cpu0 171409 4169 49257 163490 525 0 5291 253 0 0
cpu1 175174 3676 54767 153032 3513 0 3597 277 0 0
intr 10304474 0 0 0
ctxt 26944975
btime 1795193445
processes 3751
procs_running 3
procs_blocked 0
`,
  vmstat: `nr_free_pages 4275090
pgpgin 5347273
pgpgout 11465432
pswpin 0
`,
  diskstats: `   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
 254       0 vda 265316 10290 10694546 1029731 60744 163944 22930864 108531 0 66596 1149522 62643 85 8367192 9084 11225 2175
 253       0 zram0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
`,
  meminfo: `MemTotal:       24684084 kB
MemFree:        16349828 kB
MemAvailable:   22639744 kB
Buffers:           63812 kB
Cached:          7201552 kB
SwapCached:            0 kB
Active:          1855388 kB
SwapTotal:             0 kB
SwapFree:              0 kB
`,
  "net/dev": `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 647070583053 24338938    0    0    0     0          0         0 647070583053 24338938    0    0    0     0       0          0
  eth0: 1271427499   34821    0    0    0     0          0         0  2090110   24141    0    0    0     0       0          0
`,
  "net/sockstat": `sockets: used 189
TCP: inuse 40 orphan 0 tw 380 alloc 41 mem 159
UDP: inuse 3 mem 0
UDPLITE: inuse 0
RAW: inuse 0
FRAG: inuse 0 memory 0
`,
  "net/snmp": `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs
Tcp: 1 200 120000 -1 57190 45576 11548 46799 22 24317584 24304113
`,
  uptime: "3976.29 3165.23\n",
  loadavg: "3.86 4.72 5.11 5/360 3759\n",
  "self/stat":
    "3751 (bun) R 1 3745 31332 0 -1 4194304 101 0 2 0 31 12 0 0 20 0 4 0 397626 3133440 416 18446744073709551615 94110699155456 94110699175337 140724765532512 0 0 0 0 4096 16935 0 0 0 17 0 0 0 0 0 0 94110699191344 94110699192960 94111715590144 140724765534915 140724765534935 140724765534935 140724765536235 0\n",
  "sys/kernel/ostype": "Linux\n",
  "sys/kernel/hostname": "vm\n",
  "sys/kernel/osrelease": "6.18.44-fc-v595\n",
  "sys/kernel/version": "#1 SMP PREEMPT_DYNAMIC @0\n",
};

/** Puts them where the server looks. */
export async function installProc(files: MemoryFiles): Promise<void> {
  for (const [path, text] of Object.entries(PROC_TEXTS)) {
    const name = `/proc/${path}`;
    await files.makeFolder(name.slice(0, name.lastIndexOf("/")));
    await files.write(name, text);
  }
}
