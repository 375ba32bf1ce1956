/**
 * The runtime, the processor and the memory.
 *
 * @module
 */

import type { Files } from "../../runtime/runtime.ts";
import { portSharing } from "../workers/ports.ts";
import { countWorkers } from "../workers/worker-count.ts";
import {
  type DoctorContext,
  type DoctorFinding,
  type Findings,
  findingsOf,
  formatSize,
} from "./finding.ts";

/** The least that works, major and minor; docs/runtimes.md says what is tested. */
const VERSIONS_MIN: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  bun: [1, 3],
  deno: [2, 4],
  node: [20, 0],
};

/** A process that serves, before anybody has come. */
const PROCESS_SIZE = 64 << 20;
/** For what people bring with them. */
const SPARE_SIZE = 128 << 20;
/** cgroup v2, in which containers and services have their limits. */
const CGROUP = "/sys/fs/cgroup";

export async function checkMachine(context: DoctorContext): Promise<readonly DoctorFinding[]> {
  return [checkRuntime(context), ...checkCores(context), ...(await checkMemory(context))];
}

function checkRuntime({ runtime }: DoctorContext): DoctorFinding {
  const { ok, problem } = findingsOf("runtime");
  const { name, version, host } = runtime;
  const told = `${name} ${version} on ${host.platform} ${host.architecture}`;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [majorMin, minorMin] = VERSIONS_MIN[name] ?? [0, 0];
  const isOld = major < majorMin || (major === majorMin && minor < minorMin);
  return isOld
    ? problem(`${told} is too old: ${majorMin}.${minorMin} or later is needed`)
    : ok(told);
}

function checkCores({ config, runtime }: DoctorContext): DoctorFinding[] {
  const findings = findingsOf("cores");
  const { coreCount } = runtime.host;
  const count = countWorkers(config, runtime.host);
  if (count > 1 && portSharing(runtime.tcp) === undefined) {
    const why = `${runtime.name} on ${runtime.host.platform} cannot share a port among processes`;
    return [findings.warning(`One process will serve instead of ${count}, since ${why}`)];
  }
  return [judgeCores(findings, count, coreCount)];
}

function judgeCores(findings: Findings, count: number, coreCount: number): DoctorFinding {
  if (count > coreCount) {
    const text = `${count} workers share ${coreCount} cores: more than one each gains nothing`;
    return findings.warning(`${text}, set \`workers: auto\``);
  }
  const spare = count === 1 && coreCount > 1 ? "; `workers: auto` uses all of them" : "";
  return findings.ok(`${count} of ${coreCount} cores will be used${spare}`);
}

async function checkMemory({ config, runtime }: DoctorContext): Promise<DoctorFinding[]> {
  const { ok, warning, problem } = findingsOf("memory");
  const available = await availableMemory(runtime.files);
  if (available === undefined) return [];
  const needed = SPARE_SIZE + countWorkers(config, runtime.host) * PROCESS_SIZE;
  const told = `${formatSize(available)} are free`;
  if (available >= 2 * needed) return [ok(told)];
  const advice = `${told}, and ${formatSize(needed)} are needed to begin with`;
  return [available < needed ? problem(advice) : warning(`${advice}: viewers need more`)];
}

/** What may still be had, of the machine and of the group of processes. */
async function availableMemory(files: Files): Promise<number | undefined> {
  const text = await files.readText("/proc/meminfo").catch(() => "");
  const kibibytes = /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1];
  const [limit, used] = await Promise.all(
    ["memory.max", "memory.current"].map((name) =>
      files.readText(`${CGROUP}/${name}`).then(Number, () => Number.NaN),
    ),
  );
  const ofGroup = (limit ?? Number.NaN) - (used ?? Number.NaN);
  const known = [kibibytes === undefined ? Number.NaN : Number(kibibytes) * 1024, ofGroup];
  const least = Math.min(...known.filter((size) => !Number.isNaN(size)));
  return Number.isFinite(least) ? Math.max(0, least) : undefined;
}
