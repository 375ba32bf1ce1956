/**
 * The server's side of an RTMP conversation: from `connect` to publishing or playing, for the
 * encoders and players that there are.
 *
 * ```text
 * FFmpeg, OBS, FMLE   connect, releaseStream, FCPublish, createStream, publish, @setDataFrame, media
 * Haivision           connect, createStream, FCPublish, publish, media
 * Flash, SRS          connect, createStream, publish, media
 * players             connect, [_checkbw, FCSubscribe,] createStream, [getStreamLength,] play
 * ```
 *
 * Spec: Adobe RTMP 1.0, section 7.2; the order and the texts of answers are those of SRS.
 *
 * @module
 */

import { ProtocolError, TimeoutError, toError } from "../../base/errors.ts";
import { encodeAmf0 } from "../../codec/amf0/encode.ts";
import { AmfObject, type AmfValue, amfString } from "../../codec/amf0/value.ts";
import { splitAggregate } from "../../codec/rtmp/aggregate.ts";
import { ChunkStreamId } from "../../codec/rtmp/chunk-encoder.ts";
import { decodeCommand, decodeData, type RtmpCommand } from "../../codec/rtmp/command.ts";
import {
  BandwidthLimit,
  decodeUserControl,
  encodeSetPeerBandwidth,
  encodeUserControl,
  type RtmpMessage,
  RtmpMessageType,
  UserControlEvent,
} from "../../codec/rtmp/message.ts";
import type { TcpSocket } from "../../runtime/runtime.ts";
import { BeginLimit } from "./begin-limit.ts";
import {
  connectResult,
  parseConnect,
  parseRequestUrl,
  type RtmpServerIdentity,
} from "./connect-info.ts";
import {
  COMMAND_SIZE_MAX,
  RtmpConnection,
  type RtmpConnectionHandler,
  type RtmpConnectionOptions,
} from "./connection.ts";
import { PublisherTypeGuess } from "./publisher-type.ts";
import { sendCommand, sendNotice, sendResult } from "./send-command.ts";
import {
  RedirectError,
  type RtmpConnectInfo,
  type RtmpPlayback,
  type RtmpPublication,
  type RtmpSessionHandler,
  type RtmpWireSettings,
} from "./session-handler.ts";
import { StallWatch } from "./stall-watch.ts";
import * as status from "./status.ts";

/** What all sessions of a listener have in common. */
export interface RtmpServerOptions extends RtmpConnectionOptions {
  readonly identity: RtmpServerIdentity;
  /** The largest message that a publisher may send, in bytes. */
  readonly mediaSizeMax: number;
}

/**
 * The only message stream of a connection. Every `createStream` gets it, as from SRS: what is sent to
 * players is shared among them, and carries it.
 */
export const MESSAGE_STREAM_ID = 1;

/** SetPeerBandwidth is advice for peers that limit themselves; SRS sends this to all. */
const PEER_BANDWIDTH = 2_500_000;
/** A peer that has not published or played yet, as in SRS, whatever else it sends meanwhile. */
const IDENTIFY_TIMEOUT_MS = 30_000;
/** A publisher that sends nothing at all, as in SRS; closer watch is kept above this. */
const PUBLISH_TIMEOUT_MS = 30_000;
/** An encoder may come back after FCUnpublish, closeStream or deleteStream, as in SRS; likewise. */
const REPUBLISH_TIMEOUT_MS = 180_000;
/** How long a player that was sent elsewhere has to take notice, as in SRS. */
const REDIRECT_TIMEOUT_MS = 3_000;

const SAMPLE_ACCESS: Uint8Array = encodeAmf0("|RtmpSampleAccess", true, true);

/** What follows a question. */
interface Continuation<Answer> {
  readonly accept: (answer: Answer) => void;
  /** Tells the peer, whose session then ends. */
  readonly refuse: (error: unknown) => void;
  /** The answer was yes, but the peer has gone: gives back what was granted. */
  readonly tooLate: (answer: Answer) => void;
}

export class RtmpServerSession implements RtmpConnectionHandler {
  readonly #connection: RtmpConnection;
  readonly #handler: RtmpSessionHandler;
  readonly #options: RtmpServerOptions;
  #proxiedAddress: string | undefined;
  #connectInfo: RtmpConnectInfo | undefined;
  #publication: RtmpPublication | undefined;
  #playback: RtmpPlayback | undefined;
  #publisher = new PublisherTypeGuess();
  #bufferLengthMs: number | undefined;
  #isOpen = false;
  #isRedirected = false;
  #failure: Error | undefined;
  readonly #begins = new BeginLimit();
  /** How long the peer has neither published nor played, and how long it may. */
  readonly #waiting = new StallWatch();
  #waitingMsMax = IDENTIFY_TIMEOUT_MS;

