/**
 * Deletes recordings of which no more are to be kept, the oldest first, once a minute.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { SystemError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { RemovalReason } from "../../live/server-event.ts";
import type { CataloguedRecording, RecordingCatalog } from "./recording-catalog.ts";
import { RecordingList } from "./recording-list.ts";
import type { RecordingRemoval } from "./recording-removal.ts";

/** How much of a vhost's recordings is kept; 0 is all. */
export interface KeepRule {
  readonly vhost: string;
  /** The folder that it records to. What it has elsewhere stays. */
  readonly root: string;
  /** For so long after they ended, and after their files were written last. */
  readonly keepMs: number;
  /** So many bytes. The newest recording is kept however large it is. */
  readonly sizeMax: number;
}

export interface RecordingRetentionPorts {
  readonly catalog: RecordingCatalog;
  readonly removal: RecordingRemoval;
  readonly clock: Clock;
  readonly logger: Logger;
  /** As they are now. */
  readonly rules: () => readonly KeepRule[];
}

const ROUND_MS = 60_000;
/**
 * To look at all files of a vhost takes a second for some ten thousand. For so many times as long as it took
 * they are not looked at again, so that a million keep no disk busy.
 */
const REST_FACTOR = 4;
/** One that cannot be deleted is left alone for so long, and so many of them. */
const REFUSED_MS = 3_600_000;
const REFUSED_MAX = 1_000;
/** What is left is for the next round. */
const REMOVED_MAX = 10_000;
/** A disk that refuses so many is not asked for more until the next round. */
const FAILED_MAX = 3;
/** How many are looked at at once. */
const BATCH = 32;

/** A recording as the table of a list has it. */
interface Kept {
  readonly list: RecordingList;
  readonly row: number;
  readonly key: number;
  readonly startedMs: number;
  readonly size: number;
}

export class RecordingRetention {
  readonly #ports: RecordingRetentionPorts;
  #beganMs: number;
  #isRunning = false;
  #isClosed = false;
  /** By vhost, until when its files are not looked at again, on the monotonic clock. */
  readonly #restedMs = new Map<string, number>();
  /** Recordings that could not be deleted, by their keys, and until when they are left alone. */
  readonly #refused = new Map<number, number>();

  constructor(ports: RecordingRetentionPorts) {
    this.#ports = ports;
    this.#beganMs = ports.clock.monotonicMs();
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    if (this.#isClosed || this.#isRunning || nowMs - this.#beganMs < ROUND_MS) return;
    this.#beganMs = nowMs;
    const rules = this.#ports.rules().filter(({ keepMs, sizeMax }) => keepMs > 0 || sizeMax > 0);
    if (rules.length === 0) return;
    for (const [key, untilMs] of this.#refused) if (nowMs >= untilMs) this.#refused.delete(key);
    this.#isRunning = true;
    void this.#run(rules).finally(() => {
      this.#isRunning = false;
    });
  }

  /** Nothing more is deleted but what is being deleted. Nobody waits for a long list to be read. */
  close(): void {
    this.#isClosed = true;
  }

