/**
 * The least that any server must do: hand the same bytes to each viewer, one send per viewer and
 * window. What a real server costs is given as a multiple of this.
 *
 * Loops an FLV file in real time. A viewer that connects is answered with the head of an HTTP
 * response and then gets what is sent from there on; nothing is remembered of it but its socket.
 *
 * Runs on Bun. Usage: bare-loop.ts PORT FILE WINDOW_MS (0: each tag is sent by itself)
 *
 * @module
 */

import { readFileSync } from "node:fs";

const [port = "0", path = "", windowText = "350"] = process.argv.slice(2);
const windowMs = Number(windowText);
const TICK_MS = 5;
const FILE_HEADER_SIZE = 13;
const TAG_HEADER_SIZE = 11;
const PREVIOUS_TAG_SIZE = 4;

const file = readFileSync(path);

/** Where each tag that is due at a time ends, in the order of the file. */
function readTags(): { ms: number; start: number; end: number }[] {
  const tags = [];
  for (let start = FILE_HEADER_SIZE; start + TAG_HEADER_SIZE < file.length; ) {
    const end = start + TAG_HEADER_SIZE + file.readUIntBE(start + 1, 3) + PREVIOUS_TAG_SIZE;
    tags.push({ ms: file.readUIntBE(start + 4, 3) + (file[start + 7] ?? 0) * 2 ** 24, start, end });
    start = end;
  }
  return tags;
}

const tags = readTags();
const lastMs = tags.at(-1)?.ms ?? 0;
const periodMs = lastMs + lastMs / tags.length;
const sockets = new Set<Bun.Socket>();

Bun.listen({
  hostname: "127.0.0.1",
  port: Number(port),
  socket: {
    data: (socket) => {
      if (sockets.has(socket)) return;
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n");
      socket.write(file.subarray(0, FILE_HEADER_SIZE));
      sockets.add(socket);
    },
    close: (socket) => void sockets.delete(socket),
  },
});

function send(start: number, end: number): void {
  const block = file.subarray(start, end);
  for (const socket of sockets) socket.write(block);
}

const startMs = performance.now();
let loopMs = 0;
let index = 0;
let flushedMs = 0;
setInterval(() => {
  const nowMs = performance.now() - startMs;
  if (nowMs - flushedMs < windowMs) return;
  flushedMs = windowMs === 0 ? nowMs : nowMs - (nowMs % windowMs);
  let first = index;
  for (;;) {
    const tag = tags[index];
    if (tag === undefined) {
      send(tags[first]?.start ?? file.length, file.length);
      index = 0;
      first = 0;
      loopMs += periodMs;
    } else if (loopMs + tag.ms > nowMs) {
      break;
    } else {
      index += 1;
      if (windowMs > 0) continue;
      send(tag.start, tag.end);
      first = index;
    }
  }
  const end = tags[index - 1]?.end;
  if (windowMs > 0 && end !== undefined && index > first) send(tags[first]?.start ?? 0, end);
}, TICK_MS);
