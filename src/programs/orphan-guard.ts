/**
 * Ends the programs of a server that has been killed: a small shell script that is told which programs
 * there are, and notices by its closed input that nobody is there any more. What is run in the shell is
 * this text alone.
 *
 * @module
 */

import type { Clock, Timer } from "../base/clock.ts";
import { toError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { RestartPause } from "../base/restart-pause.ts";
import type { ChildProcess, Processes } from "../runtime/runtime.ts";

const SHELL = "/bin/sh";

/** `+ PID` and `- PID` say what is there; at the end what is left is ended with all of its group. */
const SCRIPT = `
trap '' INT TERM HUP
all=
while read -r what pid; do
  rest=
  for one in $all; do [ "$one" = "$pid" ] || rest="$rest $one"; done
  all=$rest
  [ "$what" = + ] && all="$all $pid"
done
[ -n "$all" ] || exit 0
for one in $all; do kill -s TERM -- "-$one" 2>/dev/null; done
sleep 2
for one in $all; do kill -s KILL -- "-$one" 2>/dev/null; done
`;

export interface OrphanGuardPorts {
  readonly processes: Pick<Processes, "spawn">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly environment: Readonly<Record<string, string>>;
}

export class OrphanGuard {
  readonly #ports: OrphanGuardPorts;
  readonly #pids = new Set<number>();
  readonly #pause: RestartPause = new RestartPause();
  #shell: ChildProcess | undefined;
  #starting: Promise<void> | undefined;
  /** Until it is tried again. */
  #timer: Timer | undefined;
  /** The log says that there is none. */
  #isMissed = false;
  #isClosed = false;

  constructor(ports: OrphanGuardPorts) {
    this.#ports = ports;
  }

  /**
   * Call before a program is started: resolves when that will be guarded, or when it is known that it
   * will not be for now.
   */
  async prepare(): Promise<void> {
    if (this.#shell !== undefined || this.#timer !== undefined || this.#isClosed) return;
    this.#starting ??= this.#start();
    await this.#starting;
  }

  /** @param pid The leader of a group. */
  add(pid: number): void {
    this.#pids.add(pid);
    this.#say("+", pid);
    // The shell may have ended since it was prepared.
    void this.prepare();
  }

  remove(pid: number): void {
    if (this.#pids.delete(pid)) this.#say("-", pid);
  }

  /** It ends by itself: there is nothing to be ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#starting;
    this.#shell?.closeInput();
    await this.#shell?.exited;
  }

  /** Never rejects. */
  async #start(): Promise<void> {
    const { processes, clock, environment } = this.#ports;
    const { PATH = "/usr/bin:/bin" } = environment;
    const startMs = clock.monotonicMs();
    try {
      const shell = await processes.spawn(SHELL, ["-c", SCRIPT], {
        environment: { PATH },
        isGroup: true,
      });
      this.#shell = shell;
      for (const pid of this.#pids) this.#say("+", pid);
      void shell.exited.then(() => {
        this.#shell = undefined;
        const pauseMs = this.#startLater(clock.monotonicMs() - startMs);
        if (pauseMs > 0) this.#miss("the shell that guards them keeps ending");
      });
    } catch (error) {
      this.#startLater(0);
      this.#miss(toError(error).message);
    } finally {
      this.#starting = undefined;
    }
  }

  /** In vain, if there is nothing to guard by then: the next program has it started. Returns the pause. */
  #startLater(ranMs: number): number {
    if (this.#isClosed) return 0;
    const pauseMs = this.#pause.next(ranMs);
    if (pauseMs === 0) this.#isMissed = false;
    this.#timer = this.#ports.clock.setTimer(pauseMs, () => {
      this.#timer = undefined;
      if (this.#pids.size > 0) void this.prepare();
    });
    return pauseMs;
  }

  /** One line for a run of failures. */
  #miss(reason: string): void {
    if (this.#isMissed) return;
    this.#isMissed = true;
    const effect = "they outlive a server that is killed";
    this.#ports.logger.warn("programs not guarded", { reason, effect });
  }

  #say(what: "+" | "-", pid: number): void {
    const shell = this.#shell;
    try {
      shell?.writeInput(new TextEncoder().encode(`${what} ${pid}\n`));
    } catch {
      shell?.kill("SIGKILL"); // It does not read. Another one takes its place.
    }
  }
}
