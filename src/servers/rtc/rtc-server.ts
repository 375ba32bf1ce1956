/**
 * The WebRTC server: its ports, and everybody who publishes or plays by it. Clients ask by HTTP, see
 * RtcHandler; what they are answered here leads them to the ports.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { createClientId } from "../../base/client-id.ts";
import type { Timer } from "../../base/clock.ts";
import { type MalformedError, RefusedError } from "../../base/errors.ts";
import { formatStreamUrl } from "../../base/stream-name.ts";
import { startSweep } from "../../base/sweep.ts";
import type { Candidate } from "../../codec/sdp/candidate.ts";
import { formatSdp } from "../../codec/sdp/format-sdp.ts";
import type { IceCredentials } from "../../codec/sdp/ice-credentials.ts";
import { parseSdp } from "../../codec/sdp/parse-sdp.ts";
import type { SessionDescription } from "../../codec/sdp/session-description.ts";
import type { Endpoint } from "../../config/endpoint.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { SessionTrace } from "../../live/session-trace.ts";
import { answerOffer, type Negotiated } from "../../protocols/rtc/negotiation/answer.ts";
import { hostCandidates } from "../../protocols/rtc/negotiation/host-candidates.ts";
import type { LocalSources, LocalTerms } from "../../protocols/rtc/negotiation/local-terms.ts";
import { RtcMux } from "../../protocols/rtc/transport/rtc-mux.ts";
import type { RtcPath } from "../../protocols/rtc/transport/rtc-path.ts";
import type { UdpPort } from "../../protocols/rtc/transport/udp-port.ts";
import type { TcpSocket, UdpSocket } from "../../runtime/runtime.ts";
import { CandidateAddresses } from "./candidate-addresses.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { Ladders } from "./ladders.ts";
import { PacketOutput } from "./packet-output.ts";
import { RtcPlay } from "./play.ts";
import type { RtcServerPorts, RtcStreamUse, RtcVhost } from "./ports.ts";
import { RtcPublish, RtcPublisher } from "./publish.ts";
import type { RtcRequest } from "./rtc-request.ts";
import {
  type RtcSession,
  type RtcSessionHost,
  type RtcSessionStart,
  sessionId,
} from "./rtc-session.ts";
import { RtpBroadcasts } from "./rtp-broadcasts.ts";
import { wantedCodecs } from "./wanted-codecs.ts";

/** As SRS's: letters and digits of lower case. */
const UFRAG_LENGTH = 8;
const PWD_LENGTH = 32;
/** Of the word that has to be shown to end a session. 62 bits can not be guessed. */
const TOKEN_LENGTH = 24;
/** Players whose reports are due are looked for so often. */
const REPORT_MS = 250;

/** A client that has been let in. */
export interface OpenedSession {
  readonly session: RtcSession;
  /** Its answer. */
  readonly sdp: string;
}

/** Who asks, and for what. */
interface Client {
  readonly ask: RtcRequest;
  readonly request: SessionRequest;
  readonly vhost: RtcVhost;
  readonly offer: SessionDescription;
  readonly trace: SessionTrace | undefined;
  readonly askedMs: number;
}

/** What has been answered to an offer. */
interface Answered {
  readonly negotiated: Negotiated;
  readonly local: IceCredentials;
  readonly candidates: readonly Candidate[];
}

export class RtcServer implements RtcSessionHost {
  readonly ports: RtcServerPorts;
  readonly mux: RtcMux;
  /** Nobody may begin. */
  isStopping = false;
  readonly #sessions = new Map<string, RtcSession>();
  readonly #outputs = new Map<UdpSocket, PacketOutput>();
  /** Where there is no UDP port. */
  #tcpOutput: PacketOutput | undefined;
  readonly #udp = new Map<UdpSocket, Endpoint>();
  readonly #tcp = new Set<Endpoint>();
  readonly #candidates: CandidateAddresses;
  readonly #broadcasts: RtpBroadcasts;
  readonly #ladders: Ladders;
  readonly #breaker: CircuitBreaker;
  readonly #sweep: Timer;
  readonly #reports: Timer;

  constructor(ports: RtcServerPorts) {
    const { clock, host } = ports;
    this.ports = ports;
    this.mux = new RtcMux(ports);
    this.#candidates = new CandidateAddresses(host, clock);
    this.#ladders = new Ladders(ports, (vhost) => ports.rtcVhost(vhost)?.variants ?? []);
    this.#broadcasts = new RtpBroadcasts(
      {
        clock,
        outputs: { [Symbol.iterator]: () => this.#allOutputs() },
        leftOut: (stream, error) => this.#frameLeftOut(stream, error),
        layerFailed: ({ name }, layer, error) => {
          const url = formatStreamUrl(name);
          ports.logger.error("layer for players of WebRTC failed", { url, layer, error });
        },
        layersOf: (stream) => this.#ladders.layersOf(stream),
      },
      (stream, error) => this.#broadcastFailed(stream, error),
    );
    this.#breaker = new CircuitBreaker(() => host.cpuMs(), clock.monotonicMs());
    this.#sweep = startSweep(clock, (nowMs) => this.#checkLoad(nowMs));
    this.#reports = clock.setInterval(REPORT_MS, () => {
      const nowMs = clock.monotonicMs();
      for (const session of [...this.#sessions.values()]) session.checkDeadline(nowMs);
    });
  }

