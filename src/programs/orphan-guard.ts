/**
 * Ends the programs of a server that has been killed: a small shell script that is told which programs
 * there are, and notices by its closed input that nobody is there any more. What is run in the shell is
 * this text alone.
 *
 * @module
 */

import { toError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
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
  readonly logger: Logger;
  readonly environment: Readonly<Record<string, string>>;
}

export class OrphanGuard {
  readonly #ports: OrphanGuardPorts;
  readonly #pids = new Set<number>();
  #shell: ChildProcess | undefined;
  #starting: Promise<void> | undefined;
  #hasFailed = false;
  #isClosed = false;

  constructor(ports: OrphanGuardPorts) {
    this.#ports = ports;
  }

  /** @param pid The leader of a group. */
  add(pid: number): void {
    this.#pids.add(pid);
    if (this.#shell !== undefined) this.#say(this.#shell, "+", pid);
    else if (!this.#isClosed) this.#starting ??= this.#start();
  }

  remove(pid: number): void {
    if (this.#pids.delete(pid) && this.#shell !== undefined) this.#say(this.#shell, "-", pid);
  }

  /** It ends by itself: there is nothing to be ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#starting;
    this.#shell?.closeInput();
    await this.#shell?.exited;
  }

  async #start(): Promise<void> {
    const { processes, logger, environment } = this.#ports;
    try {
      const { PATH = "/usr/bin:/bin" } = environment;
      const shell = await processes.spawn(SHELL, ["-c", SCRIPT], {
        environment: { PATH },
        isGroup: true,
      });
      this.#shell = shell;
      for (const pid of this.#pids) this.#say(shell, "+", pid);
      void shell.exited.then(() => {
        this.#shell = undefined;
      });
    } catch (error) {
      if (!this.#hasFailed) {
        const reason = toError(error).message;
        logger.warn("programs not guarded", {
          reason,
          effect: "they outlive a server that is killed",
        });
      }
      this.#hasFailed = true;
    } finally {
      this.#starting = undefined;
    }
  }

  #say(shell: ChildProcess, what: "+" | "-", pid: number): void {
    shell.writeInput(new TextEncoder().encode(`${what} ${pid}\n`));
  }
}
