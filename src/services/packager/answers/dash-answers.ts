/**
 * Requests for manifests of DASH.
 *
 * @module
 */

import { encodePath } from "../../../codec/http/request-target.ts";
import type { HttpRequest } from "../../../protocols/http/request.ts";
import {
  CACHE_NEVER,
  cacheFor,
  MANIFEST_TYPE,
  type PackagedContent,
} from "../packaged-resource.ts";
import type { StreamPackager } from "../stream-packager.ts";
import {
  type AnswerPorts,
  idleMsOf,
  notReady,
  type PackagedAnswer,
  playlistSuffix,
  segmentSuffix,
  sentIn,
  waitUntilReady,
} from "./playlist-answer.ts";

const TEXT_ENCODER = new TextEncoder();

export class DashAnswers {
  readonly #ports: AnswerPorts;

  constructor(ports: AnswerPorts) {
    this.#ports = ports;
  }

  async manifest(
    request: HttpRequest,
    stream: StreamPackager,
  ): Promise<PackagedAnswer | undefined> {
    const { clock, sessions } = this.#ports;
    const { dash, cmaf } = stream.packaging;
    const output = stream.dash(true);
    if (output === undefined || dash === undefined) return undefined;
    if (!(await waitUntilReady(output, clock))) return notReady(stream);
    const { dashUpdatePeriod, dashWindowSize, dashFragment } = dash.config;
    // SRS serves manifests as files, and asks nobody.
    const isShared = dash.settings === undefined && cmaf?.config.sessions === true;
    const { isGuarded } = dash;
    const hasSessions = isShared || isGuarded;
    if (!hasSessions) {
      const mediaSuffix = segmentSuffix(request, undefined);
      const seconds = Math.min(dashUpdatePeriod, dashFragment) / 2;
      const text = output.manifest(clock.wallMs(), { mediaSuffix });
      return text === undefined ? notReady(stream) : this.#content(text, cacheFor(seconds));
    }
    const idleMs = idleMsOf(dashWindowSize * dashFragment);
    const visit = { name: stream.name, idleMs, clientType: "dash-play", isGuarded } as const;
    const session = sessions.find(request, [stream.url]) ?? (await sessions.open(request, visit));
    const location = `${encodePath(request.path)}${playlistSuffix(request, session)}`;
    const isCarried = isGuarded || cmaf?.config.segmentSessions === true;
    const mediaSuffix = segmentSuffix(request, isCarried ? session : undefined);
    const text = output.manifest(clock.wallMs(), { mediaSuffix, location });
    if (text === undefined) return notReady(stream);
    return sentIn(this.#ports, session, this.#content(text, CACHE_NEVER));
  }

  /** The manifest says when it was made, so that no two are the same. */
  #content(text: string, cacheControl: string): PackagedContent {
    const version = `${this.#ports.clock.wallMs()}`;
    return { bytes: TEXT_ENCODER.encode(text), mediaType: MANIFEST_TYPE, cacheControl, version };
  }
}
