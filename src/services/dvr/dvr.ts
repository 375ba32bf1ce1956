/**
 * All recordings of the streams that are published here.
 *
 * @module
 */

import { formatStreamUrl, type StreamName } from "../../base/stream-name.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { RecordingProblem, RecordingReport, RecordingsReport } from "../../live/reports.ts";
import type { HubListener, StreamHub } from "../../live/stream-hub.ts";
import type { StreamDescription, Track } from "../../live/track.ts";
import { AppendedRecordings } from "./appended-recordings.ts";
import type { DvrRules } from "./dvr-rules.ts";
import type { Recording } from "./recording.ts";
import { RecordingFiles, type RecordingFilesPorts } from "./recording-files.ts";
import { reportRecording } from "./recording-report.ts";
import { StreamRecorder, type StreamRecorderPorts } from "./stream-recorder.ts";

export interface DvrPorts extends RecordingFilesPorts {
  readonly hub: StreamHub;
  /** How the vhost of that name records, if it is asked to; `undefined` if it is not served. */
  readonly rulesOf: (vhost: string) => DvrRules | undefined;
  /** Of all vhosts that are served: each may record what it is asked to. */
  readonly allRules: () => readonly DvrRules[];
}

/** How often files are looked for that a process has left which was killed. */
const RECOVERY_MS = 30_000;

export class Dvr implements HubListener {
  readonly #ports: DvrPorts;
  readonly #files: RecordingFiles;
  readonly #recorders = new Map<LiveStream, StreamRecorder>();
  readonly #appended: AppendedRecordings;
  /** Who is not recorded any more, as somebody has asked for that. */
  readonly #declined = new WeakSet<Publication>();
  readonly #recorderPorts: StreamRecorderPorts;
  /** When files of dead processes were looked for, on the monotonic clock. */
  #recoveredMs: number;

