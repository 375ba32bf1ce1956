/**
 * Keeps a server that is fetched from out of this machine and its network: redirects, and the addresses
 * in playlists, are for that server to choose. Where the configuration itself leads inside, it may.
 *
 * @module
 */

import { ClosedError } from "../../base/errors.ts";
import type { Tcp, TcpHandler } from "../../runtime/runtime.ts";

/** This machine, private networks, and what is local to a link (RFC 6890). */
const INSIDE =
  /^(?:0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1?$|fe[89ab]|f[cd])/iu;

const NOBODY: TcpHandler = {
  data: () => undefined,
  drain: () => undefined,
  close: () => undefined,
};

/** Connects as `tcp` does: inside only if the first connection was. */
export function guardInside(tcp: Pick<Tcp, "connect">): Pick<Tcp, "connect"> {
  let mayEnter: boolean | undefined;
  return {
    connect: async (options, handler) => {
      const socket = await tcp.connect(options, handler);
      const isInside = INSIDE.test(socket.remoteAddress);
      mayEnter ??= isInside;
      if (!isInside || mayEnter) return socket;
      socket.handler = NOBODY;
      socket.destroy();
      throw new ClosedError("The server leads to an address of a private network");
    },
  };
}