  get sessions(): Iterable<RtcSession> {
    return this.#sessions.values();
  }

  // Ports -------------------------------------------------------------------------------------------

  /**
   * For a UDP port that is to be opened: what happens on it, and what to call once it is open.
   *
   * @param broken Called if the socket broke; then `forgetUdp` has to be.
   */
  prepareUdp(broken: (error: Error) => void): {
    readonly handler: UdpPort;
    opened(socket: UdpSocket): void;
  } {
    const { handler, opened } = this.mux.openUdp(broken);
    return {
      handler,
      opened: (socket) => {
        opened(socket);
        this.#outputs.set(socket, new PacketOutput(this.ports.crypto, socket));
      },
    };
  }

  /** The port may be told to clients. @param endpoint As configured, with the port that it has. */
  offerUdp(socket: UdpSocket, endpoint: Endpoint): void {
    this.#udp.set(socket, endpoint);
  }

  /** Nobody is told of the port any more; it stays for those who use it until `forgetUdp`. */
  withdrawUdp(socket: UdpSocket): void {
    this.#udp.delete(socket);
  }

  /** How many sessions are sent to by the port. */
  countOnUdp(socket: UdpSocket): number {
    let count = 0;
    for (const { connection } of this.#sessions.values()) {
      if (connection.path?.udp === socket) count += 1;
    }
    return count;
  }

  /** The port is no more: who came by it has to find another way, or ends when it is missed. */
  forgetUdp(socket: UdpSocket): void {
    this.#udp.delete(socket);
    this.#outputs.delete(socket);
    this.mux.closeUdp(socket);
    // Some may send through its output by other ways.
    for (const session of this.#sessions.values()) {
      if (session instanceof RtcPlay) session.moved();
    }
  }

  offerTcp(endpoint: Endpoint): void {
    this.#tcp.add(endpoint);
  }

  withdrawTcp(endpoint: Endpoint): void {
    this.#tcp.delete(endpoint);
  }

  acceptTcp(socket: TcpSocket): void {
    this.mux.acceptTcp(socket);
  }

  // Sessions ----------------------------------------------------------------------------------------

  /**
   * Lets a client in and answers its offer.
   *
   * @throws {MalformedError} If the offer is none.
   * @throws {ProtocolError} If nothing can be agreed on.
   * @throws {RefusedError} If the client may not, or the stream is busy.
   */
  async open(ask: RtcRequest, offerText: string): Promise<OpenedSession> {
    const { clock, connections } = this.ports;
    const askedMs = clock.monotonicMs();
    const vhost = this.#expectServed(ask);
    const offer = parseSdp(offerText);
    const request = this.#toRequest(ask, vhost);
    const { remoteAddress } = request;
    connections.enter(remoteAddress);
    const trace = this.#trace(request, askedMs);
    try {
      const client = { ask, request, offer, trace, askedMs, vhost };
      return await (ask.role === "publish" ? this.#publish(client) : this.#play(client));
    } catch (error) {
      connections.leave(remoteAddress);
      trace?.end("refused", true);
      throw error;
    }
  }

  /** The session of that name, if it is there. */
  find(id: string): RtcSession | undefined {
    return this.#sessions.get(id);
  }

  closed(session: RtcSession): void {
    if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id);
    this.mux.remove(session.connection);
  }

  /** The peer of a session that is not over begins ICE anew. @returns Our new credentials. */
  restartIce(session: RtcSession, remote: IceCredentials): IceCredentials {
    assert(!session.isOver, "a session that is over does not begin ICE anew");
    const local = this.#createCredentials(undefined, undefined);
    session.connection.restartIce(local, remote);
    this.mux.add(session.connection);
    return local;
  }

