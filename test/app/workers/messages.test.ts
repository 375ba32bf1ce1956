/**
 * Goal: each message means the same at both ends, as the lines written out here say, and nothing else
 * is taken for one.
 *
 * Method: one table serves both directions; a table of lines that are nearly right; seeded noise. A
 * configuration comes out of a welcome as it went in.
 */

import { describe, expect, test } from "vitest";
import {
  decodeSupervisorMessage,
  decodeWorkerMessage,
  encodeMessage,
  type SupervisorMessage,
  type WorkerMessage,
} from "../../../src/app/workers/messages.ts";
import { MalformedError } from "../../../src/base/errors.ts";
import { memoryConfig } from "../../support/memory-server.ts";
import { noise } from "../../support/noise.ts";

const IDENTITY = { serverId: "vid-abcdefg", serviceId: "01234567", pid: "7", programKey: "k" };

const FROM_WORKER: readonly (readonly [string, WorkerMessage])[] = [
  ['{"type":"hello","worker":1,"pid":4242}', { type: "hello", worker: 1, pid: 4242 }],
  ['{"type":"listening","path":"/tmp/a/b"}', { type: "listening", path: "/tmp/a/b" }],
  ['{"type":"ready"}', { type: "ready" }],
  ['{"type":"failed","message":"no"}', { type: "failed", message: "no" }],
  ['{"type":"claim","request":3,"url":"/live/a"}', { type: "claim", request: 3, url: "/live/a" }],
  ['{"type":"release","claim":9}', { type: "release", claim: 9 }],
  [
    '{"type":"counts","connections":5,"addresses":{"::1":2}}',
    { type: "counts", connections: 5, addresses: { "::1": 2 } },
  ],
  ['{"type":"drained"}', { type: "drained" }],
];

const FROM_SUPERVISOR: readonly (readonly [string, SupervisorMessage])[] = [
  ['{"type":"peer","name":"worker 1","path":"/a"}', { type: "peer", name: "worker 1", path: "/a" }],
  ['{"type":"peer","name":"worker 1","path":null}', { type: "peer", name: "worker 1", path: null }],
  [
    '{"type":"owner","url":"/live/a","peer":"worker 1","claim":2}',
    { type: "owner", url: "/live/a", peer: "worker 1", claim: 2 },
  ],
  [
    '{"type":"owner","url":"/live/a","peer":null,"claim":2}',
    { type: "owner", url: "/live/a", peer: null, claim: 2 },
  ],
  ['{"type":"claimed","request":3,"claim":9}', { type: "claimed", request: 3, claim: 9 }],
  ['{"type":"busy","request":3}', { type: "busy", request: 3 }],
  [
    '{"type":"elsewhere","connections":0,"addresses":{}}',
    { type: "elsewhere", connections: 0, addresses: {} },
  ],
  ['{"type":"drain"}', { type: "drain" }],
  ['{"type":"stop"}', { type: "stop" }],
  ['{"type":"reopen"}', { type: "reopen" }],
];

const WRONG_FROM_WORKER = [
  '{"type":"hello","worker":1}',
  '{"type":"hello","worker":"1","pid":4242}',
  '{"type":"hello","worker":-1,"pid":4242}',
  '{"type":"listening"}',
  '{"type":"listening","path":null}',
  '{"type":"failed","message":1}',
  '{"type":"claim","request":3,"url":["/live/a"]}',
  '{"type":"claim","request":0.5,"url":"/live/a"}',
  '{"type":"release","claim":1e300}',
  '{"type":"counts","connections":5}',
  '{"type":"counts","connections":5,"addresses":[1]}',
  '{"type":"counts","connections":5,"addresses":null}',
  '{"type":"counts","connections":5,"addresses":{"a":-1}}',
  '{"type":"counts","connections":5,"addresses":{"a":"1"}}',
];

const WRONG_FROM_SUPERVISOR = [
  '{"type":"peer","name":"worker 1"}',
  '{"type":"peer","path":"/a"}',
  '{"type":"peer","name":"worker 1","path":5}',
  '{"type":"owner","url":"/live/a","peer":"worker 1"}',
  '{"type":"owner","url":"/live/a","peer":{},"claim":2}',
  '{"type":"owner","url":null,"peer":null,"claim":2}',
  '{"type":"claimed","request":3}',
  '{"type":"busy","request":null}',
  '{"type":"elsewhere","connections":true,"addresses":{}}',
];

interface Direction {
  readonly decode: (line: string) => WorkerMessage | SupervisorMessage;
  readonly table: readonly (readonly [string, WorkerMessage | SupervisorMessage])[];
  readonly wrong: readonly string[];
  readonly others: readonly (readonly [string, WorkerMessage | SupervisorMessage])[];
}

const DIRECTIONS: readonly Direction[] = [
  {
    decode: decodeWorkerMessage,
    table: FROM_WORKER,
    wrong: WRONG_FROM_WORKER,
    others: FROM_SUPERVISOR,
  },
  {
    decode: decodeSupervisorMessage,
    table: FROM_SUPERVISOR,
    wrong: WRONG_FROM_SUPERVISOR,
    others: FROM_WORKER,
  },
];

describe.each(DIRECTIONS)("messages", ({ decode, table, wrong, others }) => {
  test.each(table)("%s", (line, message) => {
    expect(new TextDecoder().decode(encodeMessage(message))).toBe(`${line}\n`);
    expect(decode(line)).toEqual(message);
  });

  test.each(others)("the other side's are refused: %s", (line) => {
    expect(() => decode(line)).toThrow(MalformedError);
  });

  test.each(wrong)("of wrong fields are refused: %s", (line) => {
    expect(() => decode(line)).toThrow(MalformedError);
  });

  test("noise and other JSON are refused", () => {
    const texts = ["", "null", "1", "[]", '"ready"', "{}", '{"type":1}', '{"type":"toString"}'];
    for (const bytes of noise(300, 40)) texts.push(new TextDecoder().decode(bytes));
    for (const text of texts) expect(() => decode(text), text).toThrow(MalformedError);
  });
});

test("a configuration survives the welcome", () => {
  const config = memoryConfig({
    workers: "auto",
    vhosts: { __defaultVhost__: {}, "other.example": { play: { gop_cache: false } } },
  });
  const shared = { sharing: "reusePort", workers: 2 } as const;
  const welcome = { type: "welcome", config, identity: IDENTITY, ...shared } as const;
  const line = new TextDecoder().decode(encodeMessage(welcome)).trimEnd();
  expect(decodeSupervisorMessage(line)).toEqual(welcome);
  for (const part of ["config", "identity", "sharing", "workers"]) {
    const text = JSON.stringify({ ...welcome, [part]: undefined });
    expect(() => decodeSupervisorMessage(text)).toThrow(MalformedError);
  }
});
