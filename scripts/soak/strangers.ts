/**
 * Connections that are not meant well, or by nobody who knows the protocol.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import { sleep } from "../bench/processes.ts";
import type { Random } from "./random.ts";
import type { SoakServer } from "./server.ts";

/** Nobody stays longer. */
const STAY_MS_MAX = 4_000;
const NOISE_SIZE_MAX = 20_000;
/** RTMP: version byte and C1. */
const HANDSHAKE_SIZE = 1_537;

interface Stranger {
  readonly port: "rtmp" | "http" | "api";
  /** What is said, at once. */
  readonly say: (random: Random) => string | Buffer;
  /** Takes nothing of what is answered. */
  readonly isDeaf?: boolean;
}

const STRANGERS: readonly Stranger[] = [
  { port: "rtmp", say: () => "" },
  { port: "rtmp", say: (random) => random.bytes(random.integer(NOISE_SIZE_MAX)) },
  { port: "rtmp", say: (random) => handshake(random, random.integer(HANDSHAKE_SIZE)) },
  {
    port: "rtmp",
    say: (random) =>
      Buffer.concat([handshake(random, HANDSHAKE_SIZE), random.bytes(random.integer(4_000))]),
  },
  { port: "http", say: (random) => random.bytes(random.integer(NOISE_SIZE_MAX)) },
  { port: "http", say: () => "GET /live/nobody.flv HTTP/1.1\r\nHost: a\r\n" },
  { port: "http", say: () => "GET /live/nobody.flv HTTP/1.1\r\nHost: a\r\n\r\n", isDeaf: true },
  { port: "http", say: () => `GET / HTTP/1.1\r\nA: ${"a".repeat(NOISE_SIZE_MAX)}` },
  { port: "http", say: () => "GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50) },
  {
    port: "http",
    say: () =>
      "GET /a/b.flv HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
  },
  { port: "http", say: () => Buffer.from("16030100fa010000f60303", "hex") },
  {
    port: "api",
    say: () => "POST /api/v1/streams/ HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
  },
  { port: "api", say: () => "DELETE /api/v1/clients/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n" },
];

/** Sends one of them. @returns When it is gone. */
export async function sendStranger(server: SoakServer, random: Random): Promise<void> {
  const stranger = random.pick(STRANGERS);
  if (stranger === undefined) return;
  const stayMs = random.integer(STAY_MS_MAX);
  const isRude = random.integer(2) === 0;
  const words = stranger.say(random);
  const socket = connect(server.ports[stranger.port], "127.0.0.1");
  const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined); // A reset is a fair answer.
  if (stranger.isDeaf === true) socket.pause();
  else socket.resume();
  if (words.length > 0) socket.write(words);
  await Promise.race([gone, sleep(stayMs)]);
  leave(socket, isRude);
  await gone;
}

function leave(socket: Socket, isRude: boolean): void {
  if (isRude) socket.resetAndDestroy();
  else socket.destroy();
}

/** The first `size` bytes of a client's handshake. */
function handshake(random: Random, size: number): Buffer {
  const bytes = random.bytes(size);
  bytes.subarray(0, 9).fill(0); // Time, and the zero of a plain handshake.
  if (size > 0) bytes[0] = 3;
  return bytes;
}
