/**
 * How the streams of a vhost are recorded, as its configuration says.
 *
 * @module
 */

import type { DvrConfig } from "../../config/vhost-config.ts";
import type { JitterMode } from "../../live/timeline.ts";
import { createFormat } from "./formats/create-format.ts";
import type { RecordingFormat } from "./formats/recording-format.ts";
import { RecordingNames } from "./recording-names.ts";

const SECOND_MS = 1_000;
/** What SRS calls all streams. */
const ALL = "all";

export type DvrPlan = DvrConfig["dvrPlan"];

export interface DvrRules {
  readonly vhost: string;
  readonly plan: DvrPlan;
  readonly names: RecordingNames;
  readonly format: RecordingFormat;
  /** Of a segment. */
  readonly durationMs: number;
  readonly isKeyFrameAwaited: boolean;
  readonly jitterMode: JitterMode;
  readonly appendWaitMs: number;
  readonly limits: FileLimits;
  /** What files are made by: recordings go on while it stays the same. */
  readonly fileKey: string;
  /** Whether a stream is to be recorded without being asked for. */
  applies(app: string, stream: string): boolean;
}

/** About files on disk. */
export interface FileLimits {
  /** Bytes of a stream that may wait for the disk. */
  readonly queueSizeMax: number;
  /** Bytes that are to stay free. */
  readonly freeSizeMin: number;
  /** 0: only when a file is complete. */
  readonly syncMs: number;
}

/** @param isUtc Dates in names are in UTC, not in local time. */
export function createDvrRules(vhost: string, config: DvrConfig, isUtc: boolean): DvrRules {
  const { dvrPlan: plan, dvrApply, timeJitter } = config;
  const names = new RecordingNames(config.dvrPath, isUtc);
  const durationMs = config.dvrDuration * SECOND_MS;
  return {
    vhost,
    plan,
    names,
    format: createFormat(names.format, plan === "segment" ? durationMs : undefined),
    durationMs,
    isKeyFrameAwaited: config.dvrWaitKeyframe,
    jitterMode: timeJitter,
    appendWaitMs: config.dvrAppendWait * SECOND_MS,
    limits: {
      queueSizeMax: config.dvrQueueBytes,
      freeSizeMin: config.dvrFreeSpace,
      syncMs: config.dvrSync * SECOND_MS,
    },
    fileKey: JSON.stringify([plan, config.dvrPath, timeJitter, isUtc]),
    applies: (app, stream) =>
      config.enabled && (dvrApply.includes(ALL) || dvrApply.includes(`${app}/${stream}`)),
  };
}
