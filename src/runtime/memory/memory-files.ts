/**
 * Files in memory. Links do not exist; paths are absolute, or relative to the root.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { SystemError } from "../../base/errors.ts";
import type { FileStat, Files, FileWatch, OpenFile, OpenMode } from "../runtime.ts";
import { MemoryOpenFile } from "./memory-open-file.ts";

/** What lies at a path. A folder has no content. */
export interface MemoryEntry {
  content: Uint8Array | undefined;
  modifiedMs: number;
}

interface Watcher {
  readonly path: string;
  readonly changed: () => void;
}

export class MemoryFiles implements Files {
  /**
   * Plays a fault of the disk: the code to throw, such as `ENOSPC`, when `path` is about to be
   * written, renamed or removed; `undefined` lets it happen.
   */
  fault: (path: string) => string | undefined = () => undefined;
  /** User and group of what was given away. */
  readonly owners: Map<string, readonly [userId: number, groupId: number]> = new Map();
  /** What `stat` says of who may do what with a path. */
  permissionsOf: (path: string) => number = () => 0o644;
  /** What `freeSize` says of every path; it is not counted down. */
  freeSizeOfDisk: number = 1 << 30;
  #clock: Clock;
  #entries = new Map<string, MemoryEntry>();
  #watchers = new Set<Watcher>();
  #privateFolderCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#entries.set("/", { content: undefined, modifiedMs: clock.wallMs() });
  }

  async read(path: string): Promise<Uint8Array> {
    return this.contentOf(path).slice();
  }

  async readText(path: string): Promise<string> {
    return this.readTextSync(path);
  }

  readTextSync(path: string): string {
    return new TextDecoder().decode(this.contentOf(path));
  }

  async write(path: string, content: Uint8Array | string): Promise<void> {
    this.put(path, toBytes(content));
  }

  async append(path: string, content: Uint8Array | string): Promise<void> {
    const old = this.#entries.get(resolvePath(path))?.content ?? new Uint8Array();
    this.put(path, join(old, toBytes(content)));
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [resolvePath(from), resolvePath(to)];
    const entry = this.#entryOf(source);
    this.#prepare(target);
    if (entry.content === undefined) this.#refuseFull(target);
    else if (this.#entries.get(target)?.content === undefined && this.#entries.has(target)) {
      throw fault("EISDIR", to);
    }
    for (const [path, moved] of [...this.#entries]) {
      if (path !== source && !path.startsWith(`${source}/`)) continue;
      this.#entries.delete(path);
      this.#entries.set(target + path.slice(source.length), moved);
    }
    this.#tell(source);
    this.#tell(target);
  }

  async remove(path: string): Promise<void> {
    this.contentOf(path);
    this.#check(resolvePath(path));
    this.#entries.delete(resolvePath(path));
    this.#tell(resolvePath(path));
  }

  async removeFolder(path: string): Promise<void> {
    const root = resolvePath(path);
    if (this.#entryOf(root).content !== undefined) throw fault("ENOTDIR", path);
    this.#refuseFull(root);
    this.#check(root);
    this.#entries.delete(root);
    this.#tell(root);
  }

  async removeAll(path: string): Promise<void> {
    const root = resolvePath(path);
    this.#entryOf(root);
    this.#check(root);
    for (const known of [...this.#entries.keys()]) {
      if (known === root || known.startsWith(`${root}/`)) this.#entries.delete(known);
    }
    this.#tell(root);
  }

  async makeFolder(path: string): Promise<void> {
    let folder = "";
    for (const name of resolvePath(path).split("/").filter(Boolean)) {
      folder += `/${name}`;
      const entry = this.#entries.get(folder);
      if (entry === undefined) this.#set(folder, undefined);
      else if (entry.content !== undefined) {
        throw fault(folder === resolvePath(path) ? "EEXIST" : "ENOTDIR", path);
      }
    }
  }

  async makePrivateFolder(prefix: string): Promise<string> {
    this.#privateFolderCount += 1;
    const path = `/tmp/${prefix}${String(this.#privateFolderCount).padStart(6, "0")}`;
    await this.makeFolder(path);
    return path;
  }

  async list(path: string): Promise<string[]> {
    const root = resolvePath(path);
    if (this.#entryOf(root).content !== undefined) throw fault("ENOTDIR", path);
    const prefix = root === "/" ? "/" : `${root}/`;
    return [...this.#entries.keys()]
      .filter((known) => known.startsWith(prefix) && known !== "/")
      .map((known) => known.slice(prefix.length))
      .filter((name) => !name.includes("/"))
      .sort();
  }

  async stat(path: string): Promise<FileStat | undefined> {
    const entry = this.#entries.get(resolvePath(path));
    if (entry === undefined) return undefined;
    const { content, modifiedMs } = entry;
    const isFile = content !== undefined;
    const permissions = this.permissionsOf(path);
    return { isFile, isFolder: !isFile, size: content?.length ?? 0, modifiedMs, permissions };
  }

  async isWritable(path: string): Promise<boolean> {
    const target = resolvePath(path);
    return this.#entries.has(target) && this.fault(target) === undefined;
  }

  async changeOwner(path: string, userId: number, groupId: number): Promise<void> {
    const target = resolvePath(path);
    this.#entryOf(target);
    this.owners.set(target, [userId, groupId]);
  }

  isFileAt(): boolean {
    return true; // There are no links.
  }

  async realPath(path: string): Promise<string> {
    this.#entryOf(resolvePath(path));
    return resolvePath(path);
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    if (mode === "new" && this.#entries.has(resolvePath(path))) throw fault("EEXIST", path);
    if (mode === "read" || mode === "update") this.contentOf(path);
    else if (mode === "append") await this.append(path, "");
    else this.put(path, new Uint8Array());
    const end = mode === "update" ? this.contentOf(path).length : 0;
    return new MemoryOpenFile(this, path, mode, end);
  }

  async freeSize(path: string): Promise<number> {
    this.#entryOf(resolvePath(path));
    return this.freeSizeOfDisk;
  }

  watch(path: string, changed: () => void): FileWatch {
    this.#entryOf(resolvePath(path));
    const watcher: Watcher = { path: resolvePath(path), changed };
    this.#watchers.add(watcher);
    return { close: () => void this.#watchers.delete(watcher) };
  }

  /** The content of the file at `path`, not copied. */
  contentOf(path: string): Uint8Array {
    const { content } = this.#entryOf(resolvePath(path));
    if (content === undefined) throw fault("EISDIR", path);
    return content;
  }

  /** Creates or replaces the file at `path`. */
  put(path: string, content: Uint8Array): void {
    const target = resolvePath(path);
    this.#prepare(target);
    const old = this.#entries.get(target);
    if (old !== undefined && old.content === undefined) throw fault("EISDIR", path);
    this.#set(target, content);
  }

  #set(path: string, content: Uint8Array | undefined): void {
    this.#entries.set(path, { content, modifiedMs: this.#clock.wallMs() });
    this.#tell(path);
  }

  #entryOf(path: string): MemoryEntry {
    const entry = this.#entries.get(path);
    if (entry === undefined) throw fault("ENOENT", path);
    return entry;
  }

  /** Makes sure that something may be put at `path`. */
  #prepare(path: string): void {
    this.#check(path);
    const parent = this.#entryOf(path.slice(0, Math.max(1, path.lastIndexOf("/"))));
    if (parent.content !== undefined) throw fault("ENOTDIR", path);
  }

  #check(path: string): void {
    const code = this.fault(path);
    if (code !== undefined) throw fault(code, path);
  }

  /** A folder may replace an empty folder only. */
  #refuseFull(target: string): void {
    const entry = this.#entries.get(target);
    if (entry?.content !== undefined) throw fault("ENOTDIR", target);
    const isFull = [...this.#entries.keys()].some((path) => path.startsWith(`${target}/`));
    if (isFull) throw fault("ENOTEMPTY", target);
  }

  #tell(path: string): void {
    for (const watcher of this.#watchers) {
      const isInside = path.startsWith(watcher.path === "/" ? "/" : `${watcher.path}/`);
      if (watcher.path === path || isInside) queueMicrotask(watcher.changed);
    }
  }
}

/** Absolute, without `.`, `..` and empty names. */
function resolvePath(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}

function toBytes(content: Uint8Array | string): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content.slice();
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length + b.length);
  result.set(a);
  result.set(b, a.length);
  return result;
}

function fault(code: string, path: string): SystemError {
  return new SystemError(code, `Cannot use "${path}": ${code}`);
}
