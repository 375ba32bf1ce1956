/**
 * A programme in several qualities and one who plays it by WebRTC, in virtual time: streams in a hub,
 * bridged, packetized and sent as in the server; the player's network is a link with a bottleneck.
 *
 * @module
 */

import { encodeRtcp } from "../../src/codec/rtcp/rtcp-packet.ts";
import type { IncomingFrame } from "../../src/live/frame.ts";
import { LiveStream } from "../../src/live/live-stream.ts";
import type { Publication } from "../../src/live/publication.ts";
import { StreamHub } from "../../src/live/stream-hub.ts";
import type { Track } from "../../src/live/track.ts";
import type { AgreedSection } from "../../src/protocols/rtc/negotiation/agreement.ts";
import { TwccRecorder } from "../../src/protocols/rtc/receive/twcc-recorder.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { Ladders } from "../../src/servers/rtc/ladders.ts";
import type { PacketOutput, PacketPeer } from "../../src/servers/rtc/packet-output.ts";
import { RtpBroadcast } from "../../src/servers/rtc/rtp-broadcast.ts";
import type { RtpHeaderWriter } from "../../src/servers/rtc/rtp-header-writer.ts";
import { RtpViewer } from "../../src/servers/rtc/rtp-viewer.ts";
import { PlayBridge } from "../../src/services/rtc-bridge/play-bridge.ts";
import type { TranscoderPool } from "../../src/services/rtc-bridge/transcoder/transcoder-pool.ts";
import { H264, IDR, OPUS, SLICE } from "../remux/mpegts/tracks.ts";
import { RecordingLogger } from "./http-peer.ts";
import { SETTINGS } from "./live.ts";
import { LossyLink } from "./lossy-link.ts";

export const FRAME_MS = 40;
const STEP_MS = 10;
const REPORT_MS = 250;
const CLOCK_RATE = 90_000;
/** How a packet of Opus begins that lasts as long as a picture: SILK, one frame of 40 ms. */
const OPUS_40_MS = 0x10;
const MARKER_FLAG = 0x80;

export interface SourceOptions {
  readonly bitrate: number;
  readonly framesPerGop?: number;
  /** Where its publisher's clock is at the programme's beginning. */
  readonly clockMs?: number;
  /** How long it takes to be encoded. */
  readonly delayMs?: number;
  /** It comes in bursts of so much. */
  readonly burstMs?: number;
  readonly track?: Track;
  /** Another process has the publisher, and sends what players of WebRTC get. */
  readonly isElsewhere?: boolean;
  /** Its sound is that of the programme, else another encoder's. */
  readonly hasSameSound?: boolean;
}

/** What the player gets: one picture, when its last packet was sent. */
export interface SeenPicture {
  /** Who encoded it. */
  readonly source: number;
  /** Of the programme, in frames from its beginning. */
  readonly frame: number;
  /** Of RTP, in milliseconds on the stream's clock. */
  readonly timeMs: number;
  readonly atMs: number;
  readonly isKeyFrame: boolean;
}

/** A packet of sound that the player gets. */
export interface HeardSound {
  /** Of the programme. */
  readonly frame: number;
  /** Of RTP, in milliseconds on the stream's clock. */
  readonly timeMs: number;
  readonly atMs: number;
}

/** Publishes a part of the programme, as an encoder does. */
export class LadderSource {
  readonly #scene: LadderScene;
  readonly #number: number;
  readonly #options: SourceOptions;
  readonly #publication: Publication;
  readonly #track: Track;
  readonly #audio: Track;
  #nextFrame: number;
  #startFrame: number;

