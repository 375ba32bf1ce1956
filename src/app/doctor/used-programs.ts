/**
 * The programs that a configuration has run, and what it asks of FFmpeg.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { EngineConfig, VhostConfig } from "../../config/vhost-config.ts";

/** A program, and the settings that have it run. */
export interface UsedProgram {
  /** A path, or a name that is looked for in PATH. */
  readonly path: string;
  readonly settings: readonly string[];
  /** Encoders that it must have. Only of FFmpeg. */
  readonly encoders: readonly string[];
}

/** What stands where an encoder could, and is none. */
const NO_ENCODERS = ["", "copy", "vn", "an"];

/** Every FFmpeg, once. */
export function usedFfmpegs(config: Config): readonly UsedProgram[] {
  const used = new Map<string, { settings: Set<string>; encoders: Set<string> }>();
  const add = (path: string, setting: string, engines: readonly EngineConfig[]): void => {
    const known = used.get(path) ?? { settings: new Set(), encoders: new Set() };
    known.settings.add(setting);
    for (const encoder of engines.flatMap(encodersOf)) known.encoders.add(encoder);
    used.set(path, known);
  };
  for (const [name, vhost] of enabledVhosts(config)) {
    for (const [id, { enabled, ffmpeg, engines }] of Object.entries(vhost.transcode)) {
      if (enabled) add(ffmpeg, `${name} transcode ${id}`, Object.values(engines));
    }
    for (const [id, { enabled, ffmpeg, engines }] of Object.entries(vhost.ingest)) {
      if (enabled) add(ffmpeg, `${name} ingest ${id}`, Object.values(engines));
    }
    if (vhost.snapshot.enabled) add(vhost.snapshot.ffmpeg, `${name} snapshot`, []);
  }
  return [...used].map(([path, { settings, encoders }]) => {
    return { path, settings: [...settings], encoders: [...encoders] };
  });
}

/** Programs of `exec`. */
export function usedCommands(config: Config): readonly UsedProgram[] {
  const used = new Map<string, Set<string>>();
  for (const [name, { exec }] of enabledVhosts(config)) {
    if (!exec.enabled) continue;
    const { publish, publishDone, play, playDone, recordDone } = exec;
    for (const [path] of [publish, publishDone, play, playDone, recordDone].flat()) {
      if (path === undefined) continue;
      used.set(path, (used.get(path) ?? new Set()).add(`${name} exec`));
    }
  }
  return [...used].map(([path, settings]) => ({ path, settings: [...settings], encoders: [] }));
}

export function usesPrograms(config: Config): boolean {
  return usedFfmpegs(config).length > 0 || usedCommands(config).length > 0;
}

function enabledVhosts(config: Config): [string, VhostConfig][] {
  return Object.entries(config.vhosts).filter(([, { enabled }]) => enabled);
}

function encodersOf({ enabled, vcodec, acodec }: EngineConfig): string[] {
  return enabled ? [vcodec, acodec].filter((codec) => !NO_ENCODERS.includes(codec)) : [];
}
