/**
 * Goal: whatever a request says, a peer is reached at its own address, on this machine or another.
 *
 * Method: a network in memory with one peer of each kind.
 */

import { expect, test } from "vitest";
import { connectorTo, type PeerAddress, peerUrl } from "../../../src/services/cluster/peer.ts";
import { MemoryNetwork, MemoryWire, settle } from "../../support/memory-network.ts";

test.each<[PeerAddress]>([
  [{ kind: "local", path: "/run/worker-1" }],
  [{ kind: "tcp", host: "10.0.0.2", port: 3_000 }],
])("%j", async (address) => {
  const { tcp } = new MemoryNetwork().runtime;
  const accepted: string[] = [];
  await tcp.listenLocal("/run/worker-1", () => accepted.push("local"));
  await tcp.listen({ host: "0.0.0.0", port: 3_000 }, () => accepted.push("tcp"));
  const hosts: string[] = [];
  const connect = tcp.connect.bind(tcp);
  tcp.connect = (options, handler) => {
    hosts.push(options.host);
    return connect(options, handler);
  };
  const connector = connectorTo(tcp, { name: "a peer", address });
  await connector.connect({ host: "peer", port: 80, timeoutMs: 1_000 }, new MemoryWire());
  await settle();
  expect(accepted).toEqual([address.kind]);
  expect(hosts).toEqual(address.kind === "tcp" ? ["10.0.0.2"] : []);
});

test("URLs say what is asked for, whatever is in it", () => {
  expect(peerUrl("/kick")).toBe("http://peer/kick");
  expect(peerUrl("/a", { url: "/live/a b&c" })).toBe("http://peer/a?url=%2Flive%2Fa+b%26c");
});
