/**
 * A service manager in small, for Bun: opens a port of TCP and one of UDP, starts a program with them
 * (sd_listen_fds(3)), and prints what the program tells it (sd_notify(3)) and what becomes of it, an
 * object of JSON a line. It opens sockets and does not read them, for which Bun itself has no way.
 *
 * Reads commands from its standard input, a line each: `start`, or the name of a signal.
 *
 * @module
 */

import { dlopen, FFIType } from "bun:ffi";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";

// Linux, x86-64 and ARM.
const [AF_UNIX, AF_INET, SOCK_STREAM, SOCK_DGRAM] = [1, 2, 1, 2];
const [SOL_SOCKET, SO_REUSEADDR, MSG_DONTWAIT, SOCK_CLOEXEC] = [1, 2, 0x40, 0o2_000_000];
const BACKLOG = 128;
const POLL_MS = 5;

const { i32, ptr, u64 } = FFIType;
const libc = dlopen("libc.so.6", {
  socket: { args: [i32, i32, i32], returns: i32 },
  setsockopt: { args: [i32, i32, i32, ptr, i32], returns: i32 },
  bind: { args: [i32, ptr, i32], returns: i32 },
  listen: { args: [i32, i32], returns: i32 },
  recv: { args: [i32, ptr, u64, i32], returns: i32 },
}).symbols;

const [tcpPort = "", udpPort = "", notifyPath = "", watchdogUs = "", ...command] =
  process.argv.slice(2);

function open(domain: number, type: number, address: Uint8Array): number {
  const fd = libc.socket(domain, type | SOCK_CLOEXEC, 0);
  libc.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, Int32Array.of(1), 4);
  if (libc.bind(fd, address, address.length) !== 0) throw new Error("Cannot bind");
  return fd;
}

/** A `sockaddr_in` of every address. */
function inetAddress(port: number): Uint8Array {
  return Uint8Array.from([AF_INET, 0, port >> 8, port & 0xff, ...new Array(12).fill(0)]);
}

function unixAddress(path: string): Uint8Array {
  const name = new TextEncoder().encode(path.replace("@", "\0"));
  return Uint8Array.from([AF_UNIX, 0, ...name, ...(path.startsWith("@") ? [] : [0])]);
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

const tcp = open(AF_INET, SOCK_STREAM, inetAddress(Number(tcpPort)));
libc.listen(tcp, BACKLOG);
const udp = open(AF_INET, SOCK_DGRAM, inetAddress(Number(udpPort)));
const notify = open(AF_UNIX, SOCK_DGRAM, unixAddress(notifyPath));

let child: ChildProcess | undefined;

function start(): void {
  // Only the program's own process knows its id before it begins.
  const script = 'LISTEN_PID=$$ exec "$@"';
  child = spawn("/bin/sh", ["-c", script, "sh", ...command], {
    env: {
      ...process.env,
      ...{ LISTEN_FDS: "2", LISTEN_FDNAMES: "main:rtc", NOTIFY_SOCKET: notifyPath },
      ...(watchdogUs === "" ? {} : { WATCHDOG_USEC: watchdogUs }),
    },
    stdio: ["ignore", "ignore", "inherit", tcp, udp],
  });
  print({ started: child.pid });
  child.on("exit", (code, signal) => print({ ended: code ?? signal }));
}

const buffer = new Uint8Array(65_536);
setInterval(() => {
  for (;;) {
    const size = libc.recv(notify, buffer, buffer.length, MSG_DONTWAIT);
    if (size <= 0) return;
    print({ told: new TextDecoder().decode(buffer.subarray(0, size)) });
  }
}, POLL_MS);

const commands = createInterface({ input: process.stdin });
commands.on("line", (line) => {
  if (line === "start") start();
  else child?.kill(line as NodeJS.Signals);
});
commands.on("close", () => {
  child?.kill("SIGKILL");
  process.exit(0);
});
