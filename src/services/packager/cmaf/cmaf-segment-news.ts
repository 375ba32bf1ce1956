/**
 * Tells of segments in CMAF, each track's by themselves, as soon as they are complete.
 *
 * @module
 */

import type { ReportedCmafSegment } from "../../../live/reported-segment.ts";
import type { TrackKind } from "../../../live/track.ts";
import type { OutputPorts } from "../output-ports.ts";
import type { CmafListener, CmafPackager } from "./cmaf-packager.ts";
import { isGap } from "./cmaf-segment.ts";

export interface CmafSegmentNewsOptions {
  /** Where segments and playlists are addressed. */
  readonly folder: string;
  readonly publisher: OutputPorts["publisher"];
  readonly tell: (segment: ReportedCmafSegment) => void;
}

export class CmafSegmentNews implements CmafListener {
  readonly #packager: CmafPackager;
  readonly #options: CmafSegmentNewsOptions;
  readonly #lastMsn = new Map<TrackKind, number>();

  constructor(packager: CmafPackager, options: CmafSegmentNewsOptions) {
    this.#packager = packager;
    this.#options = options;
  }

  onChange(): void {
    const { folder, publisher, tell } = this.#options;
    const { names, tracks } = this.#packager;
    for (const [kind, { segments }] of tracks) {
      const latest = segments.at(-1)?.msn ?? -1;
      const lastMsn = this.#lastMsn.get(kind) ?? -1;
      if (latest <= lastMsn) continue; // Most changes are parts.
      this.#lastMsn.set(kind, latest);
      for (const segment of segments) {
        const { msn: seq, durationMs, name } = segment;
        if (seq <= lastMsn || isGap(segment)) continue;
        const playlistUrl = `${folder}/${names.playlist(kind)}`;
        tell({
          publisher: publisher(),
          kind,
          seq,
          durationMs,
          url: `${folder}/${name}`,
          playlistUrl,
        });
      }
    }
  }
}
