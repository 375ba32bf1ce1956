/**
 * HTTP-FLV and WebSocket-FLV players that look at what they are sent and keep nothing.
 *
 * @module
 */

import { ClosedError, ProtocolError, toError } from "../base/errors.ts";
import type { ResponseHead } from "../codec/http/response-head.ts";
import { encodeMaskedFrame, WebSocketOpcode } from "../codec/websocket/frame.ts";
import {
  encodeWebSocketKey,
  toAcceptKey,
  WEBSOCKET_VERSION,
} from "../codec/websocket/handshake.ts";
import {
  HttpClient,
  type HttpClientExchange,
  type ResponseReceiver,
} from "../protocols/http/client.ts";
import { SocketOutput } from "../protocols/http/socket-output.ts";
import type { TcpHandler, TcpSocket } from "../runtime/runtime.ts";
import { FlvWalker } from "./flv-walker.ts";
import { type FrameSink, FrameWalker } from "./frame-walker.ts";
import { CONNECT_TIMEOUT_MS, type Player, type PlayerPorts, type PlayerTarget } from "./player.ts";
import type { PlayerMeter } from "./player-meter.ts";

/** Connects and plays by HTTP. What becomes of it, the meter is told. */
export function startHttpFlvPlayer(ports: PlayerPorts, target: PlayerTarget): Player {
  const player = new HttpFlvPlayer(ports, target.meter);
  player.start(target);
  return player;
}

/** The same by WebSocket. */
export function startWsFlvPlayer(ports: PlayerPorts, target: PlayerTarget): Player {
  const player = new WsFlvPlayer(ports, target.meter);
  player.start(target);
  return player;
}

class HttpFlvPlayer implements Player, ResponseReceiver {
  readonly #ports: PlayerPorts;
  readonly #meter: PlayerMeter;
  readonly #walker: FlvWalker;
  #exchange: HttpClientExchange | undefined;

  constructor(ports: PlayerPorts, meter: PlayerMeter) {
    this.#ports = ports;
    this.#meter = meter;
    this.#walker = new FlvWalker(meter);
  }

  start({ url, tls }: PlayerTarget): void {
    this.#meter.start(this.#ports.clock.monotonicMs());
    const request = { url, tls, timeoutMs: CONNECT_TIMEOUT_MS };
    this.#exchange = new HttpClient(this.#ports).request(request, this);
  }

  pause(): void {
    this.#exchange?.pause();
  }

  resume(): void {
    this.#exchange?.resume();
  }

  stop(): void {
    this.#exchange?.abort();
  }

  // ResponseReceiver --------------------------------------------------------------------------------

  head({ status, reason }: ResponseHead): void {
    if (status === 200) this.#meter.connected(this.#ports.clock.monotonicMs());
    else this.#fail(new ProtocolError(`Cannot play: the server answered ${status} ${reason}`));
  }

  data(bytes: Uint8Array): void {
    this.#meter.received(bytes.length, this.#ports.clock.monotonicMs());
    try {
      this.#walker.walk(bytes, 0, bytes.length);
    } catch (error) {
      this.#fail(toError(error));
    }
  }

  end(): void {
    this.fail(new ClosedError("The server ended the stream"));
  }

  fail(error: Error): void {
    this.#meter.over(error, this.#ports.clock.monotonicMs());
  }

  #fail(error: Error): void {
    this.stop();
    this.fail(error);
  }
}

class WsFlvPlayer implements Player, ResponseReceiver, TcpHandler, FrameSink {
  readonly #ports: PlayerPorts;
  readonly #meter: PlayerMeter;
  readonly #walker: FlvWalker;
  readonly #frames: FrameWalker;
  #exchange: HttpClientExchange | undefined;
  #socket: TcpSocket | undefined;
  #output: SocketOutput | undefined;
  #accept = "";
  #isClosed = false;

  constructor(ports: PlayerPorts, meter: PlayerMeter) {
    this.#ports = ports;
    this.#meter = meter;
    this.#walker = new FlvWalker(meter);
    this.#frames = new FrameWalker(this);
  }

  start({ url, tls }: PlayerTarget): void {
    const { clock, crypto } = this.#ports;
    this.#meter.start(clock.monotonicMs());
    const key = encodeWebSocketKey(crypto.randomBytes(16));
    this.#accept = toAcceptKey(key, (data) => crypto.hash("sha1", data));
    const request = {
      url: url.replace(/^ws/i, "http"),
      tls,
      timeoutMs: CONNECT_TIMEOUT_MS,
      fields: [
        ["Upgrade", "websocket"],
        ["Sec-WebSocket-Version", WEBSOCKET_VERSION],
        ["Sec-WebSocket-Key", key],
      ] as const,
    };
    this.#exchange = new HttpClient(this.#ports).request(request, this);
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  stop(): void {
    this.#isClosed = true;
    this.#exchange?.abort();
    this.#socket?.destroy();
  }

  // ResponseReceiver --------------------------------------------------------------------------------

  head({ status, reason }: ResponseHead): void {
    this.fail(new ProtocolError(`Cannot open WebSocket: the server answered ${status} ${reason}`));
  }

  end(): void {
    this.close();
  }

  fail(error: Error): void {
    if (this.#isClosed) return;
    this.stop();
    this.#meter.over(error, this.#ports.clock.monotonicMs());
  }

  upgrade(head: ResponseHead, socket: TcpSocket, received: Uint8Array): void {
    this.#exchange = undefined;
    this.#socket = socket;
    this.#output = new SocketOutput(socket);
    socket.handler = this;
    if (head.fields.get("sec-websocket-accept") !== this.#accept) {
      this.fail(new ProtocolError("Cannot open WebSocket: the server's key is wrong"));
      return;
    }
    this.#meter.connected(this.#ports.clock.monotonicMs());
    if (received.length > 0) this.#walk(received);
  }

  // TcpHandler, and the body of an answer that refuses ----------------------------------------------

  data(bytes: Uint8Array): void {
    if (this.#socket !== undefined && !this.#isClosed) this.#walk(bytes);
  }

  drain(): void {
    this.#output?.drain();
  }

  close(error?: Error): void {
    this.fail(error ?? new ClosedError("Connection closed by the server"));
  }

  // FrameSink ---------------------------------------------------------------------------------------

  binary(bytes: Uint8Array, start: number, end: number): void {
    this.#walker.walk(bytes, start, end);
  }

  control(opcode: WebSocketOpcode, payload: Uint8Array): void {
    if (opcode === WebSocketOpcode.Ping) this.#send(WebSocketOpcode.Pong, payload);
    if (opcode !== WebSocketOpcode.Close) return;
    this.#send(WebSocketOpcode.Close, payload);
    throw new ClosedError("The server ended the stream");
  }

  #send(opcode: WebSocketOpcode, payload: Uint8Array): void {
    const key = this.#ports.crypto.randomBytes(4);
    this.#output?.write(encodeMaskedFrame(opcode, payload, key));
  }

  #walk(bytes: Uint8Array): void {
    this.#meter.received(bytes.length, this.#ports.clock.monotonicMs());
    try {
      this.#frames.walk(bytes, 0, bytes.length);
    } catch (error) {
      this.fail(toError(error));
    }
  }
}