  /** Ends all sessions. */
  close(): void {
    this.isStopping = true;
    this.#sweep.cancel();
    this.#reports.cancel();
    for (const session of [...this.#sessions.values()]) session.kick("server_stopped");
    this.#broadcasts.close();
  }

  // -------------------------------------------------------------------------------------------------

  #expectServed(ask: RtcRequest): RtcVhost {
    if (this.isStopping) {
      throw new RefusedError("shutting_down", "Cannot begin: the server is shutting down");
    }
    const vhost = this.ports.rtcVhost(ask.vhost);
    if (vhost !== undefined) return vhost;
    throw new RefusedError("vhost_disabled", "Cannot begin: WebRTC is not served there");
  }

  #toRequest(ask: RtcRequest, vhost: RtcVhost): SessionRequest {
    const { role, app, stream, param, tcUrl, pageUrl, remoteAddress, authorization } = ask;
    return {
      clientId: createClientId((size) => this.ports.crypto.randomBytes(size)),
      clientType: role === "publish" ? "rtc-publish" : "rtc-play",
      ...{ vhost: vhost.name, app, stream, param, tcUrl, pageUrl, remoteAddress, authorization },
      swfUrl: "",
    };
  }

  #trace(request: SessionRequest, startedMs: number): SessionTrace | undefined {
    const { clientId, remoteAddress } = request;
    const protocol = "webrtc";
    const trace = this.ports.tracing?.begin({ clientId, protocol, remoteAddress, startedMs });
    trace?.identify(request);
    return trace;
  }

  /** What cannot be agreed on is told to nobody else; who finds the stream busy has not published. */
  async #publish(client: Client): Promise<OpenedSession> {
    const { request } = client;
    const { hub, admission } = this.ports;
    const answered = await this.#negotiate(client, undefined, undefined);
    await admission.publish(request);
    const publisher = new RtcPublisher(request);
    const main = await hub.publish(request, publisher);
    try {
      this.#expectServed(client.ask);
      if (publisher.endBefore !== undefined) {
        throw new RefusedError("kicked", "Cannot publish: the stream has been taken away");
      }
      const session = this.#createPublish(client, answered, main);
      publisher.session = session;
      return this.#begin(session, answered.negotiated);
    } catch (error) {
      main.end();
      admission.unpublished(request);
      throw error;
    }
  }

  #createPublish(client: Client, answered: Answered, main: Publication): RtcPublish {
    const { request } = client;
    const start = this.#toStart(client, answered);
    const { sections } = answered.negotiated.agreement;
    const publishing = this.ports.streams.publish(main, request, sections);
    const session = new RtcPublish(this, start, main, publishing);
    this.ports.logger.info("stream published", {
      clientId: request.clientId,
      url: formatStreamUrl(request),
      type: request.clientType,
      codecs: sections.map(({ codec }) => codec),
    });
    return session;
  }

  async #play(client: Client): Promise<OpenedSession> {
    const { request } = client;
    const { admission } = this.ports;
    await admission.play(request);
    try {
      this.#expectServed(client.ask);
      const use = this.ports.streams.play(request);
      try {
        return await this.#startPlay(client, use);
      } catch (error) {
        use.close();
        throw error;
      }
    } catch (error) {
      admission.stopped(request);
      throw error;
    }
  }

  async #startPlay(client: Client, use: RtcStreamUse): Promise<OpenedSession> {
    const { request } = client;
    const sources = this.#createSources();
    const answered = await this.#negotiate(client, sources, use);
    this.#expectServed(client.ask);
    const session = new RtcPlay(this, {
      ...this.#toStart(client, answered),
      ...{ use, sources, layer: client.ask.options.layer, broadcasts: this.#broadcasts },
      outputOf: (path) => this.#outputOf(path),
    });
    this.ports.logger.info("play started", {
      clientId: request.clientId,
      protocol: "webrtc",
      address: request.remoteAddress,
      url: formatStreamUrl(request),
    });
    return this.#begin(session, answered.negotiated);
  }

  #begin(session: RtcSession, { answer }: Negotiated): OpenedSession {
    this.#sessions.set(session.id, session);
    session.setLoad(this.#breaker.level);
    this.mux.add(session.connection);
    this.ports.sessions.add(session);
    return { session, sdp: formatSdp(answer) };
  }

  /** @param use What is to be played; absent for who publishes. */
  async #negotiate(
    { ask, request, vhost, offer }: Client,
    sources: LocalSources | undefined,
    use: RtcStreamUse | undefined,
  ): Promise<Answered> {
    const { crypto } = this.ports;
    const identity = this.ports.identity();
    const { options } = ask;
    const { candidates, sharedTcp } = this.ports.settings();
    const endpoints = await this.#candidates.find(
      candidates,
      { udp: [...this.#udp.values()], tcp: [...this.#tcp, ...sharedTcp] },
      { host: ask.host, named: options.candidates },
    );
    const local = this.#createCredentials(options.iceUfrag, options.icePwd);
    const number = new DataView(crypto.randomBytes(8).buffer).getBigUint64(0) >> 2n;
    const terms: LocalTerms = {
      ice: local,
      fingerprint: { algorithm: "sha-256", value: identity.fingerprint },
      candidates: hostCandidates(endpoints),
      ...wantedCodecs(options.codecs, use?.stream.description, this.#ladders.hasRungs(request)),
      isNackOn: vhost.isNackOn,
      isTwccOn: vhost.isTwccOn,
      sources,
      streamId: `${request.app}/${request.stream}`,
      sessionId: number.toString(),
    };
    const negotiated = answerOffer(offer, {
      ...terms,
      role: ask.role,
      setup: options.setup ?? vhost.setup,
      isSimulcastOn: true,
    });
    return { negotiated, local, candidates: terms.candidates };
  }

  #toStart(
    { request, vhost, ask, trace, askedMs }: Client,
    { negotiated: { agreement, answer }, local, candidates }: Answered,
  ): RtcSessionStart {
    const { crypto, clock } = this.ports;
    const identity = this.ports.identity();
    const { isEncrypted, srtpProfiles, setupTimeoutMs } = this.ports.settings();
    const { ufrag, pwd } = agreement.remoteIce;
    // It may have gone to somebody else while this client waited to be let in.
    this.#expectFree(local.ufrag);
    // After some ICE restarts the first name is free, but the session keeps its id.
    if (this.#sessions.has(sessionId(local, agreement.remoteIce))) throw nameTaken();
    const [firstSection] = answer.sections;
    assert(firstSection !== undefined, "an answer has a section");
    return {
      ...{ request, vhost, agreement, candidates, firstSection, trace, askedMs },
      token: createClientId((size) => crypto.randomBytes(size), TOKEN_LENGTH),
      connection: {
        ...{ crypto, clock, identity, local, srtpProfiles, setupTimeoutMs },
        remote: { ufrag, pwd },
        fingerprints: agreement.remoteFingerprints.map(({ value }) => value.toUpperCase()),
        setup: agreement.setup,
        isEncrypted: ask.options.isEncrypted ?? isEncrypted,
        isStunStrict: vhost.isStunStrict,
        stunTimeoutMs: vhost.stunTimeoutMs,
      },
    };
  }

  #createCredentials(ufrag: string | undefined, pwd: string | undefined): IceCredentials {
    const word = (length: number): string =>
      createClientId((size) => this.ports.crypto.randomBytes(size), length);
    const { ufragPrefix = "" } = this.ports;
    let own = ufrag ?? ufragPrefix + word(UFRAG_LENGTH);
    if (ufrag !== undefined) this.#expectFree(ufrag);
    else if (this.mux.hasUfrag(own)) own = ufragPrefix + word(2 * UFRAG_LENGTH);
    return { ufrag: own, pwd: pwd ?? word(PWD_LENGTH) };
  }

  #expectFree(ufrag: string): void {
    if (this.mux.hasUfrag(ufrag)) throw nameTaken();
  }

  #createSources(): LocalSources {
    const { crypto } = this.ports;
    const view = new DataView(crypto.randomBytes(12).buffer);
    const [audioSsrc, videoSsrc, rtxSsrc] = [0, 4, 8].map((offset) => view.getUint32(offset));
    const cname = createClientId((size) => crypto.randomBytes(size), 16);
    return { audioSsrc: audioSsrc ?? 1, videoSsrc: videoSsrc ?? 2, rtxSsrc: rtxSsrc ?? 3, cname };
  }

  *#allOutputs(): Generator<PacketOutput> {
    yield* this.#outputs.values();
    if (this.#tcpOutput !== undefined) yield this.#tcpOutput;
  }

  #outputOf(path: RtcPath | undefined): PacketOutput {
    const own = path?.udp === undefined ? undefined : this.#outputs.get(path.udp);
    const [any] = this.#outputs.values();
    const output = own ?? any;
    if (output !== undefined) return output;
    this.#tcpOutput ??= new PacketOutput(this.ports.crypto, undefined);
    return this.#tcpOutput;
  }

  #checkLoad(nowMs: number): void {
    if (!this.#breaker.sample(nowMs, this.ports.settings().circuitBreaker)) return;
    const { level } = this.#breaker;
    this.ports.logger.warn("load of WebRTC changed", { level });
    this.#broadcasts.setLoad(level);
    for (const session of this.#sessions.values()) session.setLoad(level);
  }

  #frameLeftOut({ name }: LiveStream, { message }: MalformedError): void {
    this.ports.logger.warn("frames not sent to players of WebRTC", {
      url: formatStreamUrl(name),
      reason: message,
    });
  }

  #broadcastFailed(stream: LiveStream, error: unknown): void {
    for (const session of [...this.#sessions.values()]) {
      if (session instanceof RtcPlay && session.isOf(stream)) session.fail(error);
    }
  }
}

function nameTaken(): RefusedError {
  return new RefusedError("bad_name", "Cannot use ice-ufrag: another session has it");
}
