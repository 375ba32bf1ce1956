/**
 * What those parts of the server need that serve clients.
 *
 * @module
 */

import type { ServerIdentity } from "../live/server-identity.ts";
import type { ServerView } from "../live/server-view.ts";
import type { RtmpServerPorts } from "../servers/rtmp/ports.ts";
import type { RecordingStore } from "../services/api/recordings.ts";
import type { RecordingCatalog } from "../services/dvr/recording-catalog.ts";
import type { EventResponses } from "../services/events/event-responses.ts";
import type { Access } from "./access.ts";
import type { Packaging } from "./packaging.ts";
import type { Pictures } from "./pictures.ts";
import type { Vhosts } from "./vhosts.ts";
import type { WebRtc } from "./webrtc.ts";

export interface ServerParts extends Omit<RtmpServerPorts, "rtmpVhost"> {
  readonly access: Access;
  readonly vhosts: Vhosts;
  readonly packaging: Packaging;
  readonly pictures: Pictures;
  readonly webRtc: WebRtc;
  /** What brings streams by itself, and would never end. */
  readonly feeders: readonly { endFeeds(): void }[];
  readonly view: ServerView;
  readonly identity: ServerIdentity;
  readonly events: EventResponses;
  readonly recordings: RecordingStore;
  readonly catalog: RecordingCatalog;
}
