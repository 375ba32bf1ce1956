/**
 * Goal: what a sender protects comes out as it was, once; anything else that arrives is dropped, counted
 * and changes nothing.
 *
 * Method: both profiles; losses, other orders and wraps of the sequence number; every truncation and
 * every flipped byte; noise.
 */

import { describe, expect, test } from "vitest";
import type { SrtpKeys, SrtpProfile } from "../../../../src/protocols/rtc/srtp/srtp-keys.ts";
import {
  SOURCE_COUNT_MAX,
  SrtpReceiver,
} from "../../../../src/protocols/rtc/srtp/srtp-receiver.ts";
import { SrtpSender } from "../../../../src/protocols/rtc/srtp/srtp-sender.ts";
import { MemoryRuntime } from "../../../../src/runtime/memory/memory-runtime.ts";
import { noise } from "../../../support/noise.ts";

const { crypto } = new MemoryRuntime();

const PROFILES: SrtpProfile[] = ["aes128-cm-sha1-80", "aead-aes-128-gcm"];

function createKeys(profile: SrtpProfile): SrtpKeys {
  const masterSalt = crypto.randomBytes(profile === "aead-aes-128-gcm" ? 12 : 14);
  return { profile, masterKey: crypto.randomBytes(16), masterSalt };
}

function rtp(
  sequenceNumber: number,
  ssrc = 77,
  payload: Uint8Array = Uint8Array.of(1, 2, 3),
): Uint8Array {
  const packet = new Uint8Array(12 + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint16(0, 0x8060);
  view.setUint16(2, sequenceNumber & 0xffff);
  view.setUint32(8, ssrc);
  packet.set(payload, 12);
  return packet;
}

function rtcp(ssrc = 77): Uint8Array {
  const packet = new Uint8Array(28).fill(9);
  const view = new DataView(packet.buffer);
  view.setUint32(0, 0x80c8_0006);
  view.setUint32(4, ssrc);
  return packet;
}

describe.each(PROFILES)("SrtpReceiver of %s", (profile) => {
  const open = () => {
    const keys = createKeys(profile);
    return { sender: new SrtpSender(crypto, keys), receiver: new SrtpReceiver(crypto, keys) };
  };

  test("opens packets of every size, header extensions and CSRCs included", () => {
    const { sender, receiver } = open();
    for (let size = 0; size < 100; size++) {
      const packet = rtp(size, 77, crypto.randomBytes(size));
      expect(receiver.unprotectRtp(sender.protectRtp(packet, size))).toEqual(packet);
    }
    const extended = Uint8Array.of(0x92, 96, 0, 200, ...new Uint8Array(4), 0, 0, 0, 77);
    const csrcs = new Uint8Array(8).fill(5);
    const packet = Uint8Array.of(...extended, ...csrcs, 0xbe, 0xde, 0, 1, 0x10, 7, 0, 0, 8, 8, 8);
    const sealed = sender.protectRtp(packet, 200);
    expect(sealed.subarray(0, 28)).toEqual(packet.subarray(0, 28));
    expect(sealed.subarray(28, 31)).not.toEqual(packet.subarray(28));
    expect(receiver.unprotectRtp(sealed)).toEqual(packet);
  });

  test("gives bytes that are the receiver's own", () => {
    const { sender, receiver } = open();
    const sealed = sender.protectRtp(rtp(1), 1);
    const opened = receiver.unprotectRtp(sealed);
    sealed.fill(0xee);
    expect(opened).toEqual(rtp(1));
  });

  test("follows the sequence number through its wraps, with losses and other orders", () => {
    const { sender, receiver } = open();
    const order = [
      65_530, 65_535, 65_537, 65_536, 65_533, 90_000, 120_000, 131_071, 131_074, 131_070,
    ];
    for (const index of order) {
      expect(receiver.unprotectRtp(sender.protectRtp(rtp(index), index))).toEqual(rtp(index));
    }
    expect(receiver.drops).toEqual({ malformed: 0, forged: 0, replayed: 0, refused: 0 });
  });

  test("takes no packet twice, and none that is too old to tell", () => {
    const { sender, receiver } = open();
    const first = sender.protectRtp(rtp(1), 1);
    expect(receiver.unprotectRtp(first)).toBeDefined();
    expect(receiver.unprotectRtp(first)).toBeUndefined();
    expect(receiver.unprotectRtp(sender.protectRtp(rtp(3000), 3000))).toBeDefined();
    expect(receiver.unprotectRtp(sender.protectRtp(rtp(2), 2))).toBeUndefined();
    expect(receiver.drops).toEqual({ malformed: 0, forged: 0, replayed: 2, refused: 0 });
    const report = sender.protectRtcp(rtcp());
    const next = sender.protectRtcp(rtcp());
    expect(receiver.unprotectRtcp(next)).toEqual(rtcp());
    expect(receiver.unprotectRtcp(report)).toEqual(rtcp());
    expect(receiver.unprotectRtcp(report)).toBeUndefined();
    expect(receiver.drops.replayed).toBe(3);
  });

  test("drops whatever was cut or changed, and goes on as if it had not come", () => {
    const { sender, receiver } = open();
    const sealed = sender.protectRtp(rtp(40_000), 40_000);
    const report = sender.protectRtcp(rtcp());
    for (let size = 0; size < sealed.length; size++) {
      expect(receiver.unprotectRtp(sealed.subarray(0, size))).toBeUndefined();
    }
    for (let size = 0; size < report.length; size++) {
      expect(receiver.unprotectRtcp(report.subarray(0, size))).toBeUndefined();
    }
    for (let i = 0; i < sealed.length * 8; i++) {
      expect(receiver.unprotectRtp(flip(sealed, i))).toBeUndefined();
    }
    for (let i = 0; i < report.length * 8; i++) {
      expect(receiver.unprotectRtcp(flip(report, i))).toBeUndefined();
    }
    expect(receiver.drops.forged).toBeGreaterThan(400);
    expect(receiver.drops.malformed).toBeGreaterThan(30);
    expect(receiver.unprotectRtp(sealed)).toEqual(rtp(40_000));
    expect(receiver.unprotectRtcp(report)).toEqual(rtcp());
  });

  test("drops noise", () => {
    const { receiver } = open();
    for (const bytes of noise(500, 200)) {
      if (bytes.length > 0) bytes[0] = 0x80 | ((bytes[0] ?? 0) & 0x3f);
      expect(receiver.unprotectRtp(bytes)).toBeUndefined();
      expect(receiver.unprotectRtcp(bytes)).toBeUndefined();
    }
    const { malformed, forged } = receiver.drops;
    expect(malformed + forged).toBe(1000);
  });

  test("opens nothing by other keys, or of RTCP as RTP", () => {
    const { sender, receiver } = open();
    const stranger = open().sender;
    expect(receiver.unprotectRtp(stranger.protectRtp(rtp(1), 1))).toBeUndefined();
    expect(receiver.unprotectRtcp(stranger.protectRtcp(rtcp()))).toBeUndefined();
    expect(receiver.unprotectRtp(sender.protectRtcp(rtcp()))).toBeUndefined();
    expect(receiver.drops.forged).toBe(3);
  });

  test("follows a bounded number of sources", () => {
    const { sender, receiver } = open();
    for (let ssrc = 0; ssrc < SOURCE_COUNT_MAX; ssrc++) {
      expect(receiver.unprotectRtp(open().sender.protectRtp(rtp(1, ssrc), 1))).toBeUndefined();
      expect(receiver.unprotectRtp(sender.protectRtp(rtp(1, ssrc), 1))).toEqual(rtp(1, ssrc));
      expect(receiver.unprotectRtcp(sender.protectRtcp(rtcp(ssrc)))).toEqual(rtcp(ssrc));
    }
    expect(receiver.unprotectRtp(sender.protectRtp(rtp(1, 99_999), 1))).toBeUndefined();
    expect(receiver.unprotectRtcp(sender.protectRtcp(rtcp(99_999)))).toBeUndefined();
    expect(receiver.drops.refused).toBe(2);
    expect(receiver.unprotectRtp(sender.protectRtp(rtp(2, 5), 2))).toEqual(rtp(2, 5));
  });
});

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}
