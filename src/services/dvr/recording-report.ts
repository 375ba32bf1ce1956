/**
 * What is to be said of a stream that is being recorded.
 *
 * @module
 */

import type { RecordingReport } from "../../live/reports.ts";
import type { DvrRules } from "./dvr-rules.ts";
import type { Recording } from "./recording.ts";

/**
 * @param recording `undefined` before the first frame, and while the disk fails.
 * @param recorder `undefined`: nobody publishes, and the next publisher goes on in the file.
 */
export function reportRecording(
  url: string,
  { format, plan }: DvrRules,
  recording: Recording | undefined,
  recorder?: { readonly isAskedFor: boolean; readonly isFailing: boolean },
): RecordingReport {
  return {
    url,
    file: recording?.path ?? null,
    format: format.name,
    plan,
    startedWallMs: recording?.startedWallMs ?? null,
    durationMs: Math.round(recording?.durationMs ?? 0),
    size: recording?.size ?? 0,
    isAskedFor: recorder?.isAskedFor ?? false,
    isWaiting: recorder === undefined,
    isFailing: recorder?.isFailing ?? false,
  };
}