  constructor(ports: DvrPorts) {
    const { clock } = ports;
    this.#ports = ports;
    this.#files = new RecordingFiles(ports);
    this.#recoveredMs = clock.monotonicMs();
    this.#appended = new AppendedRecordings(clock, ({ name, request }, { recording }) =>
      this.#files.complete(name, request, recording),
    );
    this.#recorderPorts = {
      clock,
      open: (recorder, description, zeroMs) => this.#open(recorder, description, zeroMs),
      close: ({ stream, request }, recording) =>
        this.#files.complete(stream.name, request, recording),
      onLeftOut: (recorder, track) => this.#leftOut(recorder, track),
      onFrameLeftOut: ({ stream }, isFirst) => this.#files.leaveFrameOut(stream.url, isFirst),
      onFailed: ({ stream }, error) => {
        this.#recorders.delete(stream);
        this.fail(error);
      },
    };
    ports.hub.addListener(this);
  }

  /** Completes what the server has left when it was last ended by force. */
  recover(): void {
    this.#recoveredMs = this.#ports.clock.monotonicMs();
    this.#files.recover(this.#ports.allRules());
  }

  /** What is being recorded. */
  list(): RecordingReport[] {
    const running = Array.from(this.#recorders.values(), (recorder) =>
      reportRecording(recorder.stream.url, recorder.rules, recorder.recording, recorder),
    );
    const waiting = Array.from(this.#appended.all, ({ recorded, continued: { recording } }) =>
      reportRecording(formatStreamUrl(recorded.name), recording.rules, recording),
    );
    return [...running, ...waiting];
  }

  /** For the metrics. */
  report(): RecordingsReport {
    const recorders = [...this.#recorders.values()];
    return {
      streams: recorders.length,
      failing: recorders.filter(({ isFailing }) => isFailing).length,
      finished: this.#files.finishedCount,
      finishedSize: this.#files.finishedSize,
      failed: this.#files.failedCount,
      framesLeftOut: this.#files.framesLeftOutCount,
      waitingSize: recorders.reduce((sum, { queue }) => sum + queue.size, 0),
    };
  }

  /**
   * Records a stream until its publisher leaves, whatever is set; as is set for its vhost, where that
   * says how.
   *
   * @returns Why not; `undefined`: it is being recorded.
   */
  record(name: StreamName): RecordingProblem | undefined {
    const stream = this.#ports.hub.find(name);
    const publication = stream?.publication;
    if (stream === undefined || publication === undefined || publication.isRelayed) {
      return "not_published";
    }
    const rules = this.#ports.rulesOf(name.vhost);
    if (rules === undefined) return "vhost_not_served";
    if (this.#recorders.has(stream)) return "recorded_already";
    this.#declined.delete(publication);
    this.#start(stream, rules, true);
    return undefined;
  }

  /**
   * Records a stream no more until it is published again, whatever is set; its file is complete.
   *
   * @returns Why not; `undefined`: it is not recorded any more.
   */
  stop(name: StreamName): RecordingProblem | undefined {
    if (this.#appended.end(name)) return undefined;
    const stream = this.#ports.hub.find(name);
    const recorder = stream && this.#recorders.get(stream);
    if (stream === undefined || recorder === undefined) return "not_recorded";
    if (stream.publication !== undefined) this.#declined.add(stream.publication);
    this.#end(stream, false);
    return undefined;
  }

  /** Settings have changed: what is recorded, and how, changes at once. */
  configure(): void {
    for (const [stream, recorder] of [...this.#recorders]) {
      const rules = this.#rulesFor(stream, recorder.isAskedFor);
      if (rules === undefined) this.#end(stream, false);
      else recorder.configure(rules);
    }
    for (const stream of this.#ports.hub.streams) {
      const { publication } = stream;
      if (publication !== undefined && !this.#recorders.has(stream)) {
        this.onPublished(stream, publication);
      }
    }
    this.recover(); // There may be folders that were not looked at before.
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    for (const recorder of [...this.#recorders.values()]) recorder.sweep();
    this.#files.sweep(nowMs);
    if (nowMs - this.#recoveredMs >= RECOVERY_MS) this.recover();
    this.#appended.sweep(nowMs, ({ vhost, app, stream }, fileKey) => {
      const rules = this.#ports.rulesOf(vhost);
      return rules?.fileKey === fileKey && rules.applies(app, stream);
    });
  }

  /** Completes all files. Resolves when that is done, or takes too long: then the next start does. */
  async close(): Promise<void> {
    this.#ports.hub.removeListener(this);
    for (const stream of [...this.#recorders.keys()]) this.#end(stream, false);
    this.#appended.close();
    await this.#files.close();
  }

  // HubListener -------------------------------------------------------------------------------------

  onStreamCreated(): void {
    // It is recorded when somebody publishes it.
  }

  onStreamForgotten(stream: LiveStream): void {
    this.#end(stream, true);
  }

  /** What another process publishes is recorded there. */
  onPublished(stream: LiveStream, publication: Publication): void {
    if (publication.isRelayed || this.#declined.has(publication)) return;
    const rules = this.#rulesFor(stream, false);
    if (rules !== undefined) this.#start(stream, rules, false);
  }

  onUnpublished(stream: LiveStream): void {
    this.#end(stream, true);
  }

  fail(error: unknown): void {
    this.#ports.logger.error("recorder failed", { error });
  }

  // -------------------------------------------------------------------------------------------------

  #rulesFor({ name }: LiveStream, isAskedFor: boolean): DvrRules | undefined {
    const rules = this.#ports.rulesOf(name.vhost);
    return isAskedFor || rules?.applies(name.app, name.stream) === true ? rules : undefined;
  }

  #start(stream: LiveStream, rules: DvrRules, isAskedFor: boolean): void {
    const continued = this.#appended.take(stream.name);
    const options = { isAskedFor, continued };
    const recorder = new StreamRecorder(stream, rules, this.#recorderPorts, options);
    this.#recorders.set(stream, recorder);
    recorder.start();
  }

  /** @param isByPublisher Who may come again, and go on in the same file. */
  #end(stream: LiveStream, isByPublisher: boolean): void {
    const recorder = this.#recorders.get(stream);
    if (recorder === undefined) return;
    this.#recorders.delete(stream);
    const isAppended = isByPublisher && recorder.rules.plan === "append" && !recorder.isAskedFor;
    const continued = recorder.stop(isAppended);
    if (continued === undefined) return;
    this.#appended.add({ name: stream.name, request: recorder.request }, continued);
  }

  #open(recorder: StreamRecorder, description: StreamDescription, zeroMs: number): Recording {
    const { rules, queue, owner, stream, request: publisher } = recorder;
    const { name } = stream;
    return this.#files.open({
      ...{ name, publisher, rules, description, zeroMs, queue },
      limits: () => owner.current.rules.limits,
      onWritten: () => owner.current.fileWritten(),
      onFailed: (recording) => {
        const isNews = !owner.current.isFailing;
        owner.current.fileFailed(recording);
        return isNews;
      },
    });
  }

  #leftOut({ stream, rules }: StreamRecorder, { kind, codec }: Track): void {
    const { name: format } = rules.format;
    this.#ports.logger.warn("track not recorded", { url: stream.url, kind, codec, format });
  }
}
