/**
 * One track of sound, decoded and encoded again. Times are exact to the sample: a frame that comes out
 * has the time of the sound that a decoder makes of it, which is when that came in.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { mixChannels } from "../../codec/pcm/channel-mix.ts";
import { Resampler } from "../../codec/pcm/resampler.ts";
import type { AudioDecoder, AudioEncoder, AudioSamples } from "./audio-samples.ts";
import { FrameFiller } from "./frame-filler.ts";
import { SampleClock } from "./sample-clock.ts";

export interface TranscodedFrame {
  readonly dtsMs: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

export class AudioTranscoding {
  /** Frames that could not be decoded. */
  malformedCount = 0;
  readonly #decoder: AudioDecoder;
  readonly #encoder: AudioEncoder;
  readonly #clock: SampleClock;
  readonly #filler: FrameFiller;
  #resampler: Resampler | undefined;
  /** What the resampler is for. */
  #sampleRate = 0;
  #channelCount = 0;
  /** How long the latest frame was, for one that cannot be decoded. */
  #lastCount = 0;
  /** Where the next frame of the encoder begins, in its samples. */
  #position = 0;
  /** How many samples are still to be left out, as their frame would be before time 0. */
  #leaveOutCount = 0;
  /** The encoder holds back sound that has not come out. */
  #isSounding = false;
  #frames: TranscodedFrame[] = [];

  /** The decoder and the encoder are closed with it. */
  constructor(decoder: AudioDecoder, encoder: AudioEncoder) {
    this.#decoder = decoder;
    this.#encoder = encoder;
    this.#clock = new SampleClock(decoder.isTimeExact);
    this.#filler = new FrameFiller(encoder.channelCount, encoder.frameSamples);
  }

  /**
   * Takes the next frame.
   *
   * @returns The frames that are complete with it, often none.
   */
  write(dtsMs: number, payload: Uint8Array): TranscodedFrame[] {
    this.#frames = [];
    const samples = this.#decode(payload);
    if (samples !== undefined) this.#place(dtsMs, samples);
    return this.#frames;
  }

  close(): void {
    this.#decoder.close();
    this.#encoder.close();
  }

  #decode(payload: Uint8Array): AudioSamples | undefined {
    try {
      const samples = this.#decoder.decode(payload);
      this.#lastCount = samples?.channels[0]?.length ?? this.#lastCount;
      return samples;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.malformedCount += 1;
      return this.#lastCount === 0 ? undefined : this.#makeUp(this.#lastCount);
    }
  }

  #place(dtsMs: number, samples: AudioSamples): void {
    const { sampleRate, channels } = samples;
    const count = channels[0]?.length ?? 0;
    const placement = this.#clock.place(dtsMs, count, sampleRate);
    if (placement.kind === "insert") {
      // Making up uses the decoder, whose samples are valid until then.
      const kept = channels.map((channel) => channel.slice());
      this.#feed(this.#makeUp(placement.sampleCount));
      this.#feed({ sampleRate, channels: kept });
    } else if (placement.kind === "drop") {
      const left = channels.map((channel) => channel.subarray(placement.sampleCount));
      this.#feed({ sampleRate, channels: left });
    } else {
      if (placement.kind === "start") this.#start(dtsMs);
      this.#feed(samples);
    }
  }

  #makeUp(sampleCount: number): AudioSamples {
    const made = this.#decoder.conceal(sampleCount);
    if (made !== undefined) return made;
    const channels = Array.from(
      { length: this.#channelCount },
      () => new Float32Array(sampleCount),
    );
    return { sampleRate: this.#sampleRate, channels };
  }

  /** Goes on at a time of its own. */
  #start(dtsMs: number): void {
    const { sampleRate, delay } = this.#encoder;
    const position = Math.round((dtsMs * sampleRate) / 1000);
    if (position > this.#position) this.#finish();
    else this.#resampler?.flush();
    this.#filler.clear();
    this.#leaveOutCount = Math.max(0, delay - position);
    this.#position = position + this.#leaveOutCount;
  }

  /** Gives out what is still on its way, followed by as much silence as that takes. */
  #finish(): void {
    const { delay, frameSamples } = this.#encoder;
    if (!this.#isSounding) return;
    if (this.#resampler !== undefined) this.#filler.add(this.#resampler.flush(), this.#encode);
    const padding = (frameSamples - this.#filler.count) % frameSamples;
    const flushCount = Math.ceil(delay / frameSamples);
    this.#filler.addSilence(padding + flushCount * frameSamples, this.#encode);
    this.#isSounding = false;
  }

  #feed({ sampleRate, channels }: AudioSamples): void {
    const mixed = channels.length > 2 ? mixChannels(channels, 2) : channels;
    let samples = this.#resample(sampleRate, mixed);
    if (this.#leaveOutCount > 0) {
      const count = Math.min(this.#leaveOutCount, samples[0]?.length ?? 0);
      samples = samples.map((channel) => channel.subarray(count));
      this.#leaveOutCount -= count;
    }
    this.#filler.add(samples, this.#encode);
    this.#isSounding = true;
  }

  #resample(sampleRate: number, channels: readonly Float32Array[]): readonly Float32Array[] {
    const { sampleRate: toRate } = this.#encoder;
    if (sampleRate !== this.#sampleRate || channels.length !== this.#channelCount) {
      this.#resampler = undefined;
      this.#sampleRate = sampleRate;
      this.#channelCount = channels.length;
    }
    if (sampleRate === toRate) return channels;
    this.#resampler ??= new Resampler({
      inputRate: sampleRate,
      outputRate: toRate,
      channelCount: channels.length,
    });
    return this.#resampler.push(channels);
  }

  readonly #encode = (frame: readonly Float32Array[]): void => {
    const { delay, frameSamples, sampleRate } = this.#encoder;
    const dtsMs = ((this.#position - delay) * 1000) / sampleRate;
    this.#position += frameSamples;
    const payload = this.#encoder.encode(frame);
    if (payload !== undefined) this.#frames.push({ dtsMs, payload });
  };
}
