/**
 * Whether the settings say of programs that run beside the server what it takes to run them.
 *
 * @module
 */

import { quote } from "./quote.ts";
import type { EngineConfig, VhostConfig } from "./vhost-config.ts";

type Fault = (steps: readonly string[], message: string) => void;

/** Blocks of a vhost. */
type ProgramsConfig = Pick<VhostConfig, "exec" | "ingest" | "transcode">;

/** The others are chosen by clients, and no program's name is to be. */
const VARIABLE = /\[(?!vhost\])[A-Za-z0-9_]+\]/;

export function checkPrograms(vhost: ProgramsConfig, steps: readonly string[], fault: Fault): void {
  checkExec(vhost, [...steps, "exec"], fault);
  checkTranscode(vhost, [...steps, "transcode"], fault);
  checkIngest(vhost, [...steps, "ingest"], fault);
}

function checkExec({ exec }: ProgramsConfig, steps: readonly string[], fault: Fault): void {
  if (!exec.enabled) return;
  const all = {
    publish: exec.publish,
    publish_done: exec.publishDone,
    play: exec.play,
    play_done: exec.playDone,
    record_done: exec.recordDone,
  };
  for (const [name, commands] of Object.entries(all)) {
    for (const [program = ""] of commands) {
      if (program === "" || VARIABLE.test(program)) {
        const message = `Expected a program before its arguments, found ${quote(program)}`;
        fault([...steps, name], message);
      }
    }
  }
}

function checkOutput({ output }: EngineConfig, steps: readonly string[], fault: Fault): void {
  if (output === "") fault([...steps, "output"], "Expected a URL or a path");
}

function checkTranscode(
  { transcode }: ProgramsConfig,
  steps: readonly string[],
  fault: Fault,
): void {
  for (const [key, { enabled, engines }] of Object.entries(transcode)) {
    for (const [name, engine] of Object.entries(engines)) {
      if (!enabled || !engine.enabled) continue;
      const path = [...steps, key, "engines", name];
      checkOutput(engine, path, fault);
      if (engine.vcodec === "vn" && engine.acodec === "an") {
        fault([...path, "acodec"], "Cannot encode: there is neither video nor audio");
      }
    }
  }
}

function checkIngest({ ingest }: ProgramsConfig, steps: readonly string[], fault: Fault): void {
  for (const [id, { enabled, input, engines }] of Object.entries(ingest)) {
    if (!enabled) continue;
    const path = [...steps, id];
    if (input.url === "") fault([...path, "input", "url"], "Expected a URL or a path");
    const all = Object.entries(engines);
    if (all.length === 0) fault([...path, "engines"], "Expected an engine with an output");
    for (const [name, engine] of all) checkOutput(engine, [...path, "engines", name], fault);
  }
}
