/**
 * One port for two protocols that are told apart by how they begin.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { TcpHandler, TcpSocket } from "../runtime/runtime.ts";

/**
 * Waits for the first bytes, has somebody take the connection by them, and gives them to whoever has.
 * Who says nothing for `silentMs` milliseconds is disconnected.
 *
 * @param accept Sets the socket's handler.
 */
export function splitByFirstByte(
  socket: TcpSocket,
  clock: Pick<Clock, "setTimer">,
  silentMs: number,
  accept: (first: number) => void,
): void {
  const timer = clock.setTimer(silentMs, () => socket.destroy());
  const waiting: TcpHandler = {
    data: (bytes) => {
      const [first] = bytes;
      if (first === undefined) return;
      timer.cancel();
      accept(first);
      if (socket.handler !== waiting) socket.handler.data(bytes);
    },
    drain: () => undefined,
    close: () => timer.cancel(),
  };
  socket.handler = waiting;
}
