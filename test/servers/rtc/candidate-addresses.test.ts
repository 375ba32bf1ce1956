/**
 * Goal: clients are told addresses that lead to the server's ports: those that are named first, then
 * what is configured, then what the server finds; none twice, and never so many or so slowly that it
 * hurts.
 *
 * Method: rules, ports and questions of every kind, on a machine with three interfaces and some names.
 */

import { describe, expect, test } from "vitest";
import { MemoryHost } from "../../../src/runtime/memory/memory-host.ts";
import { ManualClock } from "../../../src/runtime/memory.ts";
import {
  CandidateAddresses,
  type CandidateQuestion,
  type CandidateRules,
  type MediaPorts,
} from "../../../src/servers/rtc/candidate-addresses.ts";

const RULES: CandidateRules = {
  protocol: "all",
  candidate: ["*"],
  ipFamily: "all",
  useAutoDetectNetworkIp: true,
  apiAsCandidates: true,
  resolveApiDomain: true,
  keepApiDomain: false,
};
const ANY: MediaPorts = { udp: [{ host: "::", port: 8000 }], tcp: [{ host: "::", port: 8443 }] };

const HOST = {
  addresses: [
    { address: "fd00::7", family: "ipv6", interfaceName: "eth0" },
    { address: "fe80::1", family: "ipv6", interfaceName: "eth0" },
    { address: "10.0.0.7", family: "ipv4", interfaceName: "eth0" },
    { address: "169.254.1.1", family: "ipv4", interfaceName: "eth0" },
  ],
  names: { "live.example.org": ["192.0.2.4", "2001:db8::4"], localhost: ["127.0.0.1"] },
} as const;

async function find(
  rules: Partial<CandidateRules> = {},
  question: Partial<CandidateQuestion> = {},
  ports: MediaPorts = ANY,
): Promise<readonly string[]> {
  const addresses = new CandidateAddresses(new MemoryHost(HOST), new ManualClock());
  const asked = { host: "127.0.0.1", named: [], ...question };
  const found = await addresses.find({ ...RULES, ...rules }, ports, asked);
  return found.map(({ transport, address, port }) => `${transport} ${address} ${port}`);
}

const udp = (rules: Partial<CandidateRules>, question?: Partial<CandidateQuestion>) =>
  find({ protocol: "udp", ...rules }, question);

describe("what the server finds", () => {
  test("is the host that was asked, then its own addresses, IPv4 first, for UDP and then TCP", async () => {
    expect(await find()).toEqual([
      "udp 127.0.0.1 8000",
      "udp 10.0.0.7 8000",
      "udp fd00::7 8000",
      "tcp 127.0.0.1 8443",
      "tcp 10.0.0.7 8443",
      "tcp fd00::7 8443",
    ]);
  });

  test.each([
    ["ipv4", ["udp 127.0.0.1 8000", "udp 10.0.0.7 8000"]],
    ["ipv6", ["udp 127.0.0.1 8000", "udp fd00::7 8000"]],
  ] as const)("is of one family: %s", async (ipFamily, expected) => {
    expect(await udp({ ipFamily })).toEqual(expected);
  });

  test("has one protocol, if that is set", async () => {
    expect((await find({ protocol: "tcp" })).map((one) => one.slice(0, 3))).toEqual(
      Array(3).fill("tcp"),
    );
  });

  test.each([
    ["127.0.0.1:8080", "127.0.0.1"],
    ["[2001:db8::1]:8080", "2001:db8::1"],
    ["2001:db8::1", "2001:db8::1"],
    ["192.0.2.9", "192.0.2.9"],
  ])("is the host without a port: %s", async (host, address) => {
    const found = await udp({ useAutoDetectNetworkIp: false }, { host });
    expect(found).toEqual([`udp ${address} 8000`]);
  });

  test("is a name's addresses, or the name, or both", async () => {
    const rules = { useAutoDetectNetworkIp: false };
    const question = { host: "live.example.org:443" };
    const addresses = ["udp 192.0.2.4 8000", "udp 2001:db8::4 8000"];
    const name = "udp live.example.org 8000";
    expect(await udp(rules, question)).toEqual(addresses);
    expect(await udp({ ...rules, keepApiDomain: true }, question)).toEqual([name, ...addresses]);
    const kept = { ...rules, keepApiDomain: true, resolveApiDomain: false };
    expect(await udp(kept, question)).toEqual([name]);
    expect(await udp({ ...rules, apiAsCandidates: false }, question)).toEqual([]);
  });

  test.each(["", "0.0.0.0", "[::]", "a b", "a\r\nb", "-", "\u00e4", "x".repeat(300)])(
    "is nothing for a host that is none: %j",
    async (host) => {
      expect(await udp({ useAutoDetectNetworkIp: false, keepApiDomain: true }, { host })).toEqual(
        [],
      );
    },
  );
});