  constructor(scene: LadderScene, stream: string, number: number, options: SourceOptions) {
    this.#scene = scene;
    this.#number = number;
    this.#options = options;
    const isElsewhere = options.isElsewhere === true;
    const live = isElsewhere ? scene.side : scene.hub.getOrCreate({ ...NAME, stream });
    this.#publication = live.publish({
      clientId: stream,
      ...(isElsewhere ? { isRelayed: true } : {}),
      close: () => undefined,
    });
    this.#track = this.#publication.writeTrack(options.track ?? H264);
    this.#audio = this.#publication.writeTrack(OPUS);
    this.#startFrame = Math.ceil(scene.clock.monotonicMs() / FRAME_MS);
    this.#nextFrame = this.#startFrame;
  }

  /** Writes what is due. */
  run(nowMs: number): void {
    const { delayMs = 0, burstMs = STEP_MS } = this.#options;
    if (nowMs % burstMs !== 0) return;
    for (; this.#nextFrame * FRAME_MS + delayMs <= nowMs; this.#nextFrame++) {
      this.#writeSound(this.#nextFrame);
      this.#writePicture(this.#nextFrame);
    }
  }

  end(): void {
    this.#publication.end(true);
    this.#scene.sources.delete(this);
  }

  #writePicture(frame: number): void {
    const { framesPerGop = 25, bitrate } = this.#options;
    const isKeyFrame = (frame - this.#startFrame) % framesPerGop === 0;
    const size = Math.round((bitrate * FRAME_MS) / 8_000);
    const payload = new Uint8Array(4 + Math.max(size, 16)).fill(0x55);
    new DataView(payload.buffer).setUint32(0, payload.length - 4);
    payload.set(isKeyFrame ? IDR : SLICE, 4);
    // At its end is what it is, in bytes that are no start code.
    const parts = [this.#number, isKeyFrame ? 1 : 0, frame >> 12, (frame >> 6) & 63, frame & 63];
    payload.set(
      parts.map((part) => 0x80 | part),
      payload.length - parts.length,
    );
    this.#write(this.#track, frame, isKeyFrame, payload);
  }

  #writeSound(frame: number): void {
    const { hasSameSound = false } = this.#options;
    const text = `sound ${frame} of ${hasSameSound ? "all" : this.#number}`;
    const payload = Uint8Array.of(OPUS_40_MS, ...new TextEncoder().encode(text));
    this.#write(this.#audio, frame, true, payload);
  }

  #write(track: Track, frame: number, isKeyFrame: boolean, payload: Uint8Array): void {
    const dtsMs = frame * FRAME_MS + (this.#options.clockMs ?? 0);
    const common = { compositionTimeOffsetMs: 0, flvBody: undefined };
    const written: IncomingFrame = { track, dtsMs, isKeyFrame, payload, ...common };
    this.#publication.writeFrame(written);
  }
}

const NAME = { vhost: "__defaultVhost__", app: "live", stream: "show" };

const AUDIO_SECTION: AgreedSection = {
  mid: "0",
  kind: "audio",
  direction: "sendonly",
  codec: "opus",
  payloadType: 111,
  clockRate: 48_000,
  channels: 2,
  fmtp: "",
  rtxPayloadType: undefined,
  feedback: [],
  extensions: { transportWideSequenceNumber: 3 } as AgreedSection["extensions"],
  sources: [],
  rids: [],
  isReducedSizeRtcp: false,
};

const VIDEO_SECTION: AgreedSection = {
  mid: "1",
  kind: "video",
  direction: "sendonly",
  codec: "h264",
  payloadType: 102,
  clockRate: CLOCK_RATE,
  channels: 1,
  fmtp: "profile-level-id=4d401f;packetization-mode=1",
  rtxPayloadType: 103,
  feedback: ["nack", "transport-cc"],
  extensions: { transportWideSequenceNumber: 3 } as AgreedSection["extensions"],
  sources: [],
  rids: [],
  isReducedSizeRtcp: false,
};

export interface SceneOptions {
  readonly variants?: readonly string[];
  readonly layer?: string;
  /** Of the player's network, bit/s; absent: it tells nothing of it. */
  readonly capacity?: number;
}

export class LadderScene {
  readonly clock: ManualClock = new ManualClock();
  readonly logger: RecordingLogger = new RecordingLogger();
  readonly hub: StreamHub;
  /** What players of WebRTC get. */
  readonly side: LiveStream;
  readonly sources: Set<LadderSource> = new Set();
  readonly pictures: SeenPicture[] = [];
  readonly sounds: HeardSound[] = [];
  /** Packets that were sent again, or to find out what the network bears. */
  repeatedCount = 0;
  variants: readonly string[];
  viewer: RtpViewer | undefined;
  #broadcast: RtpBroadcast | undefined;
  #bridge: PlayBridge | undefined;
  readonly #options: SceneOptions;
  readonly link: LossyLink<number>;
  readonly #back = new LossyLink<Uint8Array>({ seed: 4, delayMs: 20 });
  readonly #recorder = new TwccRecorder();

  constructor(options: SceneOptions = {}) {
    const { variants = ["_720", "_360"], capacity = 100_000_000 } = options;
    this.#options = options;
    this.variants = variants;
    const settings = { ...SETTINGS, jitterMode: "full" } as const;
    this.hub = new StreamHub(this.clock, () => settings);
    this.side = new LiveStream(NAME, SETTINGS, this.clock);
    this.link = new LossyLink<number>({ seed: 3, delayMs: 20, bitrate: capacity });
  }

  publish(stream: string, number: number, options: SourceOptions): LadderSource {
    const source = new LadderSource(this, stream, number, options);
    this.sources.add(source);
    return source;
  }