  async #run(rules: readonly KeepRule[]): Promise<void> {
    const { logger } = this.#ports;
    for (const rule of rules) {
      try {
        await this.#apply(rule);
      } catch (error) {
        if (error instanceof SystemError) {
          logger.warn("recordings not looked for", { vhost: rule.vhost, code: error.code });
        } else {
          logger.error("recorder failed", { error });
        }
      }
    }
  }

  async #apply({ vhost, root, keepMs, sizeMax }: KeepRule): Promise<void> {
    const { catalog, clock } = this.#ports;
    const list = await catalog.list(root);
    if (list === undefined) return; // Which has been said.
    if (keepMs > 0) {
      const untilMs = clock.wallMs() - keepMs;
      await this.#remove(vhost, keptOf(list, vhost, untilMs), "keep_days", untilMs);
    }
    if (sizeMax === 0 || sizeOf(list, vhost) <= sizeMax) return;
    const beganMs = clock.monotonicMs();
    if (beganMs < (this.#restedMs.get(vhost) ?? 0)) return;
    await this.#lookAtAll(keptOf(list, vhost));
    const endedMs = clock.monotonicMs();
    this.#restedMs.set(vhost, endedMs + REST_FACTOR * (endedMs - beganMs));
    await this.#remove(vhost, this.#excessOf(keptOf(list, vhost), sizeMax), "keep_bytes");
  }

  /**
   * What is gone is not counted from then on. Files may go without us at any time, so nothing is deleted
   * for its size before all have been looked at.
   */
  async #lookAtAll(kept: readonly Kept[]): Promise<void> {
    for (const batch of batchesOf(kept)) {
      if (this.#isClosed) return;
      await this.#load(batch);
    }
  }

  /** Those without which the others take no more room than that. The newest one stays. */
  #excessOf(kept: readonly Kept[], sizeMax: number): Kept[] {
    let left = kept.reduce((sum, { size }) => sum + size, 0);
    const excess: Kept[] = [];
    for (const one of kept.slice(0, -1)) {
      if (left <= sizeMax) break;
      if (this.#refused.has(one.key)) continue;
      excess.push(one);
      left -= one.size;
    }
    return excess;
  }

  /**
   * @param untilMs Files that have been written since stay, whatever their lines say: a machine's clock
   *   may have been wrong when a recording began.
   */
  async #remove(
    vhost: string,
    all: readonly Kept[],
    reason: RemovalReason,
    untilMs: number = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const kept = all.filter(({ key }) => !this.#refused.has(key)).slice(0, REMOVED_MAX);
    let failedCount = 0;
    for (const batch of batchesOf(kept)) {
      for (const [one, recording] of await this.#load(batch)) {
        if (this.#isClosed || failedCount >= FAILED_MAX) return;
        if (recording.name.vhost !== vhost || recording.startedWallMs !== one.startedMs) continue;
        if (recording.modifiedMs >= untilMs) continue;
        if (await this.#tryRemove(recording, reason)) markGone(one);
        else {
          failedCount += 1;
          this.#refuse(one.key);
        }
      }
    }
  }

  /** @returns Whether it is gone, by whomever. */
  async #tryRemove(recording: CataloguedRecording, reason: RemovalReason): Promise<boolean> {
    try {
      await this.#ports.removal.remove(recording, reason);
      return true;
    } catch (error) {
      if (error instanceof SystemError) return false;
      throw error;
    }
  }

  #refuse(key: number): void {
    if (this.#refused.size >= REFUSED_MAX) this.#refused.clear();
    this.#refused.set(key, this.#ports.clock.monotonicMs() + REFUSED_MS);
  }

  /** Those that are there, in the same order. */
  async #load(batch: readonly Kept[]): Promise<[Kept, CataloguedRecording][]> {
    const found = await this.#ports.catalog.read(batch);
    return batch.flatMap((one, i): [Kept, CataloguedRecording][] => {
      const recording = found[i];
      if (recording === undefined) markGone(one);
      // The list may have moved on in the meantime.
      const isSame = recording !== undefined && RecordingList.keyOf(recording.id) === one.key;
      if (isSame) one.list.table.setTouchedMs(one.row, recording.modifiedMs);
      return isSame ? [[one, recording]] : [];
    });
  }
}

function markGone({ list: { table }, row, key }: Kept): void {
  if (table.key(row) === key) table.setGone(row, true);
}

/**
 * Recordings that are not known to be gone, and ended before that, the oldest first; without those whose
 * files are known to have been written later.
 */
function keptOf(
  list: RecordingList,
  vhost: string,
  untilMs: number = Number.POSITIVE_INFINITY,
): Kept[] {
  const { table } = list;
  const rows = rowsOf(list, vhost).filter(
    (row) => table.endedMs(row) < untilMs && table.touchedMs(row) < untilMs,
  );
  const kept = rows.map((row) => ({
    ...{ list, row, key: table.key(row) },
    ...{ startedMs: table.startedMs(row), size: table.size(row) },
  }));
  return kept.sort((a, b) => a.startedMs - b.startedMs);
}

function sizeOf(list: RecordingList, vhost: string): number {
  return rowsOf(list, vhost).reduce((sum, row) => sum + list.table.size(row), 0);
}

function rowsOf({ table }: RecordingList, vhost: string): number[] {
  return table.select({ vhost }).filter((row) => !table.isGone(row));
}

function* batchesOf(kept: readonly Kept[]): Generator<readonly Kept[]> {
  for (let i = 0; i < kept.length; i += BATCH) yield kept.slice(i, i + BATCH);
}
