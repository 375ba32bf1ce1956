/**
 * At which addresses WebRTC clients would be told to find the server.
 *
 * @module
 */

import { isIpv4, isIpv6 } from "../../base/ip-address.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { CandidateAddresses } from "../../servers/rtc/candidate-addresses.ts";
import { isPublicAddress } from "../../services/machine/public-address.ts";
import { type DoctorContext, type DoctorFinding, findingsOf } from "./finding.ts";

export async function checkAddresses({ config, runtime }: DoctorContext): Promise<DoctorFinding[]> {
  const { rtcServer } = config;
  if (!rtcServer.enabled) return [];
  const { ok, warning, problem } = findingsOf("addresses");
  const { listen: udp, tcp } = rtcServer;
  const finder = new CandidateAddresses(runtime.host, runtime.clock);
  const ports = { udp, tcp: tcp.enabled ? tcp.listen : [] };
  const offered = await finder.find(rtcServer, ports, { host: "", named: [] });
  const unknown = await unresolved(rtcServer.candidate, runtime);
  const found = unknown.map((name) => problem(`rtc_server.candidate: ${name} has no address`));
  const asked = rtcServer.apiAsCandidates ? ", besides the address at which it asks by HTTP" : "";
  if (offered.length === 0) {
    const text = `WebRTC clients are told of no address${asked}: set rtc_server.candidate`;
    return [...found, rtcServer.apiAsCandidates ? warning(text) : problem(text)];
  }
  const list = offered.map(({ transport, address, port }) => {
    return `${isIpv6(address) ? `[${address}]` : address}:${port}/${transport}`;
  });
  const told = `A WebRTC client is told of ${list.join(", ")}${asked}`;
  const isPublic = offered.some(({ address }) => isPublicAddress(address));
  const hint = "behind NAT, set rtc_server.candidate to the address that the Internet sees";
  found.push(isPublic ? ok(told) : warning(`${told}. All of them are private: ${hint}`));
  const isV4Only = udp.every(({ host }) => isIpv4(host));
  if (isV4Only && hasPublicIpv6(runtime)) {
    found.push(
      warning('This machine has IPv6, and WebRTC does not: set rtc_server.listen: "[::]:8000"'),
    );
  }
  return found;
}

function hasPublicIpv6({ host }: Runtime): boolean {
  return host.addresses().some(({ address, family }) => {
    return family === "ipv6" && isPublicAddress(address);
  });
}

/** Names among the candidates that nobody knows. */
async function unresolved(
  candidates: readonly string[],
  { host }: Runtime,
): Promise<readonly string[]> {
  const names = candidates
    .map((text) => text.replace(/^([^:]*):\d+$/, "$1"))
    .filter((name) => name !== "*" && !isIpv4(name) && !name.includes(":"));
  const known = await Promise.all(names.map(async (name) => (await host.resolve(name)).length > 0));
  return names.filter((_, index) => !known[index]);
}
