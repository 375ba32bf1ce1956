/**
 * What follows when a file takes nothing more: it is completed, noted, and told of. What cannot be
 * completed or noted now, or was left by a process that is dead, is tried again later.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { formatStreamUrl } from "../../base/stream-name.ts";
import type { Files } from "../../runtime/runtime.ts";
import type { DvrRules } from "./dvr-rules.ts";
import type { FileFinisher, FinishedFile } from "./finish-file.ts";
import type { CompleteRecording } from "./recorded.ts";
import type { RecordingIndex } from "./recording-index.ts";
import { recoverFile } from "./recovery.ts";
import type { UnfinishedLists } from "./unfinished-lists.ts";
import type { Unfinished } from "./unfinished-text.ts";

/** Of a disk that fails for good. More files that are not complete are left to the next start. */
const LEFT_MAX = 1_000;

export interface CompletionsPorts {
  readonly files: Files;
  readonly logger: Logger;
  readonly finisher: FileFinisher;
  readonly lists: UnfinishedLists;
  readonly index: RecordingIndex;
  readonly onRecorded: (recording: CompleteRecording) => void;
}

/** A file that takes nothing more. */
export interface Completion {
  /** The stream's. */
  readonly url: string;
  readonly rules: DvrRules;
  /** What is known of it by then; `undefined` if there never was a file. */
  readonly unfinished: () => Unfinished | undefined;
  /** Completes it. @throws {SystemError} */
  readonly finish: () => Promise<FinishedFile | undefined>;
}

interface Unlisted {
  /** Of all recordings. */
  readonly root: string;
  readonly recording: CompleteRecording;
}

export class Completions {
  readonly #ports: CompletionsPorts;
  readonly #running = new Set<Promise<void>>();
  /** By stream: ends with the latest file that is being completed. */
  readonly #tails = new Map<string, Promise<void>>();
  /** What could not be completed so far, with the rules that it was made by. */
  readonly #left = new Map<string, { readonly unfinished: Unfinished; readonly rules: DvrRules }>();
  /** What is complete, but could not be noted so far, by its path. */
  readonly #unlisted = new Map<string, Unlisted>();
  #isRecovering = false;
  #isClosing = false;

  constructor(ports: CompletionsPorts) {
    this.#ports = ports;
  }

  /** Completes a file, besides everything else; those of a stream are told of in their order. */
  complete({ url, rules, unfinished, finish }: Completion): void {
    const before = this.#tails.get(url);
    const task = async (): Promise<void> => {
      try {
        const finished = await finish();
        await before;
        const known = unfinished();
        if (known !== undefined) await this.#finished(rules, known, finished);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        const known = unfinished();
        if (known !== undefined) this.#leave(rules, known, error);
      }
    };
    const work: Promise<void> = this.#run(task).then(() => {
      if (this.#tails.get(url) === work) this.#tails.delete(url);
    });
    this.#tails.set(url, work);
  }

  /** Completes what dead processes have left where these rules record, and what was left here before. */
  recover(allRules: readonly DvrRules[]): void {
    if (this.#isRecovering || this.#isClosing) return;
    this.#isRecovering = true;
    void this.#run(async () => {
      try {
        const left = [...this.#left.values()];
        this.#left.clear();
        for (const { unfinished, rules } of left) await this.#recover(rules, unfinished);
        await this.#listAgain();
        const byRoot = new Map(allRules.map((rules) => [rules.names.root, rules]));
        for (const rules of byRoot.values()) await this.#takeOver(rules);
      } finally {
        this.#isRecovering = false;
      }
    });
  }

  /** Resolves when all is complete, or left for the next start. */
  async close(): Promise<void> {
    this.#isClosing = true;
    while (this.#running.size > 0) await Promise.all(this.#running);
    await this.#ports.lists.settled();
  }

  /** Resolves when it is done, whatever becomes of it. */
  #run(task: () => Promise<void>): Promise<void> {
    const { logger } = this.#ports;
    const work: Promise<void> = task()
      .catch((error: unknown) => logger.error("recorder failed", { error }))
      .then(() => void this.#running.delete(work));
    this.#running.add(work);
    return work;
  }

  async #takeOver(rules: DvrRules): Promise<void> {
    const { lists, logger } = this.#ports;
    const { root } = rules.names;
    try {
      for await (const unfinished of lists.takeOver(root)) {
        await this.#recover(rules, unfinished);
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      logger.warn("recordings not looked for", { folder: root, code: error.code });
    }
  }

  async #recover(rules: DvrRules, unfinished: Unfinished): Promise<void> {
    const { files, finisher } = this.#ports;
    try {
      const finished = await recoverFile(files, finisher, unfinished, rules.limits);
      await this.#finished(rules, unfinished, finished);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#leave(rules, unfinished, error);
    }
  }

  async #finished(
    { names: { root } }: DvrRules,
    unfinished: Unfinished,
    finished: FinishedFile | undefined,
  ): Promise<void> {
    const { logger, lists, index, onRecorded } = this.#ports;
    const url = formatStreamUrl(unfinished.name);
    if (finished === undefined) {
      lists.end(root, unfinished.path);
      return;
    }
    const { path: file, size, durationMs } = finished;
    logger.info("recording finished", { url, file, size, durationMs: Math.round(durationMs) });
    const recording = { ...unfinished, ...finished, url };
    let isListed = true;
    try {
      await index.add(root, recording);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      logger.warn("recording not listed", { url, file, code: error.code });
      isListed = this.#unlisted.size >= LEFT_MAX; // Else it will be.
    }
    onRecorded(recording);
    if (!isListed) {
      this.#unlisted.set(file, { root, recording });
      if (file === unfinished.path) return;
      lists.begin(root, { ...unfinished, path: file });
    }
    lists.end(root, unfinished.path);
  }

  /** Notes what could not be noted before. A folder that refuses it is not asked for more. */
  async #listAgain(): Promise<void> {
    const { logger, lists, index } = this.#ports;
    const refused = new Set<string>();
    for (const [file, { root, recording }] of [...this.#unlisted]) {
      if (refused.has(root)) continue;
      try {
        await index.add(root, recording);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        refused.add(root);
        continue;
      }
      logger.info("recording listed", { url: recording.url, file });
      this.#unlisted.delete(file);
      lists.end(root, file);
    }
  }

  #leave(rules: DvrRules, unfinished: Unfinished, { code, message }: SystemError): void {
    const { logger, lists } = this.#ports;
    const { path: file, name } = unfinished;
    const fields = { url: formatStreamUrl(name), file, code };
    if (code === "ECANCELED") {
      logger.info("recording left for the next start", fields);
      return;
    }
    logger.error("recording not completed", { ...fields, reason: message });
    if (code === "ENOENT") lists.end(rules.names.root, file);
    else if (this.#left.size < LEFT_MAX) this.#left.set(file, { unfinished, rules });
  }
}
