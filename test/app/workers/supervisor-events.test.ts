/**
 * Goal: the supervisor tells of the server and of its workers, and of its own end before it ends those
 * who are to be told.
 *
 * Method: a supervisor in memory with workers that the test plays, asked at its socket for peers as
 * workers ask it.
 */

import { expect, onTestFinished, test } from "vitest";
import { folderOf, supervisorPath } from "../../../src/app/workers/socket-folder.ts";
import { HttpClient } from "../../../src/protocols/http/client.ts";
import { connectorTo, peerUrl } from "../../../src/services/cluster/peer.ts";
import { EventStreamParser } from "../../support/event-stream-parser.ts";
import { settle } from "../../support/memory-network.ts";
import { assignmentOf, NOTHING, PlayedServer } from "../../support/played-server.ts";

interface SupervisorReader extends EventStreamParser {
  isOver?: boolean;
}

/** Reads all that has happened since the start. */
async function read(server: PlayedServer): Promise<SupervisorReader> {
  const reader: SupervisorReader = new EventStreamParser();
  const path = supervisorPath(folderOf(assignmentOf(server.child(0))?.socketPath ?? ""));
  const peer = { name: "supervisor", address: { kind: "local", path } } as const;
  const { tcp, clock } = server.runtime;
  const decoder = new TextDecoder();
  const url = peerUrl("/events", { last_event_id: "none" });
  const over = (): void => {
    reader.isOver = true;
  };
  const exchange = new HttpClient({ tcp: connectorTo(tcp, peer), clock }).request(
    { url, timeoutMs: 60_000 },
    {
      head: ({ status }) => expect(status).toBe(200),
      data: (bytes) => reader.push(decoder.decode(bytes, { stream: true })),
      end: over,
      fail: over,
    },
  );
  onTestFinished(() => exchange.abort());
  await settle();
  return reader;
}

/** The type and those fields of all that has come. */
function seen(reader: EventStreamParser, ...fields: string[]): string[] {
  return reader.values.map((value) =>
    [value["type"], ...fields.map((field) => String(value[field]))].join(" "),
  );
}

test("workers that come and go, the server's begin and its end", async () => {
  const server = new PlayedServer();
  await server.start();
  const reader = await read(server);
  const [pid0, pid1] = server.children.map(({ pid }) => pid);
  expect(seen(reader, "worker", "pid", "workers")).toEqual([
    "events.missed null undefined undefined",
    `worker.started 0 ${pid0} undefined`,
    `worker.started 1 ${pid1} undefined`,
    `server.started null ${server.runtime.host.pid} 2`,
  ]);
  reader.events.splice(0);
  server.child(1).finish({ code: undefined, signal: "SIGKILL" });
  await server.advance(1_000, 100);
  const link = await server.report(server.child(2));
  link.tell({ type: "ready" });
  const event = { type: "server.stopping", isGraceful: true, timeMs: 1, worker: 1 } as const;
  link.tellEvent(event); // Whatever it is, it is passed on as it came.
  await server.advance(100, 20);
  expect(seen(reader, "worker", "code", "signal", "timeMs")).toEqual([
    expect.stringMatching(/^worker\.ended 1 null SIGKILL \d+$/),
    expect.stringMatching(/^worker\.started 1 undefined undefined \d+$/),
    "server.stopping 1 undefined undefined 1",
  ]);
  reader.events.splice(0);
  await server.finish(server.supervisor.stop());
  expect(seen(reader, "isGraceful")[0]).toBe("server.stopping false");
  expect(seen(reader).filter((type) => type === "worker.ended")).toHaveLength(2);
  expect(reader.isOver).toBe(true);
  expect(await server.leftovers()).toEqual(NOTHING);
});

test("a graceful end is told once, and does not wait for who reads", async () => {
  const server = new PlayedServer();
  await server.start();
  const reader = await read(server);
  reader.events.splice(0);
  const stopped = server.supervisor.stopGracefully();
  await settle(); // No time has passed.
  expect(seen(reader)).toEqual(["server.stopping"]);
  await server.advance(3_000);
  expect(server.orders).toEqual(["0 drain", "1 drain"]);
  for (const link of server.links) link.tell({ type: "drained" });
  await server.finish(stopped);
  expect(seen(reader, "isGraceful").filter((line) => line.startsWith("server"))).toEqual([
    "server.stopping true",
  ]);
  expect(await server.leftovers()).toEqual(NOTHING);
});