  /** The player comes. */
  play(): RtpViewer {
    const { hub, clock, logger, side } = this;
    const main = hub.getOrCreate(NAME);
    const pool = { open: () => ({ write: () => undefined, close: () => undefined }) };
    this.#bridge = new PlayBridge({
      ...{ main, side, logger, bitrate: 48_000 },
      pool: pool as unknown as TranscoderPool,
    });
    const ladders = new Ladders({ hub, clock, logger }, () => this.variants);
    const broadcast = new RtpBroadcast(
      side,
      {},
      {
        clock,
        outputs: [],
        layersOf: (stream) => ladders.layersOf(stream),
        leftOut: () => undefined,
        layerFailed: (_, __, error) => {
          throw error;
        },
        fail: (error) => {
          throw error;
        },
      },
    );
    const viewer = new RtpViewer({
      ...{
        broadcast,
        sections: [AUDIO_SECTION, VIDEO_SECTION],
        isNackOn: true,
        layer: this.#options.layer,
      },
      sources: { audioSsrc: 1, videoSsrc: 2, rtxSsrc: 3, cname: "x" },
      peer: { connection: { sendRtcp: () => undefined } } as unknown as PacketPeer,
      output: this.#output(),
      random: new Uint8Array(12),
      wallMs: () => clock.wallMs(),
      started: () => undefined,
      tracksChanged: () => undefined,
      requestKeyFrame: () => false,
    });
    this.viewer = viewer;
    this.#broadcast = broadcast;
    broadcast.add(viewer);
    return viewer;
  }

  leave(): void {
    if (this.viewer !== undefined) this.#broadcast?.remove(this.viewer);
    this.viewer = undefined;
    this.#broadcast?.close();
    this.#bridge?.close();
  }

  /** Lets time pass. */
  run(durationMs: number): void {
    for (let passed = 0; passed < durationMs; passed += STEP_MS) {
      this.clock.advance(STEP_MS);
      const nowMs = this.clock.monotonicMs();
      for (const source of this.sources) source.run(nowMs);
      this.#report(nowMs);
      if (nowMs % REPORT_MS === 0) this.viewer?.report(nowMs);
    }
  }

  /** The sources of the pictures, each as long as it is the same. */
  get seenSources(): number[] {
    return this.pictures
      .map(({ source }) => source)
      .filter((source, index, all) => source !== all[index - 1]);
  }

  #report(nowMs: number): void {
    for (const { item, arrivalMs } of this.link.receive(nowMs)) {
      this.#recorder.record(item, arrivalMs + 5_000_000);
    }
    if (this.#options.capacity === undefined) return;
    if (this.#recorder.isDue(nowMs)) {
      for (const feedback of this.#recorder.take({ senderSsrc: 1, mediaSsrc: 2 }, nowMs)) {
        this.#back.send(encodeRtcp([feedback]), 100, nowMs);
      }
    }
    for (const { item } of this.#back.receive(nowMs)) this.viewer?.rtcp(item, nowMs);
  }

  #output(): PacketOutput {
    const output = {
      createSource: (peer: PacketPeer) => ({ ...peer, stream: undefined }),
      closeSource: () => undefined,
      moveSource: () => undefined,
      flush: () => undefined,
      send: (_source: unknown, header: RtpHeaderWriter, payload: Uint8Array) => {
        this.#sent(header, payload);
      },
    };
    return output as unknown as PacketOutput;
  }

  #sent({ bytes, size }: RtpHeaderWriter, payload: Uint8Array): void {
    const view = new DataView(bytes.buffer);
    this.link.send(view.getUint16(size - 3), size + payload.length, this.clock.monotonicMs());
    const payloadType = (bytes[1] ?? 0) & 0x7f;
    if (payloadType === AUDIO_SECTION.payloadType) {
      const frame = Number(new TextDecoder().decode(payload.subarray(1)).split(" ")[1]);
      const timeMs = view.getUint32(4) / 48;
      this.sounds.push({ frame, timeMs, atMs: this.clock.monotonicMs() });
      return;
    }
    if (payloadType !== VIDEO_SECTION.payloadType) {
      this.repeatedCount += 1;
      return;
    }
    if (((bytes[1] ?? 0) & MARKER_FLAG) === 0) return;
    const timestamp = view.getUint32(4);
    const [source = 0, key = 0, high = 0, middle = 0, low = 0] = payload.slice(-5);
    this.pictures.push({
      source: source & 0x7f,
      frame: ((high & 0x7f) << 12) | ((middle & 0x7f) << 6) | (low & 0x7f),
      isKeyFrame: key === 0x81,
      timeMs: (timestamp * 1_000) / CLOCK_RATE,
      atMs: this.clock.monotonicMs(),
    });
  }
}