  /**
   * Takes over a connection that has been accepted.
   *
   * @param nowMs The monotonic time, of the clock that `checkDeadline` will be called by.
   */
  constructor(
    socket: TcpSocket,
    handler: RtmpSessionHandler,
    options: RtmpServerOptions,
    nowMs: number,
  ) {
    this.#handler = handler;
    this.#options = options;
    this.#connection = new RtmpConnection(socket, this, options, nowMs);
    this.#connection.accept(Math.floor(nowMs / 1000));
  }

  /** For byte counts, addresses and the chunk size. */
  get connection(): RtmpConnection {
    return this.#connection;
  }

  /** True from the moment on at which the session has ended, or ends as soon as the rest is sent. */
  get isClosed(): boolean {
    return this.#connection.isClosed;
  }

  /** What the session has ended by, once it has; `undefined` if the peer simply left. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The message stream that media for a player goes on. */
  get messageStreamId(): number {
    return MESSAGE_STREAM_ID;
  }

  /**
   * Writes chunks that are the same for many players (remux/rtmp), cut by the chunk size of the
   * connection. `bytes` begin where a message begins, or where the last call stopped: a block begun
   * must be continued with its exact rest for as long as the playback lasts.
   *
   * @returns How many bytes were taken. If fewer than all, `RtmpPlayback.drain` follows.
   */
  writeShared(bytes: Uint8Array): number {
    return this.#connection.writeShared(bytes);
  }

  /** Ends the session at once. `closed` follows, with `error` if there is one. */
  close(error?: Error): void {
    this.#connection.destroy(error);
  }

  /** To be called every second or so, for all sessions by one timer. */
  checkDeadline(nowMs: number): void {
    this.#begins.refill(nowMs);
    this.#checkWaiting(nowMs);
    this.#connection.checkDeadline(nowMs);
  }

  // RtmpConnectionHandler ---------------------------------------------------------------------------

  opened(): void {
    this.#proxiedAddress = this.#connection.proxiedAddress;
    this.#isOpen = true;
  }

  message(message: RtmpMessage): void {
    switch (message.typeId) {
      case RtmpMessageType.Audio:
        this.#publication?.audio(message.timestamp, message.payload);
        break;
      case RtmpMessageType.Video:
        this.#publication?.video(message.timestamp, message.payload);
        break;
      case RtmpMessageType.DataAmf0:
      case RtmpMessageType.DataAmf3:
        this.#receiveData(message);
        break;
      case RtmpMessageType.CommandAmf0:
      case RtmpMessageType.CommandAmf3:
        this.#receiveCommand(decodeCommand(message.typeId, message.payload));
        break;
      case RtmpMessageType.Aggregate:
        if (this.#publication === undefined) break;
        for (const part of splitAggregate(message)) this.message(part);
        break;
      case RtmpMessageType.UserControl: {
        const control = decodeUserControl(message.payload);
        if (control.event !== UserControlEvent.SetBufferLength) break;
        this.#bufferLengthMs = control.bufferLengthMs;
        break;
      }
      default: // Shared objects, and what nobody knows: nothing here has a use for them.
        break;
    }
  }

  drained(): void {
    this.#playback?.drain();
  }

  closed(error: Error | undefined): void {
    this.#failure = error;
    try {
      this.#stop();
    } catch (fault) {
      this.#failure = toError(fault); // Ours, so it matters more than why the peer left.
    }
    if (this.#failure === undefined) this.#handler.closed();
    else this.#handler.closed(this.#failure);
  }

  // Commands ----------------------------------------------------------------------------------------

  #receiveCommand(command: RtmpCommand): void {
    const { name } = command;
    if (this.#isRedirected) {
      this.#connection.end();
      return;
    }
    if (name === "connect") {
      this.#connect(command);
      return;
    }
    const info = this.#connectInfo;
    if (info === undefined) throw new ProtocolError(`Cannot accept "${name}" before "connect"`);
    this.#publisher.note(name);
    switch (name) {
      case "releaseStream":
      case "FCPublish":
        this.#sendResult(command, undefined);
        break;
      case "createStream":
        this.#sendResult(command, MESSAGE_STREAM_ID);
        break;
      case "publish":
        this.#publish(info, command);
        break;
      case "FCUnpublish":
        this.#unpublish(command);
        break;
      case "play":
      case "play2":
        this.#play(info, command);
        break;
      case "pause":
      case "pauseRaw":
        this.#pause(command);
        break;
      case "closeStream":
      case "deleteStream":
        this.#stop();
        this.#answer(command);
        break;
      case "getStreamLength":
        this.#sendResult(command, 0); // Live: it has none.
        break;
      case "FCSubscribe":
        this.#answer(command);
        this.#notify("onFCSubscribe", status.FC_SUBSCRIBE_START);
        break;
      case "_result":
      case "_error":
      case "onStatus":
        break; // Answers to calls that we never make; to answer them might go on for ever.
      default:
        this.#answer(command);
        break;
    }
  }

  #connect(command: RtmpCommand): void {
    if (this.#connectInfo !== undefined) throw new ProtocolError("Cannot connect twice");
    const question = async (): Promise<[RtmpConnectInfo, RtmpWireSettings]> => {
      const info = parseConnect(command, this.#proxiedAddress);
      return [info, await this.#handler.connect(info)];
    };
    this.#ask(question(), {
      accept: ([info, settings]) => {
        this.#connectInfo = info;
        this.#applySettings(settings);
        this.#sendConnectResult(command.transactionId, info);
      },
      refuse: (error) => {
        const args = [status.connectError(error)];
        const { transactionId } = command;
        sendCommand(this.#connection, { name: "_error", transactionId, object: null, args });
      },
      tooLate: () => undefined,
    });
  }

  /** In SRS's order, which some clients depend on. */
  #applySettings({ chunkSize, inAckSize, outAckSize }: RtmpWireSettings): void {
    const connection = this.#connection;
    connection.assumeWindowAcknowledgementSize(inAckSize);
    if (outAckSize > 0) connection.setWindowAcknowledgementSize(outAckSize);
    const bandwidth = encodeSetPeerBandwidth(PEER_BANDWIDTH, BandwidthLimit.Dynamic);
    connection.sendControl(RtmpMessageType.SetPeerBandwidth, bandwidth);
    connection.setChunkSize(chunkSize);
  }

  #sendConnectResult(transactionId: number, info: RtmpConnectInfo): void {
    const { identity } = this.#options;
    const connection = this.#connection;
    const { clientId } = this.#handler;
    const { localAddress } = connection.socket;
    const [properties, information] = connectResult(info, identity, { clientId, localAddress });
    const args = [information];
    sendCommand(connection, { name: "_result", transactionId, object: properties, args });
    sendCommand(connection, { name: "onBWDone", transactionId: 0, object: null, args: [] });
  }

