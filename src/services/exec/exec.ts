/**
 * Programs that the operator has run when something happens to a stream: one for as long as it is
 * published, others once.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { RefusedError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { formatStreamUrl } from "../../base/stream-name.ts";
import type { Admission } from "../../live/admission.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { HubListener, StreamHub } from "../../live/stream-hub.ts";
import type { Program } from "../../programs/program.ts";
import { ProgramSet, type Run, type WantedRun } from "../../programs/program-set.ts";
import type { Programs } from "../../programs/programs.ts";
import type { TemplateValues } from "../../programs/template.ts";
import { type Command, toCommand } from "./command.ts";
import { type ExecSubject, execVariables, type LocalAddress } from "./exec-variables.ts";

/** What happens once, and ends by itself. */
export type ExecEvent = "publish_done" | "play" | "play_done" | "record_done";

/** Of a vhost: each program a list of words. */
export interface ExecSettings {
  /** Run for as long as a stream is published. */
  readonly publish: readonly (readonly string[])[];
  readonly events: Readonly<Record<ExecEvent, readonly (readonly string[])[]>>;
  /** How long a program of an event may run. 0: as long as it likes. */
  readonly timeoutMs: number;
}

/** A file that has been recorded. */
export interface RecordedFile extends ExecSubject {
  /** Absolute, or from the working folder. */
  readonly path: string;
}

export interface ExecPorts {
  readonly hub: StreamHub;
  readonly programs: Programs;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `undefined` for a vhost that runs nothing. */
  readonly settingsOf: (vhost: string) => ExecSettings | undefined;
  /** Where programs find this server. @param tcUrl Where the client came to; empty if there is none. */
  readonly localAddress: (tcUrl: string) => LocalAddress;
  /** Whether dates are in UTC. */
  readonly isUtc: () => boolean;
}

/** One that runs for as long as its stream is published. */
class LastingProgram implements Run {
  readonly #programs: Programs;
  readonly #program: Program;

  constructor(programs: Programs, command: Command, url: string) {
    this.#programs = programs;
    const fields = { program: "exec", on: "publish", url };
    this.#program = programs.start({ ...command, isRestarted: true, fields });
  }

  stop(): Promise<void> {
    return this.#programs.stop(this.#program);
  }
}

interface Published {
  readonly publication: Publication;
  /** When it was published: a reload does not change the date in an argument. */
  readonly wallMs: number;
}

export class Exec implements HubListener {
  readonly #ports: ExecPorts;
  readonly #published = new Map<LiveStream, Published>();
  readonly #lasting = new Map<string, ProgramSet<LastingProgram>>();
  #isClosed = false;

  constructor(ports: ExecPorts) {
    this.#ports = ports;
    ports.hub.addListener(this);
  }

  /** Asked last: who gets here plays. */
  readonly admission: Admission = {
    connect: async () => undefined,
    publish: async () => undefined,
    play: async (request) => this.#run("play", { ...request, request }),
    unpublished: () => undefined,
    stopped: (request) => this.#run("play_done", { ...request, request }),
    closed: () => undefined,
  };

  /** A recorder has finished a file. */
  recorded(file: RecordedFile): void {
    const { path } = file;
    const slash = path.lastIndexOf("/");
    const filename = path.slice(slash + 1);
    const dirname = slash < 0 ? "." : path.slice(0, Math.max(1, slash));
    const basename = filename.replace(/(?<=.)\.[^.]*$/, "");
    this.#run("record_done", file, { path, filename, basename, dirname });
  }

  /** Settings have changed: programs of what is published are begun and ended at once. */
  configure(): void {
    for (const stream of this.#published.keys()) this.#apply(stream);
  }

  /** Call every second or so: forgets streams whose programs have ended. */
  sweep(): void {
    for (const [url, programs] of this.#lasting) if (programs.isEmpty) this.#lasting.delete(url);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#ports.hub.removeListener(this);
    this.#published.clear();
    await Promise.all(Array.from(this.#lasting.values(), (programs) => programs.close()));
  }

  // HubListener -------------------------------------------------------------------------------------

  onStreamCreated(): void {
    // It is published later, if at all.
  }

  onStreamForgotten(stream: LiveStream): void {
    this.#published.delete(stream);
    this.#apply(stream);
  }

  onPublished(stream: LiveStream, publication: Publication): void {
    if (publication.isRelayed) return; // The process that has the publisher does it.
    this.#published.set(stream, { publication, wallMs: this.#ports.clock.wallMs() });
    this.#apply(stream);
  }

  onUnpublished(stream: LiveStream, { publisher, isRelayed }: Publication): void {
    if (isRelayed) return;
    this.#published.delete(stream);
    this.#apply(stream);
    this.#run("publish_done", { ...stream.name, request: publisher.request });
  }

  fail(error: unknown): void {
    this.#ports.logger.error("exec failed", { error });
  }

  // -------------------------------------------------------------------------------------------------

  #apply(stream: LiveStream): void {
    const { url, name } = stream;
    const published = this.#published.get(stream);
    const wanted = new Map<string, WantedRun<LastingProgram>>();
    if (published !== undefined) {
      const subject = { ...name, request: published.publication.publisher.request };
      const values = this.#values(subject, published.wallMs);
      for (const words of this.#ports.settingsOf(name.vhost)?.publish ?? []) {
        const command = this.#command(words, values, url);
        if (command === undefined) continue;
        const start = (): LastingProgram => new LastingProgram(this.#ports.programs, command, url);
        let purpose = JSON.stringify(words);
        while (wanted.has(purpose)) purpose += "+"; // It is there twice, and runs twice.
        wanted.set(purpose, { text: JSON.stringify(command), start });
      }
    }
    const known = this.#lasting.get(url) ?? new ProgramSet<LastingProgram>();
    known.configure(wanted);
    this.#lasting.set(url, known);
  }

  /** Runs the programs of an event, each once. */
  #run(event: ExecEvent, subject: ExecSubject, more: TemplateValues = {}): void {
    const { programs, clock, logger } = this.#ports;
    const settings = this.#ports.settingsOf(subject.vhost);
    if (settings === undefined || this.#isClosed) return;
    const url = formatStreamUrl(subject);
    for (const words of settings.events[event]) {
      const values = { ...this.#values(subject, clock.wallMs()), ...more };
      const command = this.#command(words, values, url);
      if (command === undefined) continue;
      let timer: Timer | undefined;
      const program = programs.start({
        ...command,
        isRestarted: false,
        onEnded: () => timer?.cancel(),
        fields: { program: "exec", on: event, url },
      });
      if (settings.timeoutMs === 0) continue;
      timer = clock.setTimer(settings.timeoutMs, () => {
        logger.warn("program takes too long", { program: "exec", on: event, url });
        void programs.stop(program);
      });
    }
  }

  #values(subject: ExecSubject, wallMs: number): TemplateValues {
    const { localAddress, isUtc } = this.#ports;
    return execVariables(subject, localAddress(subject.request?.tcUrl ?? ""), wallMs, isUtc());
  }

  /** `undefined`, with a line in the log, for what is not to be run. */
  #command(words: readonly string[], values: TemplateValues, url: string): Command | undefined {
    try {
      return toCommand(words, values);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.#ports.logger.warn("program refused", { program: "exec", url, reason: error.message });
      return undefined;
    }
  }
}
