/**
 * What makes a process one of several that are one server to the outside.
 *
 * @module
 */

import type { Logger } from "../../base/logger.ts";
import type { ConnectionLimit } from "../../live/connection-limit.ts";
import type { RecordedEvent } from "../../live/server-event.ts";
import type { ServerIdentity } from "../../live/server-identity.ts";
import type { ServerView } from "../../live/server-view.ts";
import type { StreamClaims } from "../../live/stream-claims.ts";
import type { StreamHub } from "../../live/stream-hub.ts";
import type { TotalsReport } from "../../live/totals.ts";
import type { Runtime, Tcp } from "../../runtime/runtime.ts";
import { ClusterView } from "../../services/cluster/cluster-view.ts";
import type { Peers } from "../../services/cluster/peer.ts";
import { type PackagedHere, PeerServer, type RtcHere } from "../../services/cluster/peer-server.ts";
import { RelaySource, type RtcRelaySource } from "../../services/cluster/relay-source.ts";
import { Relays } from "../../services/cluster/relays.ts";
import type { StreamDirectory } from "../../services/cluster/stream-directory.ts";
import type { Disposal } from "../disposal.ts";

export interface Membership {
  /** From 0. The first does what is to be done once for the whole server. */
  readonly worker: number;
  readonly workerCount: number;
  /** Its name among its peers. */
  readonly name: string;
  /** The server's, whichever process answers. */
  readonly identity: ServerIdentity;
  readonly claims: StreamClaims;
  readonly directory: StreamDirectory & Peers;
  /** How to listen on the server's ports, which the others have as well. */
  readonly ports: Pick<Tcp, "listen">;
  /** The local socket for peers. */
  readonly peerPath: string;
  /** Peers can come. */
  listening(): void;
  /** Tells what this process has come to so far. */
  tellTotals(totals: TotalsReport): void;
  /** Tells whoever puts the events of all processes in order. */
  tellEvent(event: RecordedEvent): void;
  /** Connections here count together with those of the others. */
  join(connections: ConnectionLimit): void;
}

/** The parts of this process that have to do with the others. */
export interface MemberParts {
  readonly hub: StreamHub;
  readonly connections: ConnectionLimit;
  /** What this process alone knows. */
  readonly view: ServerView;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly disposal: Disposal;
  readonly packaged: PackagedHere;
  readonly rtc: RtcHere;
  readonly rtcStreams: RtcRelaySource;
}

/**
 * Gives the others what is published here, and brings here what they publish.
 *
 * @returns What all processes together know.
 * @throws {SystemError} If the socket for peers cannot be had.
 */
export async function joinServer(membership: Membership, parts: MemberParts): Promise<ServerView> {
  const { name, directory, peerPath } = membership;
  const { hub, connections, view, runtime, logger, disposal, packaged, rtc, rtcStreams } = parts;
  const { tcp, clock, crypto } = runtime;
  const source = new RelaySource({ hub, clock, logger, rtcStreams });
  const server = new PeerServer({ view, source, packaged, rtc, clock, logger, crypto });
  disposal.add("peers", () => server.close());
  await server.listen(tcp, peerPath);
  const relays = new Relays({ hub, directory, tcp, clock, logger });
  disposal.add("relays", () => relays.close());
  membership.join(connections);
  membership.listening();
  return new ClusterView({ name, local: view, peers: directory, tcp, clock, logger });
}