  #publish(connectInfo: RtmpConnectInfo, command: RtmpCommand): void {
    this.#begins.take();
    this.#end();
    const publisherType = this.#publisher.type;
    if (publisherType !== "flash-publish") this.#notify("onFCPublish", status.FC_PUBLISH_START);
    const [name, mode] = command.args;
    const question = async (): Promise<RtmpPublication> =>
      this.#handler.publish({
        connectInfo,
        url: parseRequestUrl(connectInfo, name),
        publisherType,
        mode: typeof mode === "string" ? mode : "live",
      });
    this.#ask(question(), {
      accept: (publication) => {
        this.#publication = publication;
        this.#connection.setMessageSizeMax(this.#options.mediaSizeMax);
        this.#connection.setIdleTimeout(PUBLISH_TIMEOUT_MS);
        this.#notify("onStatus", status.PUBLISH_START);
      },
      refuse: (error) => this.#notify("onStatus", status.publishError(error)),
      tooLate: (publication) => publication.close(),
    });
  }

  #unpublish(command: RtmpCommand): void {
    const wasPublishing = this.#publication !== undefined;
    this.#stop();
    if (!wasPublishing) {
      this.#sendResult(command, undefined);
      return;
    }
    this.#notify("onFCUnpublish", status.FC_UNPUBLISH_SUCCESS);
    sendResult(this.#connection, command.transactionId, undefined, MESSAGE_STREAM_ID);
    this.#notify("onStatus", status.UNPUBLISH_SUCCESS);
  }

  #play(connectInfo: RtmpConnectInfo, command: RtmpCommand): void {
    this.#begins.take();
    this.#end();
    const [first, start, duration] = command.args;
    // play2 switches to the stream that its object names.
    const name = first instanceof AmfObject ? amfString(first, "streamName") : first;
    const hasEnd = command.name === "play" && typeof duration === "number" && duration > 0;
    const question = async (): Promise<RtmpPlayback> =>
      this.#handler.play({
        connectInfo,
        url: parseRequestUrl(connectInfo, name),
        start: typeof start === "number" ? start : -2,
        durationSeconds: hasEnd ? duration : undefined,
        bufferLengthMs: this.#bufferLengthMs,
      });
    this.#ask(question(), {
      accept: (playback) => this.#startPlayback(playback),
      refuse: (error) => this.#notify("onStatus", status.playError(error)),
      tooLate: (playback) => playback.close(),
    });
  }

  #startPlayback(playback: RtmpPlayback): void {
    this.#playback = playback; // It may be silent for ever.
    this.#sendUserControl(UserControlEvent.StreamBegin);
    this.#notify("onStatus", status.PLAY_RESET);
    this.#notify("onStatus", status.PLAY_START);
    this.#connection.send({
      typeId: RtmpMessageType.DataAmf0,
      timestamp: 0,
      messageStreamId: MESSAGE_STREAM_ID,
      chunkStreamId: ChunkStreamId.StreamCommand,
      payload: SAMPLE_ACCESS,
    });
    playback.start();
  }

  #pause(command: RtmpCommand): void {
    const playback = this.#playback;
    if (playback === undefined) {
      this.#answer(command);
    } else if (command.args[0] === true) {
      this.#notify("onStatus", status.PAUSE_NOTIFY);
      this.#sendUserControl(UserControlEvent.StreamEof);
      playback.pause();
    } else {
      this.#notify("onStatus", status.UNPAUSE_NOTIFY);
      this.#sendUserControl(UserControlEvent.StreamBegin);
      playback.unpause();
    }
  }

  #receiveData(message: RtmpMessage): void {
    if (this.#publication === undefined) return;
    const data = decodeData(message.typeId, message.payload);
    if (data === undefined) return;
    this.#publication.data(message.timestamp, data.name, data.payload);
  }

  // Inside ------------------------------------------------------------------------------------------

  /** Waits for the handler's answer, and lets the peer wait. */
  #ask<Answer>(question: Promise<Answer>, then: Continuation<Answer>): void {
    const connection = this.#connection;
    connection.hold();
    question.then(
      (answer) => {
        if (connection.isClosed) then.tooLate(answer);
        else connection.resolve(() => then.accept(answer));
      },
      (error: unknown) => {
        if (connection.isClosed) return;
        if (error instanceof RedirectError) {
          connection.resolve(() => this.#redirect(error));
        } else {
          then.refuse(error);
          connection.end(toError(error));
        }
      },
    );
  }

  /** SRS waits for a call before it closes, so that the peer has read where to go. */
  #redirect(redirect: RedirectError): void {
    sendNotice(this.#connection, "onStatus", status.redirectStatus(redirect), 0);
    this.#isRedirected = true;
    this.#waiting.reset();
    this.#waitingMsMax = REDIRECT_TIMEOUT_MS;
  }

  /** Ends a peer that has wanted nothing for too long; messages that lead nowhere do not count. */
  #checkWaiting(nowMs: number): void {
    const isActive = this.#publication !== undefined || this.#playback !== undefined;
    if (!this.#isOpen || isActive || this.#connection.isHeld) this.#waiting.reset();
    else if (this.#waiting.stalledMs(0, nowMs) < this.#waitingMsMax) return;
    else if (this.#isRedirected) this.#connection.end();
    else this.close(new TimeoutError("Cannot wait longer for the peer to publish or play"));
  }

  /** Ends what the peer does now; it may begin anew, as any kind of client. */
  #stop(): void {
    this.#publisher = new PublisherTypeGuess();
    this.#end();
  }

  #end(): void {
    const publication = this.#publication;
    const playback = this.#playback;
    this.#publication = undefined;
    this.#playback = undefined;
    if (publication === undefined && playback === undefined) return;
    this.#waiting.reset();
    this.#waitingMsMax = REPUBLISH_TIMEOUT_MS;
    if (publication !== undefined) {
      this.#connection.setMessageSizeMax(COMMAND_SIZE_MAX);
      this.#connection.setIdleTimeout(0);
      publication.close();
    }
    if (playback !== undefined) {
      playback.close();
      this.#connection.abandonShared();
    }
  }

  /** Answers a call that we have nothing to say to, if the caller waits for an answer. */
  #answer(command: RtmpCommand): void {
    if (command.transactionId > 0) this.#sendResult(command, null);
  }

  #sendResult(command: RtmpCommand, value: AmfValue): void {
    sendResult(this.#connection, command.transactionId, value);
  }

  #notify(name: string, information: AmfObject): void {
    sendNotice(this.#connection, name, information, MESSAGE_STREAM_ID);
  }

  #sendUserControl(event: UserControlEvent): void {
    const payload = encodeUserControl(event, MESSAGE_STREAM_ID);
    this.#connection.sendControl(RtmpMessageType.UserControl, payload);
  }
}
