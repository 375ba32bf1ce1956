/**
 * Goal: a check asks as the controlling side of ICE does until the server answers, and takes no answer
 * that is not the server's.
 *
 * Method: a path that notes what is sent, in virtual time; answers that are right, late, and forged.
 */

import { describe, expect, test } from "vitest";
import {
  encodeBindingMessage,
  encodeBindingSuccess,
} from "../../../../src/codec/stun/encode-message.ts";
import { isFingerprintValid } from "../../../../src/codec/stun/fingerprint.ts";
import {
  findIceRole,
  findPriority,
  hasUseCandidate,
} from "../../../../src/codec/stun/ice-attribute.ts";
import { isIntegrityValid } from "../../../../src/codec/stun/integrity.ts";
import {
  parseStunMessage,
  StunClass,
  type StunMessage,
} from "../../../../src/codec/stun/message.ts";
import { findUsername } from "../../../../src/codec/stun/text-attribute.ts";
import { IceCheck } from "../../../../src/protocols/rtc/client/ice-check.ts";
import { iceIntegrity } from "../../../../src/protocols/rtc/transport/binding-request.ts";
import { MemoryRuntime } from "../../../../src/runtime/memory/memory-runtime.ts";
import { credentials } from "../../../support/rtc-peers.ts";

const IP = Uint8Array.of(127, 0, 0, 1);
const [LOCAL, REMOTE] = [credentials("mine"), credentials("theirs")];

function open() {
  const { crypto, clock } = new MemoryRuntime();
  const sent: StunMessage[] = [];
  const path = {
    ...({ protocol: "udp", address: "127.0.0.1", port: 9, udp: undefined, isOpen: true } as const),
    send: (bytes: Uint8Array) => void sent.push(parseStunMessage(bytes)),
  };
  const hmac = (key: Uint8Array, data: Uint8Array) => crypto.hmac("sha1", key, data);
  const check = new IceCheck(path, {
    ...{ crypto, clock, local: LOCAL, remote: REMOTE, tieBreaker: 0x0102_0304_0506_0708n },
  });
  const integrity = iceIntegrity(REMOTE.pwd, hmac);
  const answer = (request: StunMessage | undefined, by = integrity): StunMessage => {
    if (request === undefined) throw new Error("No request");
    return parseStunMessage(encodeBindingSuccess(request, IP, 9, by));
  };
  return { clock, sent, check, integrity, hmac, answer };
}

describe("a request", () => {
  test("says who asks, with what right, and what for", () => {
    const { sent, check, integrity } = open();
    check.ask(false);
    const [plain] = sent;
    if (plain === undefined) throw new Error("No request");
    expect(plain.class).toBe(StunClass.Request);
    expect(findUsername(plain)).toBe("theirs:mine");
    expect(findPriority(plain)).toBe(0x6eff_ffff);
    expect(findIceRole(plain)).toEqual({ role: "controlling", tieBreaker: 0x0102_0304_0506_0708n });
    expect(hasUseCandidate(plain)).toBe(false);
    expect(isIntegrityValid(plain, integrity)).toBe(true);
    expect(isFingerprintValid(plain)).toBe(true);
    check.ask(true);
    expect(sent[1] !== undefined && hasUseCandidate(sent[1])).toBe(true);
    check.stop();
  });

  test("is sent again ever later, each time as another, until there is an answer", () => {
    const { clock, sent, check, answer } = open();
    check.ask(true);
    const times: number[] = [];
    for (let ms = 0; ms <= 4_000; ms += 100) {
      if (sent.length > times.length) times.push(ms);
      clock.advance(100);
    }
    expect(times).toEqual([0, 100, 300, 700, 1_500, 2_500, 3_500]);
    expect(new Set(sent.map(({ transactionId }) => transactionId.join())).size).toBe(sent.length);
    expect(sent.every(hasUseCandidate)).toBe(true);
    expect(check.take(answer(sent.at(-1)))).toBe(true);
    expect(clock.timerCount).toBe(0);
  });

  test("is put off, and stops", () => {
    const { clock, sent, check } = open();
    check.askIn(5_000, true);
    clock.advance(4_999);
    expect(sent).toEqual([]);
    clock.advance(1);
    expect(sent).toHaveLength(1);
    check.stop();
    clock.advance(60_000);
    expect(sent).toHaveLength(1);
  });
});

describe("an answer", () => {
  test("to an earlier request counts, once; to one of long ago it does not", () => {
    const { clock, sent, check, answer } = open();
    check.ask(false);
    clock.advance(1_000);
    expect(check.take(answer(sent[1]))).toBe(true);
    expect(check.take(answer(sent[1]))).toBe(false);
    const first = sent.length;
    check.ask(false);
    clock.advance(60_000);
    expect(check.take(answer(sent[first]))).toBe(false);
    expect(check.take(answer(sent.at(-8)))).toBe(true);
  });

  test("is none that is forged, for another request, or a refusal", () => {
    const { sent, check, hmac, answer, integrity } = open();
    check.ask(false);
    const [request] = sent;
    if (request === undefined) throw new Error("No request");
    const { transactionId } = request;
    const others = [
      answer(request, iceIntegrity(LOCAL.pwd, hmac)),
      answer({ ...request, transactionId: new Uint8Array(12) }),
      ...[StunClass.Success, StunClass.Error].map((kind) =>
        parseStunMessage(encodeBindingMessage({ class: kind, transactionId, attributes: [] })),
      ),
      parseStunMessage(
        encodeBindingMessage({ class: StunClass.Error, transactionId, attributes: [], integrity }),
      ),
      request,
    ];
    for (const other of others) expect(check.take(other)).toBe(false);
    expect(check.take(answer(request))).toBe(true);
  });
});
