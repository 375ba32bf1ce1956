/**
 * Goal: a configuration whose certificate is none is refused before anything of it is in force; nobody
 * is told of a port that is not there yet.
 *
 * Method: ports that are recorded, one of which takes no further certificate.
 */

import { expect, test } from "vitest";
import { type OpenPort, planPorts, ServerPorts } from "../../src/app/server-ports.ts";
import { SystemError } from "../../src/base/errors.ts";
import type { TlsIdentity } from "../../src/runtime/runtime.ts";
import { memoryConfig } from "../support/memory-server.ts";

class RecordedPort implements OpenPort {
  readonly number = 1935;
  isOpen = false;
  isClosed = false;
  readonly isEarly: boolean;
  isBroken = false;
  readonly certificates: string[] = [];

  constructor(isEarly: boolean) {
    this.isEarly = isEarly;
  }

  open(): void {
    this.isOpen = true;
  }

  setTlsIdentity({ certificate }: TlsIdentity): void {
    if (this.isBroken) throw new SystemError("EINVAL", "Cannot use the certificate: not PEM");
    this.certificates.push(certificate);
  }

  setRoles(): void {}

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

test("a certificate that cannot be used changes no port", async () => {
  const opened: RecordedPort[] = [];
  const ports = new ServerPorts(
    { readText: async () => "PEM" },
    async (_plan, _identity, isEarly) => {
      const port = new RecordedPort(isEarly);
      opened.push(port);
      return port;
    },
  );
  const rtmps = { enabled: true, listen: 1443, cert: "a.crt", key: "a.key" };
  const http = { http_server: { enabled: false }, http_api: { enabled: false } };
  await (await ports.prepare(memoryConfig({ listen: 1935, rtmps, ...http }))).commit();
  const [plain, secure] = opened;
  if (plain === undefined || secure === undefined) throw new Error("There are two ports");
  secure.isBroken = true;
  const next = memoryConfig({ listen: 1936, rtmps, ...http });
  await expect(ports.prepare(next)).rejects.toThrow("not PEM");
  expect(opened.map(({ isClosed }) => isClosed)).toEqual([false, false, true]);
  secure.isBroken = false;
  await (await ports.prepare(next)).commit();
  expect(secure.certificates).toEqual(["PEM"]);
  expect(opened.map(({ isClosed }) => isClosed)).toEqual([true, false, true, false]);
  // Nobody has been let in by the port that was given up.
  expect(opened.map(({ isOpen }) => isOpen)).toEqual([true, true, false, true]);
  // A server that starts takes who comes early, as others may serve the same ports.
  expect(opened.map(({ isEarly }) => isEarly)).toEqual([true, true, false, false]);
  await ports.close();
  expect(opened.every(({ isClosed }) => isClosed)).toBe(true);
});

test("ports of WebRTC open before those of HTTP, whose first answers name them", () => {
  const plans = planPorts(memoryConfig({ rtc_server: { enabled: true, listen: 8000 } }));
  const protocols = plans.map(({ protocol }) => protocol);
  expect(protocols.slice(protocols.indexOf("webrtc-udp"))).toEqual([
    ...["webrtc-udp", "webrtc-tcp", "http", "http"],
  ]);
});

test("what is given up leaves the certificates that were in use", async () => {
  const opened: RecordedPort[] = [];
  let text = "old";
  const ports = new ServerPorts(
    { readText: async () => text },
    async (_plan, _identity, isEarly) => {
      const port = new RecordedPort(isEarly);
      opened.push(port);
      return port;
    },
  );
  const rtmps = { enabled: true, listen: 1443, cert: "a.crt", key: "a.key" };
  const http = { http_server: { enabled: false }, http_api: { enabled: false } };
  const config = memoryConfig({ listen: [], rtmps, ...http });
  await (await ports.prepare(config)).commit();
  text = "new";
  await (await ports.prepare(config)).giveUp();
  expect(opened.map(({ certificates }) => certificates)).toEqual([["new", "old"]]);
  await (await ports.prepare(config)).commit();
  await (await ports.prepare(config)).giveUp();
  expect(opened[0]?.certificates.slice(2)).toEqual(["new", "new", "new"]);
});
