/**
 * Requests for multivariant playlists.
 *
 * @module
 */

import { formatStreamUrl, type StreamName } from "../../../base/stream-name.ts";
import type { HttpRequest } from "../../../protocols/http/request.ts";
import {
  createTsVariant,
  createVariant,
  formatLadder,
  type LadderPlace,
  type LadderVariant,
} from "../hls/ladder.ts";
import type { PackagedElsewhere, VariantQuestion } from "../packaged-elsewhere.ts";
import { CACHE_NEVER, cacheFor } from "../packaged-resource.ts";
import type { Packager } from "../packager.ts";
import type { Programmes } from "../programmes.ts";
import type { StreamPackager } from "../stream-packager.ts";
import type { VhostPackaging } from "../vhost-packaging.ts";
import {
  type AnswerPorts,
  idleMsOf,
  notReady,
  type PackagedAnswer,
  playlistSuffix,
  sentIn,
  toPlaylist,
  waitUntilReady,
} from "./playlist-answer.ts";

export interface LadderPorts extends AnswerPorts {
  readonly packager: Packager;
  readonly elsewhere: PackagedElsewhere;
}

interface Ladder {
  readonly name: StreamName;
  readonly variants: readonly LadderVariant[];
  readonly idleMs: number;
  readonly isGuarded: boolean;
  readonly hasSessions: boolean;
}

export class LadderAnswers {
  readonly #ports: LadderPorts;

  constructor(ports: LadderPorts) {
    this.#ports = ports;
  }

  /** Of a programme in CMAF; `undefined` if nobody publishes any of it. */
  async cmaf(
    request: HttpRequest,
    name: StreamName,
    packaging: VhostPackaging,
  ): Promise<PackagedAnswer | undefined> {
    const rules = packaging.cmaf;
    if (rules === undefined) return undefined;
    const base = rules.paths.entry(name);
    const variants = await this.#variants(name, packaging.programmes, { format: "cmaf", base });
    if (variants.length === 0) return this.#nothing(name, packaging.programmes);
    const { window, sessions: hasSessions } = rules.config;
    const { isGuarded } = rules;
    return this.#answer(request, {
      ...{ name, variants, hasSessions, isGuarded },
      idleMs: idleMsOf(window),
    });
  }

  /** Of a programme in MPEG-TS. */
  async ts(
    request: HttpRequest,
    name: StreamName,
    packaging: VhostPackaging,
  ): Promise<PackagedAnswer | undefined> {
    const rules = packaging.ts;
    if (rules === undefined) return undefined;
    const base = rules.names.playlist(name);
    const variants = await this.#variants(name, packaging.programmes, { format: "ts", base });
    if (variants.length === 0) return this.#nothing(name, packaging.programmes);
    const { hlsWindow, hlsCtx: hasSessions } = rules.config;
    const { isGuarded } = rules;
    return this.#answer(request, {
      ...{ name, variants, hasSessions, isGuarded },
      idleMs: idleMsOf(hlsWindow),
    });
  }

  /** A stream that is packaged here, as a variant; `undefined` if there is nothing to play of it. */
  async variantOf(
    stream: StreamPackager,
    { format, base }: Omit<VariantQuestion, "url">,
  ): Promise<LadderVariant | undefined> {
    const { clock } = this.#ports;
    const place = (): LadderPlace => ({ base, captions: stream.captions.state });
    if (format === "ts") {
      const output = stream.ts(true);
      if (output === undefined || !(await waitUntilReady(output, clock))) return undefined;
      return createTsVariant(output.playlist, output.description, place());
    }
    const output = stream.cmaf(true);
    const folder = stream.packaging.cmaf?.paths.folder(stream.name);
    if (output === undefined || folder === undefined) return undefined;
    if (!(await waitUntilReady(output, clock))) return undefined;
    return createVariant(output.packager, folder, place());
  }

  async #variants(
    name: StreamName,
    programmes: Programmes,
    question: Omit<VariantQuestion, "url">,
  ): Promise<LadderVariant[]> {
    const { packager, elsewhere } = this.#ports;
    const variants = await Promise.all(
      programmes.membersOf(name).map(async (member) => {
        const stream = packager.find(member);
        const isHere = stream?.isLive === true;
        const url = formatStreamUrl(member);
        const variant = isHere ? undefined : await elsewhere.variant({ url, ...question });
        return variant ?? (stream && this.variantOf(stream, question));
      }),
    );
    return variants.filter((variant) => variant !== undefined);
  }

  /** Says of a stream that is there that it has nothing yet. */
  #nothing(name: StreamName, programmes: Programmes): PackagedAnswer | undefined {
    const { packager, elsewhere } = this.#ports;
    const isThere = programmes
      .membersOf(name)
      .some(
        (member) =>
          packager.find(member)?.isLive === true || elsewhere.has(formatStreamUrl(member)),
      );
    return isThere ? notReady({ url: formatStreamUrl(name), isLive: true }) : undefined;
  }

  async #answer(request: HttpRequest, ladder: Ladder): Promise<PackagedAnswer> {
    const { name, variants, idleMs, hasSessions, isGuarded } = ladder;
    const { sessions, clock } = this.#ports;
    const version = `${clock.wallMs()}`;
    if (!hasSessions) {
      const text = formatLadder(variants, playlistSuffix(request, undefined));
      return toPlaylist(text, version, cacheFor(1));
    }
    const session =
      sessions.find(request, [formatStreamUrl(name)]) ??
      (await sessions.open(request, { name, idleMs, clientType: "hls-play", isGuarded }));
    const text = formatLadder(variants, playlistSuffix(request, session));
    return sentIn(this.#ports, session, toPlaylist(text, version, CACHE_NEVER));
  }
}
