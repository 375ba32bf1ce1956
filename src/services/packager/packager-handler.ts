/**
 * Requests for packaged streams: which stream a path means, and who answers for it.
 *
 * @module
 */

import { RefusedError } from "../../base/errors.ts";
import { formatStreamUrl, parseStreamUrl } from "../../base/stream-name.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { requestedVhost } from "../../protocols/http/requested-vhost.ts";
import { CmafAnswers } from "./answers/cmaf-answers.ts";
import { DashAnswers } from "./answers/dash-answers.ts";
import { LadderAnswers, type LadderPorts } from "./answers/ladder-answers.ts";
import type { PackagedAnswer } from "./answers/playlist-answer.ts";
import { toPrivateAnswer } from "./answers/private-answer.ts";
import { TsAnswers } from "./answers/ts-answers.ts";
import type { CmafOutput } from "./cmaf/cmaf-output.ts";
import type { LadderVariant } from "./hls/ladder.ts";
import type { VariantQuestion } from "./packaged-elsewhere.ts";
import { findRoutes, type Route } from "./request-route.ts";
import type { StreamPackager } from "./stream-packager.ts";
import type { VhostPackaging } from "./vhost-packaging.ts";

const FILES: readonly Route["type"][] = ["ts-file", "cmaf-file", "dash-file"];

export interface PackagerHandlerPorts extends LadderPorts {
  /** How the vhost that serves `host` packages. */
  packagingFor(host: string): VhostPackaging | undefined;
}

export class PackagerHandler {
  readonly #ports: PackagerHandlerPorts;
  readonly #ladders: LadderAnswers;
  readonly #ts: TsAnswers;
  readonly #cmaf: CmafAnswers;
  readonly #dash: DashAnswers;

  constructor(ports: PackagerHandlerPorts) {
    this.#ports = ports;
    this.#ladders = new LadderAnswers(ports);
    this.#ts = new TsAnswers(ports, this.#ladders);
    this.#cmaf = new CmafAnswers(ports);
    this.#dash = new DashAnswers(ports);
  }

  /**
   * Answers a request, in another process if the stream is published there, or says by `undefined`
   * that it is for something else.
   *
   * @throws {RefusedError} If the viewer may not play.
   */
  handle(request: HttpRequest): Promise<PackagedAnswer | undefined> {
    return this.#handle(request, true);
  }

  /** Likewise a request that another process has handed on. */
  handleHere(request: HttpRequest): Promise<PackagedAnswer | undefined> {
    return this.#handle(request, false);
  }

  /** A stream that is packaged here, as a variant of a programme; `undefined` if it is none. */
  async variantHere({ url, ...question }: VariantQuestion): Promise<LadderVariant | undefined> {
    const name = parseStreamUrl(url);
    const stream = name === undefined ? undefined : this.#ports.packager.find(name);
    return stream === undefined ? undefined : this.#ladders.variantOf(stream, question);
  }

  async #handle(request: HttpRequest, isForwarded: boolean): Promise<PackagedAnswer | undefined> {
    if (request.method !== "GET" && request.method !== "HEAD") return undefined;
    const packaging = this.#ports.packagingFor(requestedVhost(request));
    if (packaging === undefined) return undefined;
    const findApp = (vhost: string, stream: string): string | undefined =>
      this.#ports.packager.findApp(vhost, stream);
    for (const route of findRoutes(packaging, request.path.slice(1), findApp)) {
      const answer = await this.#answer(request, route, packaging, isForwarded);
      if (answer === undefined) continue;
      return isGuarded(route, packaging) ? toPrivateAnswer(answer) : answer;
    }
    return undefined;
  }

  async #answer(
    request: HttpRequest,
    route: Route,
    packaging: VhostPackaging,
    isForwarded: boolean,
  ): Promise<PackagedAnswer | undefined> {
    const { type, name } = route;
    const { packager, elsewhere } = this.#ports;
    const stream = packager.find(name);
    // What is left here of a stream that is published elsewhere by now is not it.
    if (stream?.isLive !== true && isForwarded) {
      const answer = await elsewhere.forward(request, formatStreamUrl(name));
      if (answer !== undefined) return answer;
    }
    if (stream !== undefined && type !== "entry") return this.#answerHere(request, route, stream);
    if (type === "entry") return this.#ladders.cmaf(request, name, packaging);
    const isLadder = type === "ts-playlist" && packaging.programmes.hasVariants;
    return isLadder ? this.#ladders.ts(request, name, packaging) : undefined;
  }

  #answerHere(
    request: HttpRequest,
    route: Route,
    stream: StreamPackager,
  ): Promise<PackagedAnswer | undefined> | PackagedAnswer | undefined {
    const { type, file } = route;
    if (FILES.includes(type) && isGuarded(route, stream.packaging)) this.#guard(request, stream);
    switch (type) {
      case "ts-playlist":
        return this.#ts.playlist(request, stream);
      case "ts-file":
        return this.#ts.file(request, stream);
      case "manifest":
        return this.#dash.manifest(request, stream);
      case "playlist":
        return this.#cmaf.playlist(request, file === "video.m3u8" ? "video" : "audio", stream);
      case "cmaf-file":
        return this.#media(request, file, stream.cmaf(false));
      case "dash-file":
        return this.#media(request, file, stream.dash(false));
      case "entry":
        return undefined;
    }
  }

  /** @throws {RefusedError} If the request, which is for media, has no session. */
  #guard(request: HttpRequest, { packaging, name }: StreamPackager): void {
    const { sessions } = this.#ports;
    if (sessions.find(request, packaging.programmes.urlsOf(name)) !== undefined) return;
    throw new RefusedError("unauthorized", "Cannot play: it takes the session of a playlist");
  }

  #media(
    request: HttpRequest,
    file: string,
    output: CmafOutput | undefined,
  ): Promise<PackagedAnswer | undefined> | undefined {
    return output === undefined ? undefined : this.#cmaf.file(request, file, output);
  }
}

/** Whether what a path means is for those alone who have been let play. */
function isGuarded({ type }: Route, { ts, cmaf, dash }: VhostPackaging): boolean {
  switch (type) {
    case "ts-playlist":
    case "ts-file":
      return ts?.isGuarded === true;
    case "manifest":
    case "dash-file":
      return dash?.isGuarded === true;
    case "entry":
    case "playlist":
    case "cmaf-file":
      return cmaf?.isGuarded === true;
  }
}
