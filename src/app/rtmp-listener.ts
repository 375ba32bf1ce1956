/**
 * An RTMP port.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import type { Tcp, TlsIdentity } from "../runtime/runtime.ts";
import type { RtmpServer } from "../servers/rtmp/server.ts";
import type { OpenPort, PortPlan } from "./server-ports.ts";

export interface RtmpListenerPorts {
  readonly rtmp: RtmpServer;
  readonly tcp: Pick<Tcp, "listen">;
  readonly logger: Logger;
}

/** See `OpenPortFunction`. @throws {SystemError} If the port cannot be had. */
export async function listenRtmp(
  { rtmp, tcp, logger }: RtmpListenerPorts,
  { endpoint: { host, port }, protocol }: PortPlan,
  tls: TlsIdentity | undefined,
  isEarly: boolean,
): Promise<OpenPort> {
  const options = tls === undefined ? { host, port } : { host, port, tls };
  let isOpen = isEarly;
  const listener = await tcp.listen(options, (socket) => {
    if (isOpen) rtmp.accept(socket);
    else socket.destroy();
  });
  return {
    number: listener.port,
    open: () => {
      isOpen = true;
      logger.info("listening", { protocol, address: listener.host, port: listener.port });
    },
    setTlsIdentity: (identity) => listener.setTlsIdentity(identity),
    setRoles: () => undefined,
    close: () => listener.close(),
  };
}
