/**
 * Files by node:fs.
 *
 * @module
 */

import { fstatSync, lstatSync, readFileSync, type Stats, statSync } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileStat, Files, FileWatch, OpenFile, OpenMode } from "../runtime.ts";
import { openFile } from "./open-file.ts";
import { toPlainBytes } from "./plain-bytes.ts";
import { errorCode, toSystemError } from "./system-fault.ts";
import { watchPath } from "./watch.ts";

/** How folders begin that are created for a moment, to see whether that is possible. */
const PROBE = ".sluice-";

export class NodeFiles implements Files {
  async read(path: string): Promise<Uint8Array> {
    const bytes = await explain(fs.readFile(path), `read "${path}"`);
    return toPlainBytes(bytes);
  }

  readText(path: string): Promise<string> {
    return explain(fs.readFile(path, "utf8"), `read "${path}"`);
  }

  readTextSync(path: string): string {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      throw toSystemError(error, `read "${path}"`);
    }
  }

  write(path: string, content: Uint8Array | string): Promise<void> {
    return explain(fs.writeFile(path, content), `write "${path}"`);
  }

  append(path: string, content: Uint8Array | string): Promise<void> {
    return explain(fs.appendFile(path, content), `append to "${path}"`);
  }

  rename(from: string, to: string): Promise<void> {
    return explain(fs.rename(from, to), `rename "${from}" to "${to}"`);
  }

  remove(path: string): Promise<void> {
    return explain(fs.unlink(path), `remove "${path}"`);
  }

  removeFolder(path: string): Promise<void> {
    return explain(fs.rmdir(path), `remove folder "${path}"`);
  }

  removeAll(path: string): Promise<void> {
    return explain(fs.rm(path, { recursive: true }), `remove "${path}"`);
  }

  async makeFolder(path: string): Promise<void> {
    await explain(fs.mkdir(path, { recursive: true }), `create folder "${path}"`);
  }

  makePrivateFolder(prefix: string): Promise<string> {
    const path = join(tmpdir(), prefix);
    // Nobody else may enter it: mkdtemp(3) creates it with mode 0700.
    return explain(fs.mkdtemp(path), `create a folder "${path}..."`);
  }

  async list(path: string): Promise<string[]> {
    const names = await explain(fs.readdir(path), `list "${path}"`);
    return names.sort();
  }

  async stat(path: string): Promise<FileStat | undefined> {
    try {
      const stats = await fs.stat(path);
      return {
        isFile: stats.isFile(),
        isFolder: stats.isDirectory(),
        size: stats.size,
        modifiedMs: stats.mtimeMs,
        permissions: stats.mode & 0o777,
      };
    } catch (error) {
      const code = errorCode(error);
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      throw toSystemError(error, `look at "${path}"`);
    }
  }

  async isWritable(path: string): Promise<boolean> {
    // Deno's access() goes by the permissions alone, which root, other groups, access lists and a disk
    // that is read-only make nothing of: so it is tried.
    try {
      if ((await fs.stat(path)).isDirectory()) await fs.rmdir(await fs.mkdtemp(join(path, PROBE)));
      else await (await fs.open(path, "a")).close();
      return true;
    } catch {
      return false;
    }
  }

  async changeOwner(path: string, userId: number, groupId: number): Promise<void> {
    // Not what a link leads to: whoever may create files there could have made it.
    await explain(fs.lchown(path, userId, groupId), `give away "${path}"`);
  }

  isFileAt(path: string, descriptor: number): boolean {
    const isSame = (one: Stats, other: Stats): boolean =>
      one.dev === other.dev && one.ino === other.ino;
    const opened = fstatSync(descriptor);
    const named = lstatSync(path);
    return named.isSymbolicLink()
      ? named.uid === 0 && isSame(opened, statSync(path))
      : isSame(opened, named);
  }

  realPath(path: string): Promise<string> {
    return explain(fs.realpath(path), `resolve "${path}"`);
  }

  open(path: string, mode: OpenMode): Promise<OpenFile> {
    return explain(openFile(path, mode), `open "${path}"`);
  }

  async freeSize(path: string): Promise<number> {
    // The blocks that are kept for root are no room for anybody else.
    const { bavail, bsize } = await explain(fs.statfs(path), `look at the disk of "${path}"`);
    return bavail * bsize;
  }

  watch(path: string, changed: () => void): FileWatch {
    try {
      return watchPath(path, changed);
    } catch (error) {
      throw toSystemError(error, `watch "${path}"`);
    }
  }
}

async function explain<Result>(work: Promise<Result>, action: string): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw toSystemError(error, action);
  }
}
