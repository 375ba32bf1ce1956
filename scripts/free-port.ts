/**
 * Ports of this machine for servers that are tried out.
 *
 * @module
 */

import { createServer } from "node:net";

/** Below the kernel's range for outgoing connections, whose remains would keep a port busy. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;

/** In the environment: which part of the ports is for a process and its children, as in `2/7`. */
export const PORT_PART = "TEST_PORT_PART";

/** Of the part: what was given last. */
let latest: number | undefined;

/**
 * Finds a TCP port that nobody listens on, and that will not be found again for long: a server may be
 * started anew with the port that it had.
 */
export async function freePort(): Promise<number> {
  const [part = 1, partCount = 1] = (process.env[PORT_PART] ?? "1/1").split("/").map(Number);
  const count = Math.floor((PORT_MAX - PORT_MIN) / partCount);
  for (;;) {
    latest = latest === undefined ? Math.floor(Math.random() * count) : (latest + 1) % count;
    const port = PORT_MIN + (part - 1) * count + latest;
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
