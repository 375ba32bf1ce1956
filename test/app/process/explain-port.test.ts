/**
 * Goal: who may not open a port below 1024 is told what to do, wherever the port is opened.
 *
 * Method: a network in memory on which those ports take a right.
 */

import { expect, test } from "vitest";
import { openExplained } from "../../../src/app/process/explain-port.ts";
import { checkPorts } from "../../../src/app/workers/ports.ts";
import { SystemError } from "../../../src/base/errors.ts";
import { MemoryNetwork } from "../../support/memory-network.ts";
import { MemoryServer, memoryConfig } from "../../support/memory-server.ts";

const PLACE = { host: "0.0.0.0", port: 80 };

test("a server says so when it starts", async () => {
  const server = new MemoryServer(memoryConfig({ listen: 935 }), { get: () => undefined });
  server.runtime.tcp.portMin = 1_024;
  const starting = server.sluice.start();
  await expect(starting).rejects.toMatchObject({ code: "EACCES" });
  await expect(starting).rejects.toThrow(
    /^Cannot listen on 0\.0\.0\.0:935: .*: ports below 1024 take a right: AmbientCap.*setcap.*`user`$/,
  );
  await server.sluice.stop();
});

test("so does the supervisor of several processes", async () => {
  const { tcp } = new MemoryNetwork().runtime;
  tcp.portMin = 1_024;
  await expect(checkPorts(tcp, [PLACE])).rejects.toThrow("ports below 1024 take a right");
});

test.each([
  ["EACCES", 80, "x: ports below 1024"],
  ["EPERM", 80, "x: ports below 1024"],
  ["EACCES", 1_935, "x: the system does not permit it"],
  ["EADDRINUSE", 80, "x"],
])("%s at %d", async (code, port, expected) => {
  const opening = Promise.reject(new SystemError(code, "x"));
  const explained = openExplained(opening, { host: "::", port }, "tcp");
  await expect(explained).rejects.toMatchObject({ code });
  await expect(explained).rejects.toThrow(expected);
});

test("what is no fault of the system stays as it is", async () => {
  const error = new Error("x");
  await expect(openExplained(Promise.reject(error), PLACE, "tcp")).rejects.toBe(error);
});
