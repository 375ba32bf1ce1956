/**
 * What has been recorded below one folder, as its `.dvr/recordings.jsonl` says. Other processes append to
 * that at any time: what is new is read when somebody asks, and nothing twice.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { Crypto, Files, OpenFile } from "../../runtime/runtime.ts";
import { isOwnName } from "./own-folder.ts";
import { recordingIndexPath } from "./recording-index.ts";
import { type ListedRecording, parseRecordingLine } from "./recording-line.ts";
import { plainPath } from "./recording-names.ts";
import { RecordingTable } from "./recording-table.ts";

/** Two hundred lines, which take a few milliseconds. */
const PIECE_SIZE = 64 * 1024;
/** Names and paths of the longest kind, escaped. */
const LINE_SIZE_MAX = 32 * 1024;
/** More than the table has rows for. Of a longer file the end is read. */
const FILE_SIZE_MAX = 1 << 30;
const LINE_END = 0x0a;
const TEXT_DECODER = new TextDecoder();
const TEXT_ENCODER = new TextEncoder();
/** Hexadecimal digits of an id. */
const ID_LENGTH = 24;
/** As many of them as a number holds. */
const KEY_LENGTH = 13;

export interface IdentifiedRecording extends ListedRecording {
  readonly id: string;
}

export class RecordingList {
  /** Where the recordings are. */
  readonly root: string;
  readonly table: RecordingTable = new RecordingTable();
  readonly #files: Files;
  readonly #crypto: Pick<Crypto, "hash">;
  readonly #path: string;
  readonly #plainRoot: string;
  /** What plain paths of all recordings begin with. */
  readonly #prefix: string;
  /** So much of the file has been read, to the end of a line. */
  #readSize = 0;
  #modifiedMs = 0;
  #size = 0;
  #reading: Promise<void> | undefined;
  /** Who asks in the meantime waits for the next time together, as what is new may have come too late. */
  #next: Promise<void> | undefined;

  constructor(root: string, files: Files, crypto: Pick<Crypto, "hash">) {
    this.root = root;
    this.#files = files;
    this.#crypto = crypto;
    this.#path = recordingIndexPath(root);
    const plain = plainPath(root);
    this.#plainRoot = plain;
    this.#prefix = plain === "." ? "" : plain.endsWith("/") ? plain : `${plain}/`;
  }

  /** The key in the table of a recording with that id. */
  static keyOf(id: string): number {
    return Number.parseInt(id.slice(0, KEY_LENGTH), 16);
  }

  /** Takes in what has been appended. @throws {SystemError} */
  refresh(): Promise<void> {
    if (this.#reading === undefined) return this.#start();
    this.#next ??= this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  /**
   * What the lines of these rows say, in their order; `undefined` where a line is not there any more.
   *
   * @throws {SystemError}
   */
  async read(rows: readonly number[]): Promise<(IdentifiedRecording | undefined)[]> {
    const lines = rows.map((row) => ({ ...this.table.line(row), key: this.table.key(row) }));
    if (lines.length === 0) return [];
    const found = await this.#withFile(async (file) => {
      const all: (IdentifiedRecording | undefined)[] = [];
      for (const { offset, size, key } of lines) {
        const recording = this.#parse(await file.read(offset, size));
        const isSame = recording !== undefined && RecordingList.keyOf(recording.id) === key;
        if (!isSame) this.#forget(); // It is another file by now.
        all.push(isSame ? recording : undefined);
      }
      return all;
    });
    return found ?? lines.map(() => undefined);
  }