describe("what is configured or named", () => {
  test("stands in place of what the server finds, unless a star is among it", async () => {
    expect(await udp({ candidate: ["203.0.113.5"] })).toEqual(["udp 203.0.113.5 8000"]);
    expect(await udp({ candidate: ["203.0.113.5", "*"] })).toEqual([
      "udp 203.0.113.5 8000",
      "udp 127.0.0.1 8000",
      "udp 10.0.0.7 8000",
      "udp fd00::7 8000",
    ]);
    for (const star of [["*"], ["0.0.0.0"], ["::"], []]) {
      expect(await udp({ candidate: star })).toHaveLength(3);
    }
  });

  test("has a port of its own, or that which is listened on", async () => {
    const candidate = ["203.0.113.5:18000", "[2001:db8::5]:18000", "live.example.org:1"];
    expect(await find({ candidate, protocol: "tcp" })).toEqual([
      "tcp 203.0.113.5 18000",
      "tcp 2001:db8::5 18000",
      "tcp 192.0.2.4 1",
      "tcp 2001:db8::4 1",
    ]);
  });

  test("by the request goes first, and nothing is told twice", async () => {
    const candidate = ["203.0.113.5", "198.51.100.1"];
    const named = ["198.51.100.1", "127.0.0.1:9"];
    expect(await udp({ candidate }, { named })).toEqual([
      "udp 198.51.100.1 8000",
      "udp 127.0.0.1 9",
      "udp 203.0.113.5 8000",
    ]);
  });

  test("that is nothing of the kind is left out", async () => {
    const named = [
      "",
      "a b",
      "live.example.org",
      "live.example.org:1",
      "1.2.3.4:99999x",
      "[",
      "[]:1",
      "::1:::",
    ];
    expect(await udp({ candidate: ["203.0.113.5"] }, { named })).toEqual(["udp 203.0.113.5 8000"]);
  });

  test("has a port that there is", async () => {
    for (const port of [0, 65_536, 99_999]) {
      const found = await udp({ candidate: ["203.0.113.5"] }, { named: [`192.0.2.1:${port}`] });
      expect(found, `${port}`).toEqual(["udp 203.0.113.5 8000"]);
    }
  });

  test("is bounded", async () => {
    const candidate = Array.from({ length: 100 }, (_, i) => `203.0.113.${i}`);
    expect(await udp({ candidate })).toHaveLength(16);
  });
});

describe("a port of one address", () => {
  const ports = { udp: [{ host: "10.0.0.7", port: 8000 }], tcp: [] };

  test("is found there alone", async () => {
    expect(await find({}, {}, ports)).toEqual(["udp 10.0.0.7 8000"]);
  });

  test("is found where somebody says, as behind a translator", async () => {
    expect(await find({ candidate: ["203.0.113.5"] }, {}, ports)).toEqual(["udp 203.0.113.5 8000"]);
    expect(await find({}, { named: ["203.0.113.6:1"] }, ports)).toEqual(["udp 203.0.113.6 1"]);
  });

  test("of IPv4 is not found by IPv6", async () => {
    const any = { udp: [{ host: "0.0.0.0", port: 8000 }], tcp: [] };
    expect(await find({}, {}, any)).toEqual(["udp 127.0.0.1 8000", "udp 10.0.0.7 8000"]);
  });
});

