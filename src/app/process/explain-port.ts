/**
 * Why a port cannot be had, and what to do.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { Endpoint } from "../../config/endpoint.ts";

/** From here on everybody may listen (Linux: net.ipv4.ip_unprivileged_port_start). */
const FREE_PORT_MIN = 1024;

/** What to do about a fault, to follow a colon; `undefined` where the fault says it all. */
export function explainPort(
  code: string,
  { host, port }: Endpoint,
  transport: "tcp" | "udp",
): string | undefined {
  switch (code) {
    case "EADDRINUSE":
      return `another program has it; ss -l${transport[0]}np 'sport = :${port}' says which`;
    case "EACCES":
    case "EPERM":
      return port < FREE_PORT_MIN
        ? `ports below ${FREE_PORT_MIN} take a right: AmbientCapabilities=CAP_NET_BIND_SERVICE or a socket unit of systemd, setcap cap_net_bind_service=+ep on the program, or start as root and set \`user\``
        : "the system does not permit it";
    case "EADDRNOTAVAIL":
      return `this machine does not have the address ${host}`;
    case "EAFNOSUPPORT":
      return "this machine has no IPv6";
    default:
      return undefined;
  }
}

/** Opens a port; what it takes a right for is explained. @throws {SystemError} */
export async function openExplained<Port>(
  opening: Promise<Port>,
  endpoint: Endpoint,
  transport: "tcp" | "udp",
): Promise<Port> {
  try {
    return await opening;
  } catch (error) {
    throw addAdvice(error, endpoint, transport);
  }
}

function addAdvice(cause: unknown, endpoint: Endpoint, transport: "tcp" | "udp"): unknown {
  if (!(cause instanceof SystemError) || !["EACCES", "EPERM"].includes(cause.code)) return cause;
  const advice = explainPort(cause.code, endpoint, transport) ?? "";
  return new SystemError(cause.code, `${cause.message}: ${advice}`, { cause });
}
