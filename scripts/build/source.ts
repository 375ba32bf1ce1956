/**
 * Which sources are built: their version, their commit, and their time.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { ROOT } from "../programs.ts";

/** So many digits tell the commits of any repository apart. */
const COMMIT_LENGTH = 12;

/** What has no commit to take its time from is of this one, so that builds stay alike. */
const EPOCH_SECONDS = 315_532_800; // 1980-01-01, the earliest that archives of any kind can hold.

export interface Source {
  /** As in package.json. */
  readonly version: string;
  /** Of git, with `-dirty` behind it where files differ from it; `unknown` outside of a repository. */
  readonly commit: string;
  /** When the commit was made, in seconds since 1970; `SOURCE_DATE_EPOCH` where it is set. */
  readonly timeSeconds: number;
}

/**
 * Asks git, and the environment first: who builds from an archive or in a container, where there is
 * no repository, says by `SOURCE_COMMIT` and `SOURCE_DATE_EPOCH` what it is.
 */
export function readSource(): Source {
  const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { version: string };
  return { version: manifest.version, commit: findCommit(), timeSeconds: findTime() };
}

function findCommit(): string {
  const given = process.env["SOURCE_COMMIT"];
  if (given) return /^[0-9a-f]{40,64}$/.test(given) ? given.slice(0, COMMIT_LENGTH) : given;
  const commit = git("rev-parse", "HEAD")?.slice(0, COMMIT_LENGTH);
  if (!commit) return "unknown";
  const changes = git("status", "--porcelain");
  return changes === "" ? commit : `${commit}-dirty`;
}

function findTime(): number {
  const given = process.env["SOURCE_DATE_EPOCH"] || git("log", "-1", "--format=%ct");
  return given !== undefined && /^\d+$/.test(given) ? Number(given) : EPOCH_SECONDS;
}

/** @returns `undefined` where these sources are in no repository of their own. */
function git(...args: readonly string[]): string | undefined {
  // A repository further up, in which the sources were merely unpacked, says nothing about them.
  if (!existsSync(`${ROOT}.git`)) return undefined;
  const { status, stdout } = spawnSync("git", ["-C", ROOT, ...args], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