describe("names", () => {
  class CountingHost extends MemoryHost {
    readonly asked: string[] = [];
    answer: (name: string) => Promise<readonly string[]> = async () => ["192.0.2.4"];

    override resolve(name: string): Promise<readonly string[]> {
      this.asked.push(name);
      return this.answer(name);
    }
  }

  const rules = { ...RULES, protocol: "udp", candidate: ["a.example.org"] } as const;
  const question = { host: "127.0.0.1", named: [] };

  test("are asked for again after half a minute", async () => {
    const host = new CountingHost({});
    const clock = new ManualClock();
    const addresses = new CandidateAddresses(host, clock);
    for (const passedMs of [0, 29_000, 2_000]) {
      clock.advance(passedMs);
      expect(await addresses.find(rules, ANY, question)).toHaveLength(1);
    }
    expect(host.asked).toEqual(["a.example.org", "a.example.org"]);
    expect(clock.timerCount).toBe(0);
  });

  test("that nobody answers for hold nobody up for longer than two seconds", async () => {
    const host = new CountingHost({});
    host.answer = () => new Promise(() => undefined);
    const clock = new ManualClock();
    const finding = new CandidateAddresses(host, clock).find(rules, ANY, question);
    await Promise.resolve();
    clock.advance(2_000);
    expect(await finding).toEqual([]);
  });

  test("that cannot be looked up are left out", async () => {
    const host = new CountingHost({});
    host.answer = () => Promise.reject(new Error("no"));
    const found = new CandidateAddresses(host, new ManualClock()).find(rules, ANY, question);
    expect(await found).toEqual([]);
  });

  test("that a request makes up are not looked up", async () => {
    const host = new CountingHost({});
    const addresses = new CandidateAddresses(host, new ManualClock());
    const named = ["b.example.org", "c.example.org:80"];
    expect(await addresses.find(rules, ANY, { ...question, named })).toHaveLength(1);
    expect(host.asked).toEqual(["a.example.org"]);
  });

  test("of hosts that are asked for are looked up two at a time", async () => {
    const host = new CountingHost({});
    const answers: (() => void)[] = [];
    host.answer = () => new Promise((resolve) => answers.push(() => resolve(["192.0.2.4"])));
    const addresses = new CandidateAddresses(host, new ManualClock());
    const ask = (name: string) =>
      addresses.find({ ...RULES, useAutoDetectNetworkIp: false }, ANY, {
        ...question,
        host: name,
      });
    const asked = ["a.org", "b.org", "c.org", "a.org"].map(ask);
    expect(host.asked).toEqual(["a.org", "b.org"]);
    expect(await asked[2]).toEqual([]);
    for (const answer of answers) answer();
    expect((await Promise.all(asked)).map(({ length }) => length)).toEqual([2, 2, 0, 2]);
    const later = ask("c.org");
    expect(host.asked).toEqual(["a.org", "b.org", "c.org"]);
    answers.at(-1)?.();
    expect(await later).toHaveLength(2);
  });

  test("that are configured are kept, whatever hosts are asked for, and all looked up at once", async () => {
    const host = new CountingHost({});
    const addresses = new CandidateAddresses(host, new ManualClock());
    const candidate = ["a.example.org", "b.example.org", "c.example.org", "*"];
    for (let i = 0; i < 200; i++) {
      await addresses.find({ ...rules, candidate }, ANY, { ...question, host: `h${i}.org` });
    }
    expect(host.asked.filter((name) => name.endsWith(".example.org"))).toHaveLength(3);
    expect(host.asked).toHaveLength(203);
    expect(host.asked.slice(0, 4).sort()).toEqual([...candidate.slice(0, 3), "h0.org"]);
  });
});
