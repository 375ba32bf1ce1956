/**
 * A stream that is fetched from another server by HLS, which is late by some segments in exchange for
 * passing through any proxy.
 *
 * @module
 */

import { ClosedError, ProtocolError, toError } from "../../../base/errors.ts";
import {
  type ReadMultivariantPlaylist,
  type ReadVariant,
  readPlaylist,
} from "../../../codec/m3u8/playlist-reader.ts";
import type { TrackKind } from "../../../live/track.ts";
import { TickLine } from "../../../remux/mpegts/tick-line.ts";
import type { PullPorts, PullSource, PullTarget } from "../pull-source.ts";
import type { EndedPlaylists } from "./ended-playlists.ts";
import { HlsRendition } from "./hls-rendition.ts";
import { Playout } from "./playout.ts";
import { type FetchedText, HlsResources, resolveUrl } from "./resources.ts";
import { SegmentInput } from "./segment-input.ts";

/** Playlists that lead to others. */
const STEPS_MAX = 3;
/** Of CODECS (RFC 6381): by sample entries, and MPEG audio by two object types. */
const KNOWN_CODEC = /^(?:avc[13]|hvc1|hev1|av01|vp09|opus|mp3|mp4a\.(?:40|69|6b)(?:\.|$)|mp4a$)/i;
/** What waits to be played out may be as much as the playlist had of it at first. */
const WANTED = 3;

/** A playlist that is followed. */
interface Followed {
  readonly url: string;
  readonly kinds: readonly TrackKind[];
  readonly first: FetchedText | undefined;
}

export class HlsSource implements PullSource {
  readonly #ports: PullPorts;
  readonly #url: string;
  readonly #target: PullTarget;
  readonly #ended: EndedPlaylists;
  readonly #resources: HlsResources;
  #renditions: readonly HlsRendition[] = [];
  #playout: Playout | undefined;
  #isOver = false;

  /** @param ended Of all attempts. */
  constructor(ports: PullPorts, url: string, target: PullTarget, ended: EndedPlaylists) {
    this.#ports = ports;
    this.#ended = ended;
    this.#url = url;
    this.#target = target;
    this.#resources = new HlsResources(ports);
  }

  start(): void {
    this.#run().then(
      () => this.#end(new ClosedError("The playlist has ended")),
      (error: unknown) => this.#end(toError(error)),
    );
  }

  stop(): void {
    this.#isOver = true;
    this.#resources.close();
    this.#playout?.stop();
    for (const rendition of this.#renditions) rendition.stop();
  }

  async #run(): Promise<void> {
    const followed = await this.#choose();
    if (this.#isOver) return;
    const { clock, crypto } = this.#ports;
    const wantedMs = (): number =>
      WANTED * 1_000 * Math.max(0, ...this.#renditions.map(({ targetDuration }) => targetDuration));
    const onReady = (): void => {
      this.#begin(playout).catch((error: unknown) => this.#end(toError(error)));
    };
    const playout: Playout = new Playout({ clock, wantedMs, onReady });
    const line = new TickLine();
    this.#playout = playout;
    this.#renditions = followed.map(
      ({ url, kinds }) =>
        new HlsRendition({
          ...{ clock, crypto, url, resources: this.#resources },
          lane: playout.createLane(),
          input: new SegmentInput(kinds, line),
          ended: this.#ended,
          purpose: kinds.join(" or "),
        }),
    );
    await Promise.all(
      this.#renditions.map((rendition, index) => rendition.run(followed[index]?.first)),
    );
    await playout.ended();
  }

  async #begin(playout: Playout): Promise<void> {
    const output = await this.#target.begin();
    if (!this.#isOver) playout.start(output);
  }

  /** The playlists of the best variant: one, or one each for picture and sound. */
  async #choose(): Promise<Followed[]> {
    let url = this.#url;
    for (let step = 0; step < STEPS_MAX; step++) {
      const fetched = await this.#resources.playlist(url);
      const playlist = readPlaylist(fetched.text);
      if (playlist.type === "media") return [{ url, kinds: ["video", "audio"], first: fetched }];
      const variant = best(playlist.variants);
      // Sound of a codec that is not known here is left out, if it can be.
      const audio = isKnown(variant) ? audioOf(playlist, variant) : undefined;
      url = resolveUrl(variant.uri, fetched.url);
      if (audio === undefined) continue;
      return [
        { url, kinds: ["video"], first: undefined },
        { url: resolveUrl(audio, fetched.url), kinds: ["audio"], first: undefined },
      ];
    }
    throw new ProtocolError("A playlist leads to others again and again");
  }

  #end(error: Error): void {
    if (this.#isOver) return;
    this.stop();
    this.#target.lost(error);
  }
}

/** As far as it is said. */
function isKnown({ codecs }: ReadVariant): boolean {
  return codecs.every((codec) => KNOWN_CODEC.test(codec));
}

/** Of those with codecs that are known here, if there are any. @throws {ProtocolError} If there is none. */
function best(variants: readonly ReadVariant[]): ReadVariant {
  const known = variants.filter(isKnown);
  const [first, ...others] = known.length === 0 ? variants : known;
  if (first === undefined) throw new ProtocolError("A playlist has no variants");
  return others.reduce((one, other) => (other.bandwidth > one.bandwidth ? other : one), first);
}

/** The address of the playlist with the variant's sound; `undefined` if it is in the variant's own. */
function audioOf(
  { renditions }: ReadMultivariantPlaylist,
  { audio }: ReadVariant,
): string | undefined {
  const group = renditions.filter(({ type, groupId }) => type === "AUDIO" && groupId === audio);
  return (group.find(({ isDefault }) => isDefault) ?? group[0])?.uri;
}
