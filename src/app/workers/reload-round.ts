/**
 * One configuration that all workers are to take on together, or none of them: those that serve get
 * ready for it, and when all of them are, all change. Whoever starts meanwhile, or cannot start under the
 * configuration before, has it from then on without having been asked.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Asked, WorkerAnswers } from "./worker-answers.ts";

/** A worker that is connected. */
export interface RoundMember extends Asked {
  /** It serves. */
  readonly isReady: boolean;
}

export interface RoundHost {
  /** Those that are connected at the moment. */
  members(): readonly RoundMember[];
  /** Workers that connect from now on begin with the configuration. */
  settle(config: Config): void;
  /** It could not do what it had said it could, and is connected still. */
  leftBehind(worker: number, problem: string): void;
}

/** @returns Why none has taken it on: what those could not do who could not get ready. */
export async function runReloadRound(
  config: Config,
  answers: WorkerAnswers,
  host: RoundHost,
): Promise<string[]> {
  const isThere = (member: RoundMember): boolean => host.members().includes(member);
  const asked = host.members().filter(({ isReady }) => isReady);
  const problems: string[] = [];
  const ready: RoundMember[] = [];
  await answers.ask(
    asked,
    (request) => ({ type: "prepare", request, config }),
    (member, { state, problem }) => {
      if (state === "failed") problems.push(`worker ${member.worker}: ${problem}`);
      else if (state === "done") ready.push(member);
    },
  );
  if (asked.length > 0 && ready.length === 0 && problems.length === 0) {
    problems.push("no worker has answered");
  }
  if (problems.length > 0) {
    for (const member of asked) {
      if (!ready.includes(member)) member.channel.send({ type: "giveUp", request: 0 });
    }
    // Until ports are free again that the next configuration may want as well.
    await answers.ask(ready.filter(isThere), (request) => ({ type: "giveUp", request }));
    return problems.sort();
  }
  host.settle(config);
  const all = host.members();
  for (const member of all) {
    if (!asked.includes(member)) member.channel.send({ type: "prepare", request: 0, config });
  }
  await answers.ask(
    all,
    (request) => ({ type: "commit", request }),
    (member, { state, problem }) => {
      if (state === "failed" && isThere(member)) host.leftBehind(member.worker, problem);
    },
  );
  return [];
}
