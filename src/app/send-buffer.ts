/**
 * What the kernel holds for who does not read, on every port alike.
 *
 * @module
 */

import type { Tcp } from "../runtime/runtime.ts";

/** Listens as `tcp` does, with a send buffer of `size` bytes for each connection; 0: the kernel's. */
export function limitSendBuffer(tcp: Pick<Tcp, "listen">, size: number): Pick<Tcp, "listen"> {
  if (size === 0) return tcp;
  return {
    listen: (options, accept) => tcp.listen({ ...options, sendBufferSize: size }, accept),
  };
}
