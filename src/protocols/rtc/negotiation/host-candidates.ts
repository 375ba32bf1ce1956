/**
 * The candidates of a server whose sessions share one UDP port and one TCP port.
 *
 * Spec: RFC 8445, section 5.1.2.1 (priorities); RFC 6544, section 4.2 (those of TCP).
 *
 * @module
 */

import type { Candidate } from "../../../codec/sdp/candidate.ts";

/** An address at which this side can be reached, perhaps by way of a NAT. */
export interface HostEndpoint {
  readonly transport: "udp" | "tcp";
  /** IPv4 or IPv6, without brackets. */
  readonly address: string;
  readonly port: number;
}

const UDP_TYPE_PREFERENCE = 126;
/** Lower, so that TCP is what remains if UDP is blocked. */
const TCP_TYPE_PREFERENCE = 90;
const LOCAL_PREFERENCE_MAX = 0xffff;
/** RFC 6544: 2^13 * direction preference + other preference; passive is 4. */
const TCP_PASSIVE_PREFERENCE = (4 << 13) + 0x1fff;

/**
 * Candidates in the order of `endpoints`, the first with the highest priority. UDP of an IPv4 address
 * should be first: some clients look at no other.
 */
export function hostCandidates(endpoints: readonly HostEndpoint[]): readonly Candidate[] {
  return endpoints.map(({ transport, address, port }, index) => ({
    foundation: `${index}`,
    component: 1,
    transport,
    priority: transport === "udp" ? udpPriority(index) : tcpPriority(index),
    ...{ address, port, type: "host" },
    extensions:
      transport === "udp"
        ? [["generation", "0"]]
        : [
            ["tcptype", "passive"],
            ["generation", "0"],
          ],
  }));
}

function udpPriority(index: number): number {
  return priority(UDP_TYPE_PREFERENCE, LOCAL_PREFERENCE_MAX - index);
}

function tcpPriority(index: number): number {
  return priority(TCP_TYPE_PREFERENCE, TCP_PASSIVE_PREFERENCE - index);
}

/** Of component 1. */
function priority(typePreference: number, localPreference: number): number {
  return typePreference * 2 ** 24 + localPreference * 2 ** 8 + 255;
}
