/**
 * Goal: connections are counted from accept to close, or to their takeover; those too many are told so
 * and not kept.
 *
 * Method: an account that counts, with room for one; clients in memory.
 */

import { expect, test } from "vitest";
import { RefusedError } from "../../../src/base/errors.ts";
import { TAKEN_OVER } from "../../../src/protocols/http/handler.ts";
import { type ConnectionAccount, HttpServer } from "../../../src/protocols/http/server.ts";
import { createSocketPair, ManualClock, type MemorySocket } from "../../../src/runtime/memory.ts";
import { CRYPTO, RecordingLogger, settle } from "../../support/http-peer.ts";
import { get, statuses } from "../../support/http-text.ts";

class Account implements ConnectionAccount {
  count = 0;
  toldCount = 0;

  enter(address: string): void {
    expect(address).toBe("127.0.0.1");
    if (this.count === 1) throw new RefusedError("too_many_connections", "Cannot take connection");
    this.count += 1;
  }

  leave(): void {
    this.count -= 1;
  }

  enterTold(): boolean {
    if (this.toldCount === 1) return false;
    this.toldCount += 1;
    return true;
  }

  leaveTold(): void {
    this.toldCount -= 1;
  }
}

interface Client {
  readonly socket: MemorySocket;
  text: string;
}

function start(): {
  account: Account;
  clock: ManualClock;
  server: HttpServer;
  connect: (received?: string) => Client;
} {
  const account = new Account();
  const clock = new ManualClock();
  const server = new HttpServer({
    handler: (request, context) => {
      if (request.path !== "/taken") return { status: 200 };
      context.takeOver({ data: () => undefined, drain: () => undefined, close: () => undefined });
      return TAKEN_OVER;
    },
    clock,
    logger: new RecordingLogger(),
    crypto: CRYPTO,
    serverName: "Sluice/1.2.3",
    account,
  });
  const connect = (received?: string): Client => {
    const [socket, serverSocket] = createSocketPair();
    const client: Client = { socket, text: "" };
    socket.handler = {
      data: (bytes) => {
        client.text += new TextDecoder().decode(bytes);
      },
      drain: () => undefined,
      close: () => undefined,
    };
    if (received === undefined) server.accept(serverSocket);
    else server.accept(serverSocket, new TextEncoder().encode(received));
    return client;
  };
  return { account, clock, server, connect };
}

test("counts a connection until it is closed", async () => {
  const { account, clock, connect } = start();
  const client = connect();
  expect(account.count).toBe(1);
  expect(clock.timerCount).toBe(1);
  client.socket.destroy();
  await settle();
  expect(account.count).toBe(0);
  expect(clock.timerCount).toBe(0);
});

test("counts a connection until it is taken over", async () => {
  const { account, clock, connect } = start();
  const client = connect();
  client.socket.write(new TextEncoder().encode(get("/taken")));
  await settle();
  expect(account.count).toBe(0);
  expect(clock.timerCount).toBe(0);
  expect(client.socket.isClosed).toBe(false);
});

test("starts with what somebody has read already", async () => {
  const { connect } = start();
  const client = connect(get("/"));
  await settle();
  expect(statuses(client.text)).toEqual([200]);
});

test("tells one too many so, and lets it go", async () => {
  const { account, clock, connect } = start();
  connect();
  const client = connect();
  expect(account).toMatchObject({ count: 1, toldCount: 1 });
  client.socket.write(new TextEncoder().encode(get("/")));
  await settle();
  expect(statuses(client.text)).toEqual([503]);
  clock.advance(1_000);
  await settle();
  expect(client.socket.isClosed).toBe(true);
  expect(account).toMatchObject({ count: 1, toldCount: 0 });
});

test("lets those go at once of whom there are far too many", async () => {
  const { connect } = start();
  connect();
  connect();
  const client = connect();
  await settle();
  expect(client.socket.isClosed).toBe(true);
  expect(client.text).toBe("");
});