  #start(): Promise<void> {
    const reading = this.#refresh().finally(() => {
      this.#reading = undefined;
    });
    this.#reading = reading;
    return reading;
  }

  async #refresh(): Promise<void> {
    const stat = await this.#files.stat(this.#path);
    if (stat === undefined) {
      if (this.#size > 0) this.#forget();
      return;
    }
    if (stat.size < this.#readSize) this.#forget();
    if (stat.size === this.#size && stat.modifiedMs === this.#modifiedMs) return;
    await this.#withFile((file) => this.#readLines(file, stat.size));
    this.#size = stat.size;
    this.#modifiedMs = stat.modifiedMs;
  }

  async #readLines(file: OpenFile, size: number): Promise<void> {
    let offset = Math.max(this.#readSize, size - FILE_SIZE_MAX);
    /** Within a line that is too long. */
    let isSkipping = offset > this.#readSize;
    while (offset < size) {
      const piece = await file.read(offset, Math.min(PIECE_SIZE, size - offset));
      const end = piece.lastIndexOf(LINE_END) + 1;
      if (end === 0) {
        // Either somebody is writing the rest, or no line of ours is so long.
        if (piece.length < LINE_SIZE_MAX) return;
        isSkipping = true;
        offset += piece.length;
        continue;
      }
      const start = isSkipping ? piece.indexOf(LINE_END) + 1 : 0;
      this.#addLines(piece.subarray(start, end), offset + start);
      isSkipping = false;
      offset += end;
      this.#readSize = offset;
    }
  }

  #addLines(lines: Uint8Array, offset: number): void {
    for (let start = 0; start < lines.length; ) {
      const end = lines.indexOf(LINE_END, start);
      this.#addLine(lines.subarray(start, end), offset + start);
      start = end + 1;
    }
  }

  #addLine(line: Uint8Array, lineOffset: number): void {
    if (line.length === 0 || line.length > LINE_SIZE_MAX) return;
    const recording = this.#parse(line);
    if (recording === undefined) return;
    const { id, name, startedWallMs, durationMs, size } = recording;
    this.table.add({
      ...{ name, size, lineOffset, lineSize: line.length },
      key: RecordingList.keyOf(id),
      startedMs: startedWallMs,
      endedMs: startedWallMs + durationMs,
    });
  }

  /** What a line says, if that is of a file below the folder, and not of what is the recorder's own. */
  #parse(line: Uint8Array): IdentifiedRecording | undefined {
    const recording = parseRecordingLine(TEXT_DECODER.decode(line));
    if (recording === undefined) return undefined;
    const path = plainPath(recording.path);
    const isBelow = path.startsWith(this.#prefix) && (this.#prefix !== "" || path[0] !== "/");
    // The folder itself may be written with `..`, and nothing behind it.
    const levels = path.slice(this.#prefix.length).split("/");
    if (!isBelow || levels.some((level) => level === ".." || isOwnName(level))) return undefined;
    return { ...recording, id: this.#idOf(path) };
  }

  /** @param path Plain: it is the same recording whichever vhost writes it how. */
  #idOf(path: string): string {
    const hash = this.#crypto.hash("sha256", TEXT_ENCODER.encode(`${this.#plainRoot}\0${path}`));
    let id = "";
    for (const byte of hash.subarray(0, ID_LENGTH / 2)) id += byte.toString(16).padStart(2, "0");
    return id;
  }

  #forget(): void {
    this.table.clear();
    this.#readSize = 0;
    this.#size = 0;
    this.#modifiedMs = 0;
  }

  /** @returns `undefined` if the file is gone. */
  async #withFile<Result>(task: (file: OpenFile) => Promise<Result>): Promise<Result | undefined> {
    let file: OpenFile;
    try {
      file = await this.#files.open(this.#path, "read");
    } catch (error) {
      if (!isNotThere(error)) throw error;
      this.#forget();
      return undefined;
    }
    try {
      return await task(file);
    } finally {
      await file.close();
    }
  }
}

/** Whether somebody's text can be an id. */
export function isRecordingId(text: string): boolean {
  return text.length === ID_LENGTH && /^[0-9a-f]+$/.test(text);
}

/** Whether the system says that there is no such file. */
export function isNotThere(error: unknown): boolean {
  return error instanceof SystemError && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
