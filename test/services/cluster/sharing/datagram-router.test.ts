/**
 * Goal: whichever worker the kernel gives a datagram to, the one that has the session gets it, once,
 * also when workers die and the kernel shares out anew; nobody is handed what is not known to be his
 * more than seldom, and no table grows without bound.
 *
 * Method: workers in memory that share a port; tests play the kernel.
 */

import { describe, expect, test } from "vitest";
import { bindingAnswer, bindingRequest, MemorySharing } from "../../../support/memory-sharing.ts";

describe("a datagram", () => {
  test("for a session of this worker stays here", async () => {
    const sharing = await MemorySharing.start(2);
    await sharing.datagram(0, bindingRequest(sharing.begin(0)));
    await sharing.datagram(0, "media");
    expect(sharing.at(0).port.received).toEqual(["192.0.2.1:5000 stun", "192.0.2.1:5000 media"]);
    expect(sharing.at(1).port.received).toEqual([]);
    expect(sharing.openSockets).toEqual([]);
  });

  test("goes to the worker that is asked for, and so does what follows", async () => {
    const sharing = await MemorySharing.start(3);
    await sharing.datagram(0, bindingRequest(sharing.begin(2)));
    for (let i = 0; i < 3; i++) await sharing.datagram(0, `media ${i}`);
    await sharing.datagram(0, bindingAnswer());
    expect(sharing.at(2).port.received).toEqual([
      "192.0.2.1:5000 stun",
      ...[0, 1, 2].map((i) => `192.0.2.1:5000 media ${i}`),
      "192.0.2.1:5000 stun",
    ]);
    expect(sharing.at(1).port.received).toEqual([]);
    expect(sharing.at(0).port.received).toEqual([]);
    expect(sharing.at(0).port.strayCount).toBe(0);
    expect(sharing.at(0).router.addressCount).toBe(1);
  });

  test("of an address that nobody has told of is shown to all, and then known", async () => {
    const sharing = await MemorySharing.start(3);
    await sharing.datagram(2, bindingRequest(sharing.begin(2)));
    await sharing.datagram(0, "first"); // The kernel has changed its mind.
    await sharing.datagram(0, "second");
    expect(sharing.at(2).port.received).toEqual([
      "192.0.2.1:5000 stun",
      "192.0.2.1:5000 first",
      "192.0.2.1:5000 second",
    ]);
    expect(sharing.at(1).port.received).toEqual([]);
  });

  test("that is nobody's is shown to all but seldom", async () => {
    const sharing = await MemorySharing.start(2);
    const strays = (): number => sharing.at(1).port.strayCount;
    for (let i = 0; i < 100; i++) await sharing.datagram(0, "noise");
    expect(strays()).toBe(1);
    await sharing.advance(500, 500);
    await sharing.datagram(0, "noise");
    expect(strays()).toBe(2);
    await sharing.advance(500, 500);
    for (let port = 1; port <= 1_000; port++) {
      sharing.at(0).router.datagram(new TextEncoder().encode("noise"), "192.0.2.1", port);
    }
    await sharing.advance(1, 1);
    expect(strays()).toBe(2 + 256);
    expect(sharing.at(0).router.addressCount).toBe(0);
  });

  test("that answers a question of ICE reaches who has asked", async () => {
    const sharing = await MemorySharing.start(2);
    await sharing.datagram(0, bindingAnswer());
    expect(sharing.at(0).port.received).toEqual(["192.0.2.1:5000 stun"]);
    expect(sharing.at(1).port.received).toEqual(["192.0.2.1:5000 stun"]);
  });

  test("is not kept from its session by who claims its address afterwards", async () => {
    const sharing = await MemorySharing.start(3);
    await sharing.datagram(0, bindingRequest(sharing.begin(1)));
    await sharing.datagram(0, bindingRequest(sharing.begin(2)));
    await sharing.datagram(0, "media");
    expect(sharing.at(1).port.received).toContain("192.0.2.1:5000 media");
    expect(sharing.at(2).port.received).not.toContain("192.0.2.1:5000 media");
  });

  test("finds the next session when the one before has ended", async () => {
    const sharing = await MemorySharing.start(3);
    await sharing.datagram(0, bindingRequest(sharing.begin(1)));
    await sharing.datagram(0, bindingRequest(sharing.begin(2)));
    sharing.at(1).port.addresses.clear();
    await sharing.datagram(0, "lost");
    await sharing.datagram(0, "found");
    expect(sharing.at(2).port.received).toContain("192.0.2.1:5000 found");
  });

  test("for a worker that has died is nobody's, and others are not held up", async () => {
    const sharing = await MemorySharing.start(3);
    await sharing.datagram(0, bindingRequest(sharing.begin(1)));
    await sharing.datagram(0, bindingRequest(sharing.begin(2)), 6_000);
    await sharing.kill(1);
    await sharing.datagram(0, "lost");
    await sharing.datagram(0, bindingRequest("01session"));
    await sharing.datagram(0, "media", 6_000);
    expect(sharing.at(0).port.strayCount).toBe(1);
    expect(sharing.at(2).port.received).toContain("192.0.2.1:6000 media");
  });

  test("that is no message of ICE, though it looks like one, costs a look", async () => {
    const sharing = await MemorySharing.start(2);
    const bytes = bindingRequest(sharing.begin(1));
    for (let size = 0; size < bytes.length; size++) {
      await sharing.datagram(0, bytes.subarray(0, size));
    }
    expect(sharing.at(1).port.addresses.size).toBe(0);
  });
});

test("a key frame is handed on in a few writes, in order", async () => {
  const sharing = await MemorySharing.start(2);
  await sharing.datagram(0, bindingRequest(sharing.begin(1)));
  const { router } = sharing.at(0);
  const texts = Array.from({ length: 200 }, (_, i) => `${i} ${"x".repeat(1_100)}`);
  for (const text of texts) router.datagram(new TextEncoder().encode(text), "192.0.2.1", 5_000);
  await sharing.advance(5, 1);
  const { received } = sharing.at(1).port;
  expect(received).toHaveLength(201);
  const wanted = texts.map((text) => `192.0.2.1:5000 ${text}`);
  expect(received.slice(1).join() === wanted.join()).toBe(true);
});

test("what a worker does not take is lost, and memory stays", async () => {
  const sharing = await MemorySharing.start(2);
  await sharing.datagram(0, bindingRequest(sharing.begin(1)));
  const { router } = sharing.at(0);
  const bytes = new Uint8Array(1_200).fill(0x78);
  for (let i = 0; i < 5_000; i++) router.datagram(bytes, "192.0.2.1", 5_000);
  await sharing.advance(20, 1);
  const { length } = sharing.at(1).port.received;
  expect(length).toBeGreaterThan(500);
  expect(length).toBeLessThan(1_500);
  await sharing.datagram(0, "after");
  expect(sharing.at(1).port.received.at(-1)).toBe("192.0.2.1:5000 after");
});
