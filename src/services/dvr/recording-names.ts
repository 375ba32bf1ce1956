/**
 * What recordings are called.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import { dateVariables, type PathMatch, PathTemplate } from "../../base/path-template.ts";
import type { StreamName } from "../../base/stream-name.ts";
import type { RecordingFormatName } from "./formats/recording-format.ts";
import { isOwnName } from "./own-folder.ts";

/** What SRS appends to a name without an ending: then it is that of a folder. */
const IN_FOLDER = "/[stream].[timestamp].flv";
const ENDING = /\.(flv|mp4|ts)$/;

/** As SRS calls a file that is not complete. */
export const UNFINISHED = ".tmp";

/** Names that are tried before the one that is wanted is given up. */
export const ATTEMPTS_MAX = 1_000;

/** The name of one recording: as it is set, and others if that is taken. */
export interface RecordingName {
  /** @param attempt 0, and then upwards: `show.flv`, `show-1.flv`, `show-2.flv`. */
  at(attempt: number): string;
  /** Why no file may be called so; `undefined`: one may. */
  readonly problem: SystemError | undefined;
}

/** The name that is wanted, and what stands for it if that is taken. */
export function recordingName(path: string, problem?: SystemError): RecordingName {
  const dot = path.lastIndexOf(".");
  const [stem, ending] = [path.slice(0, dot), path.slice(dot)];
  return { at: (attempt) => (attempt === 0 ? path : `${stem}-${attempt}${ending}`), problem };
}

export class RecordingNames {
  readonly format: RecordingFormatName;
  /** Where all of them are, however deep: what stands before the first variable, as `plainPath` has it. */
  readonly root: string;
  /** The same as it stands in the path, with a slash behind; empty if there is none. */
  readonly #folder: string;
  readonly #template: PathTemplate;
  readonly #isUtc: boolean;

  /** @param path As it is set. */
  constructor(path: string, isUtc: boolean) {
    const isFile = ENDING.test(path);
    const whole = isFile ? path : path.replace(/\/+$/, "") + IN_FOLDER;
    this.format = (ENDING.exec(whole)?.[1] ?? "flv") as RecordingFormatName;
    this.#template = new PathTemplate(whole);
    this.#isUtc = isUtc;
    const [fixed = ""] = whole.split("[");
    this.#folder = fixed.slice(0, fixed.lastIndexOf("/") + 1);
    this.root = plainPath(this.#folder);
  }

  /** @param wallMs When the file begins. */
  nameFor({ vhost, app, stream }: StreamName, wallMs: number): RecordingName {
    const whole = Math.floor(wallMs);
    const date = dateVariables(whole, this.#isUtc);
    const path = this.#template.expand({ vhost, app, stream, ...date, timestamp: whole });
    return recordingName(path, this.#problemOf(path));
  }

  /** Who publishes may choose a name, but not one by which a recording would be the recorder's own. */
  #problemOf(path: string): SystemError | undefined {
    if (!path.slice(this.#folder.length).split("/").some(isOwnName)) return undefined;
    return new SystemError(
      "EPERM",
      `Cannot record to "${path}": that folder is the recorder's own`,
    );
  }

  /** Whose recording, complete or not, a path below `root` can be; `undefined`: nobody's. */
  match(name: string): PathMatch | undefined {
    const path = `${this.#folder}${name}`.replace(/\.tmp(?:\.plain)?$/, "");
    return this.#template.match(path) ?? this.#template.match(path.replace(/-\d+(\.\w+)$/, "$1"));
  }
}

/**
 * A path as it is whoever writes it: without `.` and empty levels, and without a slash behind. `..` stays,
 * as it depends on links what that means, and two slashes in front, which are those of a server on Windows.
 */
export function plainPath(path: string): string {
  const lead = /^\/{0,2}/.exec(path)?.[0] ?? "";
  const levels = path.split("/").filter((level) => level !== "" && level !== ".");
  return lead + levels.join("/") || ".";
}

/** The folder that a file is in. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}
