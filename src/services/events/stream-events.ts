/**
 * What becomes of streams, as events: those that are published in this process, since what is relayed
 * from another one is told there.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { unlessMalformed } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication, Publisher } from "../../live/publication.ts";
import type { PublisherFields, TellEvent, TrackFields } from "../../live/server-event.ts";
import type { SessionRegistry } from "../../live/session-registry.ts";
import type { HubListener } from "../../live/stream-hub.ts";
import type { Track } from "../../live/track.ts";
import { describeAudio } from "../../remux/track/audio-details.ts";
import { describeVideo } from "../../remux/track/video-details.ts";
import { toClient } from "./session-events.ts";

export interface StreamEventsPorts {
  readonly sessions: Pick<SessionRegistry, "get">;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly logger: Logger;
  readonly tell: TellEvent;
  /** Whether another process publishes the stream called so. */
  readonly isElsewhere: (url: string) => boolean;
}

/** Of a publisher that is no session. */
const NOBODY: PublisherFields = {
  clientId: null,
  clientType: null,
  protocol: null,
  address: null,
};

export class StreamEvents implements HubListener {
  readonly #ports: StreamEventsPorts;
  /** Bytes of streams when their publishers came. */
  readonly #before = new WeakMap<Publication, number>();
  /** Streams whose latest publisher was one of this process, by URL. */
  readonly #own = new Set<string>();

  constructor(ports: StreamEventsPorts) {
    this.#ports = ports;
  }

  onStreamCreated(): void {
    // It may be no more than somebody's wish.
  }

  onStreamForgotten({ url }: LiveStream): void {
    this.#own.delete(url);
  }

  onBusy({ request }: Publisher): void {
    if (request === undefined) return;
    const refusal = { action: "publish", by: "stream", reason: "stream_busy" } as const;
    this.#ports.tell({ type: "session.refused", ...toClient(request), ...refusal });
  }

  onPublished({ name, url, figures }: LiveStream, publication: Publication): void {
    if (publication.isRelayed) {
      this.#own.delete(url);
      return;
    }
    this.#own.add(url);
    this.#before.set(publication, figures.receivedSize);
    const publisher = this.#publisherOf(publication);
    this.#ports.tell({ type: "stream.published", ...publisher, ...name });
  }

  onReady({ name, description }: LiveStream, publication: Publication): void {
    if (publication.isRelayed) return;
    const delayMs = this.#since(publication);
    this.#ports.tell({ type: "stream.ready", ...name, delayMs, tracks: describe(description) });
  }

  onTracksChanged({ name, description }: LiveStream, publication: Publication): void {
    if (publication.isRelayed) return;
    this.#ports.tell({ type: "stream.tracks_changed", ...name, tracks: describe(description) });
  }

  onUnpublished({ name, figures }: LiveStream, publication: Publication): void {
    if (publication.isRelayed) return;
    const { publisher, videoFrameCount, audioFrameCount } = publication;
    this.#ports.tell({
      type: "stream.unpublished",
      ...this.#publisherOf(publication),
      ...name,
      reason: this.#ports.sessions.get(publisher.clientId)?.endReason ?? "server_stopped",
      durationMs: this.#since(publication),
      receivedSize: figures.receivedSize - (this.#before.get(publication) ?? 0),
      videoFrames: videoFrameCount,
      audioFrames: audioFrameCount,
    });
  }

  onEnded({ name, url }: LiveStream): void {
    if (!this.#own.delete(url) || this.#ports.isElsewhere(url)) return;
    this.#ports.tell({ type: "stream.ended", ...name });
  }

  fail(error: unknown): void {
    this.#ports.logger.error("events failed", { error });
  }

  #publisherOf({ publisher: { request, clientId } }: Publication): PublisherFields {
    if (request === undefined) return NOBODY;
    const { clientType, address } = toClient(request);
    const protocol = this.#ports.sessions.get(clientId)?.protocol ?? null;
    return { clientId, clientType, protocol, address };
  }

  #since({ startedMs }: Publication): number {
    return Math.round(this.#ports.clock.monotonicMs() - startedMs);
  }
}

function describe({ video, audio }: LiveStream["description"]): readonly TrackFields[] {
  return [
    ...(video === undefined ? [] : [describeVideoTrack(video)]),
    ...(audio === undefined ? [] : [describeAudioTrack(audio)]),
  ];
}

function describeVideoTrack(track: Track): TrackFields {
  const details = unlessMalformed(() => describeVideo(track));
  return {
    kind: "video",
    codec: track.codec,
    codecString: details?.codecString ?? null,
    width: details?.width ?? null,
    height: details?.height ?? null,
  };
}

function describeAudioTrack(track: Track): TrackFields {
  const details = unlessMalformed(() => describeAudio(track));
  return {
    kind: "audio",
    codec: track.codec,
    codecString: details?.codecString ?? null,
    sampleRate: details?.sampleRate ?? null,
    channels: details?.channelCount ?? null,
  };
}
