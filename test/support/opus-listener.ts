/**
 * Plays by WHEP and hears what comes.
 *
 * @module
 */

import { OpusDecoder } from "../../src/codec/opus/opus-decoder.ts";
import { parseRtpPacket } from "../../src/codec/rtp/rtp-packet.ts";
import { WhipClient } from "../../src/protocols/rtc/client/whip-client.ts";
import { createDtlsIdentity } from "../../src/protocols/rtc/dtls/dtls-identity.ts";
import { VIDEO_CODECS } from "../../src/protocols/rtc/negotiation/choose-format.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import { loadOpusLibrary } from "./audio-fixtures.ts";

export class OpusListener {
  /** Payloads of Opus, in the order in which they came. */
  readonly packets: Uint8Array[] = [];
  /** Packets of the video. */
  videoCount = 0;
  #client: WhipClient | undefined;

  /** @param url Of the endpoint. */
  static async play(url: string): Promise<OpusListener> {
    const runtime = await createRuntime();
    const { crypto, clock } = runtime;
    const listener = new OpusListener();
    listener.#client = await WhipClient.connect(
      runtime,
      {
        ...{ url, role: "play", setupTimeoutMs: 20_000 },
        identity: createDtlsIdentity(crypto, clock, "ecdsa", "listener"),
        ...{ video: VIDEO_CODECS, audio: [{ codec: "opus" }] },
        srtpProfiles: ["aes128-cm-sha1-80"],
      },
      {
        established: () => undefined,
        rtp: (packet) => listener.#hear(packet),
        rtcp: () => undefined,
        closed: () => undefined,
      },
    );
    return listener;
  }

  /** The greatest level in what has come, 1 being the most there can be. */
  get loudness(): number {
    const decoder = new OpusDecoder(loadOpusLibrary(), 2);
    let most = 0;
    for (const packet of this.packets) {
      for (const sample of decoder.decode(packet)[0] ?? []) most = Math.max(most, Math.abs(sample));
    }
    decoder.close();
    return most;
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  #hear(bytes: Uint8Array): void {
    const { payloadType, payload } = parseRtpPacket(bytes);
    const section = this.#client?.agreement.sections.find((one) => one.payloadType === payloadType);
    if (section?.kind === "audio") this.packets.push(payload.slice());
    else this.videoCount += 1;
  }
}
