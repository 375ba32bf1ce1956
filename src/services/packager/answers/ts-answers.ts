/**
 * Requests for HLS with MPEG-TS.
 *
 * @module
 */

import type { HttpRequest } from "../../../protocols/http/request.ts";
import { fillMarks } from "../hls/address-marks.ts";
import type { HlsSession } from "../hls/hls-session.ts";
import { SESSION_PARAMETER } from "../hls/hls-sessions.ts";
import { CACHE_NEVER, cacheFor } from "../packaged-resource.ts";
import type { StreamPackager } from "../stream-packager.ts";
import type { LadderAnswers } from "./ladder-answers.ts";
import {
  type AnswerPorts,
  idleMsOf,
  notReady,
  type PackagedAnswer,
  segmentSuffix,
  sentIn,
  toPlaylist,
  toSelf,
  waitUntilReady,
} from "./playlist-answer.ts";

export class TsAnswers {
  readonly #ports: AnswerPorts;
  readonly #ladders: LadderAnswers;

  constructor(ports: AnswerPorts, ladders: LadderAnswers) {
    this.#ports = ports;
    this.#ladders = ladders;
  }

  async playlist(
    request: HttpRequest,
    stream: StreamPackager,
  ): Promise<PackagedAnswer | undefined> {
    const { sessions, clock } = this.#ports;
    const { programmes } = stream.packaging;
    const { config, isGuarded = false } = stream.packaging.ts ?? {};
    const output = stream.ts(true);
    if (output === undefined || config === undefined) return undefined;
    if (!(await waitUntilReady(output, clock))) return notReady(stream);
    const { playlist } = output;
    const version = `ts${playlist.version}`;
    const own = (session?: HlsSession): string => {
      const segment = segmentSuffix(request, session);
      // As in SRS keys are had without a session, where they are for all.
      return fillMarks(playlist.text(), { playlist: "", segment, key: isGuarded ? segment : "" });
    };
    if (!config.hlsCtx) {
      return toPlaylist(own(), version, cacheFor(playlist.targetDuration / 2));
    }
    const session = sessions.find(request, programmes.urlsOf(stream.name));
    if (session === undefined) {
      if (programmes.hasVariants) return this.#ladders.ts(request, stream.name, stream.packaging);
      const idleMs = idleMsOf(config.hlsWindow);
      const visit = { name: stream.name, idleMs, clientType: "hls-play", isGuarded } as const;
      return toSelf(request, await sessions.open(request, visit));
    }
    const text = own(config.hlsTsCtx ? session : undefined);
    return sentIn(this.#ports, session, toPlaylist(text, version, CACHE_NEVER));
  }

  /** A segment, or a key. */
  file(request: HttpRequest, stream: StreamPackager): PackagedAnswer | undefined {
    const name = request.path.slice(1 + (stream.packaging.ts?.urlPrefix.length ?? 0));
    const found = stream.ts(false)?.playlist.find(name);
    if (found === undefined) return undefined;
    const size = "bytes" in found ? found.bytes.length : 0;
    const id = request.parameter(SESSION_PARAMETER);
    if (name.endsWith(".ts")) this.#ports.sessions.sentMedia(id, size);
    else this.#ports.sessions.sent(id, size);
    return found;
  }
}
