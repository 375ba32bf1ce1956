/**
 * What tests need to see from outside: signals, uncaught errors, exits, and a listener that is stuck.
 * Started by test/runtime/support/probe.ts, with the name of a part and its arguments.
 *
 * @module
 */

import { createServer } from "node:net";
import { createRuntime } from "../../../src/runtime/detect.ts";
import type { SignalName, TlsIdentity } from "../../../src/runtime/runtime.ts";

const runtime = await createRuntime();
const { clock, host, processes, tcp, udp } = runtime;

const line = (text: string): void => host.print(`${text}\n`);

const idle = (): void => undefined;

const stayAlive = (): void => void clock.setInterval(60_000, () => undefined);

const parts: Record<string, (...args: string[]) => void | Promise<void>> = {
  /** Prints more than a pipe holds and exits at once. */
  print(size = "0") {
    host.print(`${"x".repeat(Number(size))}\n`);
    host.print("complaint\n", "stderr");
    host.exit(7);
  },

  arguments(...args) {
    line(JSON.stringify({ args, seen: host.arguments, environment: host.environment["PROBE"] }));
  },

  /** Serves sockets that it was started with. */
  async inherited(first = "", second = "") {
    const [web, rtc] = await Promise.all([first, second].map((n) => host.takeInherited(Number(n))));
    if (web?.transport !== "tcp" || rtc?.transport !== "udp") throw new Error("not inherited");
    const encoder = new TextEncoder();
    await tcp.listen(web, (socket) => {
      socket.handler = { data: idle, drain: idle, close: idle };
      socket.write(encoder.encode("hello by TCP"));
      socket.end();
    });
    const datagram = (_bytes: Uint8Array, address: string, port: number): void =>
      socket.send(encoder.encode("hello by UDP"), address, port);
    const socket = await udp.bind(rtc, { datagram, error: idle });
    stayAlive();
    line("ready");
  },

  /** Says which signals come, and ends at SIGTERM. */
  signals() {
    const names: SignalName[] = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2"];
    for (const name of names) host.onSignal(name, () => line(name));
    host.onSignal("SIGTERM", () => {
      line("SIGTERM");
      host.exit(0);
    });
    stayAlive();
    line("ready");
  },

  /** Goes on after an error and a rejection that nobody catches. */
  uncaught() {
    host.onUncaught((error) => line(`uncaught ${error instanceof Error ? error.message : error}`));
    clock.setTimer(0, () => {
      throw new Error("from a timer");
    });
    clock.setTimer(20, () => void Promise.reject(new Error("from a promise")));
    clock.setTimer(100, () => line("still here"));
    clock.setTimer(110, () => host.exit(0));
  },

  /** Goes on after a handler of a socket has thrown, and so does the socket. */
  async "throwing-handler"() {
    host.onUncaught((error) => line(`uncaught ${error instanceof Error ? error.message : error}`));
    const fail = (place: string) => (): void => {
      throw new Error(`in ${place}`);
    };
    const listener = await tcp.listen({ host: "127.0.0.1", port: 0 }, (socket) => {
      socket.handler = { data: fail("data"), drain: fail("drain"), close: fail("close") };
    });
    const options = { host: "127.0.0.1", port: listener.port, timeoutMs: 5000 };
    const client = await tcp.connect(options, { data: idle, drain: idle, close: idle });
    client.write(new Uint8Array(1));
    clock.setTimer(100, () => client.write(new Uint8Array(1)));
    clock.setTimer(200, () => client.end());
    clock.setTimer(300, () => host.exit(0));
  },

  /** Goes on after a handler of datagrams has thrown, and so does the socket. */
  async "throwing-datagram"() {
    host.onUncaught((error) => line(`uncaught ${error instanceof Error ? error.message : error}`));
    const socket = await udp.bind(
      { host: "127.0.0.1", port: 0 },
      {
        datagram: (bytes) => {
          throw new Error(`in datagram ${bytes[0]}`);
        },
        error: () => line("broken"),
      },
    );
    for (const value of [1, 2]) {
      clock.setTimer(value * 50, () => {
        socket.send(Uint8Array.of(value), "127.0.0.1", socket.port);
      });
    }
    clock.setTimer(200, () => host.exit(0));
  },

  /** Echoes what comes, to as many as come. */
  async echo() {
    const listener = await tcp.listen({ host: "127.0.0.1", port: 0 }, (socket) => {
      socket.handler = { data: (bytes) => socket.write(bytes), drain: idle, close: idle };
    });
    line(`port ${listener.port} `);
  },

  /** Listens, prints the port, and never turns the event loop again: nobody accepts. */
  "stuck-listener"() {
    const server = createServer();
    server.listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => {
      const address = server.address();
      line(`port ${typeof address === "object" ? address?.port : ""} `);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    });
  },

  /** Connects `count` times at once; gives up what takes longer than a second SYN would. */
  async crowd(port = "", count = "") {
    const options = { host: "127.0.0.1", port: Number(port), timeoutMs: 900 };
    const attempts = Array.from({ length: Number(count) }, () =>
      tcp.connect(options, { data: idle, drain: idle, close: idle }),
    );
    const outcomes = await Promise.allSettled(attempts);
    line(`${outcomes.filter(({ status }) => status === "fulfilled").length} connected`);
    host.exit(0);
  },

  /** Shares `port` with whoever else does; tells each that connects its process. */
  async "shared-listener"(port = "0") {
    const options = { host: "127.0.0.1", port: Number(port), reusePort: true };
    const listener = await tcp.listen(options, (socket) => {
      socket.write(new TextEncoder().encode(`${host.pid}\n`));
      socket.end();
    });
    line(`port ${listener.port} `);
  },

  /** Serves what it is handed: echoes behind its own words, with TLS if `identity` names it. */
  async worker(identity = "") {
    const tls = identity === "" ? {} : { tls: JSON.parse(identity) as TlsIdentity };
    const listener = await tcp.listen({ host: "::", port: 1, role: "take", ...tls }, (socket) => {
      socket.handler = { data: (bytes) => socket.write(bytes), drain: idle, close: idle };
      socket.write(new TextEncoder().encode(`${host.pid} to ${socket.remotePort}\n`));
    });
    host.onHandedOver((socket, tag) => {
      line(`got ${tag}`);
      if (tag === "refused") socket.destroy();
      else listener.take(socket);
    });
    line("ready");
  },

  async "local-listener"(path = "") {
    await tcp.listenLocal(path, idle);
    line("listening");
  },

  /** Starts itself again with what follows, and prints whatever that prints. */
  async again(...args) {
    const { path, args: first } = host.program;
    const child = await processes.spawn(path, [...first, ...args], {
      environment: host.environment,
      output: "inherit",
    });
    const { code = -1 } = await child.exited;
    line(`exited ${code}`);
  },

  /** Says where it is after it has gone to `path`. */
  folder(path = "") {
    try {
      host.changeFolder(path);
      line(host.workingFolder());
    } catch (error) {
      line(String(error));
    }
  },
};

const [name = "", ...args] = host.arguments;
await parts[name]?.(...args);
