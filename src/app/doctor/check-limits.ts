/**
 * Limits that the system sets: open files, and what it holds of a burst of UDP.
 *
 * @module
 */

import { judgeFileLimit } from "../process/judge-file-limit.ts";
import { RTC_BUFFER_SIZE } from "../rtc-udp-port.ts";
import { type DoctorContext, type DoctorFinding, findingsOf, formatSize } from "./finding.ts";

export async function checkLimits(context: DoctorContext): Promise<readonly DoctorFinding[]> {
  return [...(await checkOpenFiles(context)), ...(await checkUdpBuffers(context))];
}

async function checkOpenFiles({ config, runtime }: DoctorContext): Promise<DoctorFinding[]> {
  const { ok, problem } = findingsOf("limits");
  const verdict = await judgeFileLimit(config, runtime.files);
  if (verdict === undefined) return [];
  return [verdict.isEnough ? ok(verdict.text) : problem(verdict.text)];
}

async function checkUdpBuffers({ config, runtime }: DoctorContext): Promise<DoctorFinding[]> {
  if (!config.rtcServer.enabled) return [];
  const { ok, warning } = findingsOf("limits");
  const names = ["rmem_max", "wmem_max"];
  const sizes = await Promise.all(
    names.map((name) =>
      runtime.files.readText(`/proc/sys/net/core/${name}`).then(Number, () => NaN),
    ),
  );
  if (sizes.some((size) => Number.isNaN(size))) return [];
  const small = names.filter((_, index) => (sizes[index] ?? 0) < RTC_BUFFER_SIZE);
  if (small.length === 0) return [ok("The buffers of UDP may be as large as WebRTC wants them")];
  const how = small.map((name) => `net.core.${name}=${RTC_BUFFER_SIZE}`).join(" ");
  const least = formatSize(Math.min(...sizes));
  const why = `Packets of WebRTC may be lost in a burst, as buffers of UDP end at ${least}`;
  return [warning(`${why}: sysctl -w ${how}, and the same in /etc/sysctl.d/`)];
}
