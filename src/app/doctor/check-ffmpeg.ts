/**
 * Whether FFmpeg and other programs are there where the configuration needs them.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import {
  type DoctorContext,
  type DoctorFinding,
  type Findings,
  findingsOf,
  reasonOf,
} from "./finding.ts";
import { runProgram } from "./run-program.ts";
import { type UsedProgram, usedCommands, usedFfmpegs } from "./used-programs.ts";

/** What Debian 10 has; older ones lack options that are used. */
const MAJOR_MIN = 4;
const PATH_DEFAULT = "/usr/bin:/bin";
/** Owner, group, others: one of them may execute it. */
const EXECUTABLE = 0o111;

export async function checkFfmpeg({ config, runtime }: DoctorContext): Promise<DoctorFinding[]> {
  const findings = findingsOf("programs");
  const ffmpegs = usedFfmpegs(config).map((used) => checkOne(used, runtime, findings));
  const commands = usedCommands(config).map((used) => checkCommand(used, runtime, findings));
  return (await Promise.all([...ffmpegs, ...commands])).flat();
}

async function checkOne(
  used: UsedProgram,
  runtime: Runtime,
  { ok, warning, problem }: Findings,
): Promise<DoctorFinding[]> {
  const { path, encoders } = used;
  const name = `${path} (${used.settings.join(", ")})`;
  try {
    const { code, output } = await runProgram(runtime, path, ["-version"]);
    if (code !== 0) return [problem(`${name} does not work: ${firstLine(output)}`)];
    const version = /^ffmpeg version (\S+)/m.exec(output)?.[1];
    if (version === undefined) return [problem(`${name} is no FFmpeg: ${firstLine(output)}`)];
    const missing = await missingEncoders(path, encoders, runtime);
    if (missing.length > 0) {
      const text = `${name} cannot encode to ${missing.join(", ")}: ${path} -encoders says what it can`;
      return [problem(text)];
    }
    const isOld = Number.parseInt(version.replace(/^n/, ""), 10) < MAJOR_MIN;
    const told = `${name} is FFmpeg ${version}`;
    return [isOld ? warning(`${told}: ${MAJOR_MIN} or later is better`) : ok(told)];
  } catch (error) {
    return [problem(`${name} cannot be started: ${adviceFor(error)}`)];
  }
}

function adviceFor(error: unknown): string {
  if (!(error instanceof SystemError) || error.code !== "ENOENT") return reasonOf(error);
  return "it is not there; install FFmpeg (Debian: apt install ffmpeg), and set `ffmpeg: ffmpeg`";
}

async function missingEncoders(
  path: string,
  encoders: readonly string[],
  runtime: Runtime,
): Promise<readonly string[]> {
  if (encoders.length === 0) return [];
  const { code, output } = await runProgram(runtime, path, ["-hide_banner", "-encoders"]);
  if (code !== 0) return [];
  // Such as ` V....D libx264    libx264 H.264 / AVC ... (codec h264)`.
  const known = new Set(
    [...output.matchAll(/^ [VAS][\w.]{5} (\S+)(?:.*\(codec (\w+)\))?/gm)].flatMap((match) => [
      match[1] ?? "",
      match[2] ?? "",
    ]),
  );
  return encoders.filter((encoder) => !known.has(encoder));
}

async function checkCommand(
  { path, settings }: UsedProgram,
  { files, host }: Runtime,
  { ok, problem }: Findings,
): Promise<DoctorFinding[]> {
  const name = `${path} (${settings.join(", ")})`;
  const { PATH = PATH_DEFAULT } = host.environment;
  const places = path.includes("/") ? [path] : PATH.split(":").map((folder) => `${folder}/${path}`);
  for (const place of places) {
    const stat = await files.stat(place).catch(() => undefined);
    if (stat?.isFile !== true) continue;
    if ((stat.permissions & EXECUTABLE) !== 0) return [ok(`${name} is there`)];
    return [problem(`${name} cannot be run: chmod +x ${place}`)];
  }
  const where = path.includes("/") ? "there" : "in any folder of PATH";
  return [problem(`${name} is not ${where}`)];
}

function firstLine(output: string): string {
  return output.trim().split("\n", 1)[0] || "it says nothing";
}
