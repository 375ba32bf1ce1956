/**
 * Which blocks of `transcode` are for a stream.
 *
 * @module
 */

import type { StreamName } from "../base/stream-name.ts";

/** The key of the block for every stream. */
const ALL_STREAMS = "*";

/** Their keys in SRS's order: from what is for all to what is for one. The first that is enabled counts. */
export function transcodeKeys({ app, stream }: StreamName): readonly string[] {
  return [ALL_STREAMS, app, `${app}/${stream}`];
}
