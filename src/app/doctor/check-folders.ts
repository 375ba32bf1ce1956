/**
 * Whether what is written can be: the folders, and the room on their disks.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { VhostConfig } from "../../config/vhost-config.ts";
import type { Files } from "../../runtime/runtime.ts";
import { RecordingNames } from "../../services/dvr/recording-names.ts";
import {
  type DoctorContext,
  type DoctorFinding,
  type Findings,
  findingsOf,
  formatSize,
  reasonOf,
} from "./finding.ts";
import { usesPrograms } from "./used-programs.ts";

/** Of what writes logs and segments. */
const FREE_SIZE_MIN = 268_435_456;
/** Recordings take a gigabyte in half an hour of 5 Mbps. */
const RECORDING_ROOM = 10 * 1024 ** 3;
/** A folder that is written to by another name in each vhost is looked at once. */
const FOLDERS_MAX = 64;

interface WrittenFolder {
  readonly path: string;
  /** What is written there, by settings. */
  readonly settings: readonly string[];
  /** What recordings leave free. */
  readonly keptFree: number | undefined;
}

export async function checkFolders({ config, runtime }: DoctorContext): Promise<DoctorFinding[]> {
  const findings = findingsOf("folders");
  const folders = [...collect(config).values()].slice(0, FOLDERS_MAX);
  const written = folders.map((folder) => checkFolder(folder, runtime.files, findings));
  const served = checkServed(config, runtime.files, findings);
  const kept = checkFiles(config, runtime.files, findings);
  return (await Promise.all([...written, kept, ...served])).flat();
}

/** Files that were there before, perhaps somebody else's. */
async function checkFiles(
  { srsLogTank, srsLogFile, pid }: Config,
  files: Files,
  { problem }: Findings,
): Promise<DoctorFinding[]> {
  const found: DoctorFinding[] = [];
  for (const [setting, path] of [
    ["srs_log_file", srsLogTank === "file" ? srsLogFile : ""],
    ["pid", pid],
  ] as const) {
    const stat = path === "" ? undefined : await files.stat(path).catch(() => undefined);
    if (stat === undefined || (stat.isFile && (await files.isWritable(path)))) continue;
    found.push(problem(`${path} (${setting}) cannot be written to: whose is it? ls -l ${path}`));
  }
  return found;
}

/** Folders of files that are given out: they need not be there, but whoever sets one means to. */
function checkServed(
  { httpServer, vhosts }: Config,
  files: Files,
  { ok, warning }: Findings,
): Promise<DoctorFinding[]>[] {
  const isThere = async (path: string): Promise<boolean> =>
    (await files.stat(path).catch(() => undefined))?.isFolder === true;
  const checkMain = async (): Promise<DoctorFinding[]> => {
    if (!httpServer.enabled || (await isThere(httpServer.dir))) return [];
    return [
      ok(`${httpServer.dir} (http_server.dir) is not there, and no files are served from it`),
    ];
  };
  const checkVhost = async ([name, vhost]: [string, VhostConfig]): Promise<DoctorFinding[]> => {
    const { enabled, dir } = vhost.httpStatic;
    if (!vhost.enabled || !enabled || (await isThere(dir))) return [];
    return [
      warning(`${dir} (${name} http_static.dir) is not there, and nothing is served from it`),
    ];
  };
  return [checkMain(), ...Object.entries(vhosts).slice(0, FOLDERS_MAX).map(checkVhost)];
}

/** Each folder once. */
function collect(config: Config): ReadonlyMap<string, WrittenFolder> {
  const folders = new Map<string, WrittenFolder>();
  const add = (setting: string, path: string, keptFree?: number): void => {
    const known = folders.get(path);
    folders.set(path, {
      path,
      settings: [...new Set([...(known?.settings ?? []), setting])],
      keptFree: keptFree === undefined ? known?.keptFree : Math.max(keptFree, known?.keptFree ?? 0),
    });
  };
  if (config.srsLogTank === "file") add("srs_log_file", folderOf(config.srsLogFile));
  if (config.pid !== "") add("pid", folderOf(config.pid));
  if (usesPrograms(config) && config.ffLogDir !== "/dev/null") add("ff_log_dir", config.ffLogDir);
  for (const vhost of Object.values(config.vhosts)) {
    if (vhost.enabled) collectVhost(vhost, config.utcTime, add);
  }
  return folders;
}

function collectVhost(
  { dvr, hls, cmaf, dash, hds, snapshot }: VhostConfig,
  isUtc: boolean,
  add: (setting: string, path: string, keptFree?: number) => void,
): void {
  if (dvr.enabled) add("dvr_path", new RecordingNames(dvr.dvrPath, isUtc).root, dvr.dvrFreeSpace);
  if (hls.enabled && hls.hlsStorage !== "memory") {
    add("hls_path", hls.hlsPath);
    if (hls.hlsKeys) add("hls_key_file_path", hls.hlsKeyFilePath);
  }
  if (cmaf.enabled && cmaf.storage !== "memory") add("cmaf.path", cmaf.path);
  if (dash.enabled && dash.dashStorage !== "memory") add("dash_path", dash.dashPath);
  if (hds.enabled) add("hds_path", hds.hdsPath);
  if (snapshot.enabled && snapshot.path !== "") add("snapshot.path", folderOf(snapshot.path));
}

/** Without the names of files, and from the first variable on. */
function folderOf(path: string): string {
  const [fixed = ""] = path.split("[", 1);
  const end = fixed.lastIndexOf("/");
  if (end === -1) return ".";
  return end === 0 ? "/" : fixed.slice(0, end);
}

async function checkFolder(
  { path, settings, keptFree }: WrittenFolder,
  files: Files,
  { ok, warning, problem }: Findings,
): Promise<DoctorFinding> {
  const name = `${path} (${settings.join(", ")})`;
  try {
    const there = await nearestThere(path, files);
    if ((await files.stat(there))?.isFolder !== true) {
      return problem(`${name} cannot be a folder: ${there} is a file`);
    }
    if (!(await files.isWritable(there))) {
      const who = there === path ? "" : `: ${there} cannot be written to`;
      return problem(`${name} cannot be ${there === path ? "written to" : "created"}${who}`);
    }
    const free = await files.freeSize(there).catch(() => undefined);
    if (free === undefined) return ok(`${name} can be written to`);
    const told = `${name} has ${formatSize(free)} free`;
    if (keptFree !== undefined && free <= keptFree) {
      const why = `recordings leave ${formatSize(keptFree)} free (dvr_free_space)`;
      return problem(`${told}, so that nothing is recorded: ${why}`);
    }
    if (free === 0) return problem(`${name} is on a disk that is full`);
    const isLow = free < (keptFree === undefined ? FREE_SIZE_MIN : keptFree + RECORDING_ROOM);
    return isLow ? warning(`${told}, which is soon full`) : ok(told);
  } catch (error) {
    return problem(`${name}: ${reasonOf(error)}`);
  }
}

/** The folder, or the nearest around it that is there; the server creates the others. */
async function nearestThere(path: string, files: Files): Promise<string> {
  let current = path;
  while ((await files.stat(current)) === undefined) {
    const parent = folderOf(current.replace(/\/+$/, ""));
    if (parent === current) break;
    current = parent;
  }
  return current;
}
