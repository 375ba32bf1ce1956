/**
 * The streams as WebRTC has them.
 *
 * @module
 */

import type { StreamHub } from "../live/stream-hub.ts";
import type { RtcStreams } from "../servers/rtc/ports.ts";

export function createRtcStreams(hub: StreamHub): RtcStreams {
  return {
    play: (name) => {
      const main = hub.getOrCreate(name);
      main.enter();
      return { stream: main, main, close: () => main.leave() };
    },
    publish: (publication) => publication,
  };
}
