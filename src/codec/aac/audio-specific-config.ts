/**
 * AudioSpecificConfig: what a decoder must know before the first access unit of AAC.
 *
 * Spec: ISO/IEC 14496-3, 1.6.2.1 (AudioSpecificConfig), 1.6.6.1 (signalling of SBR and PS), 4.4.1
 * (GASpecificConfig), 4.4.1.1 (program_config_element).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { BitReader } from "../../base/bit-reader.ts";
import { MalformedError } from "../../base/errors.ts";
import { readProgramConfigChannelCount } from "./program-config-element.ts";
import { readSamplingFrequency, samplingFrequencyIndexOf } from "./sampling-frequency.ts";

/** Audio object types (table 1.17) that have a GASpecificConfig, and the two signs of extensions. */
export const AudioObjectType = {
  AacMain: 1,
  AacLc: 2,
  AacSsr: 3,
  AacLtp: 4,
  /** Spectral band replication, over a core of another type. */
  Sbr: 5,
  AacScalable: 6,
  TwinVq: 7,
  ErAacLc: 17,
  ErAacLtp: 19,
  ErAacScalable: 20,
  ErTwinVq: 21,
  ErBsac: 22,
  ErAacLd: 23,
  /** Parametric stereo, over SBR. */
  Ps: 29,
} as const;
export type AudioObjectType = (typeof AudioObjectType)[keyof typeof AudioObjectType];

export interface AudioSpecificConfig {
  /** Of the core, such as AAC-LC, also where SBR or PS extend it. */
  readonly objectType: number;
  /** Of the core, in Hz. */
  readonly sampleRate: number;
  /** As it is coded; 0 if a program config element has the layout. */
  readonly channelConfiguration: number;
  /** Of the core. */
  readonly channelCount: number;
  /** Of the core: 1024 or 960; of low delay AAC 512 or 480. */
  readonly samplesPerFrame: number;
  /** What SBR makes of the core's rate; `undefined` unless SBR is signalled explicitly. */
  readonly extensionSampleRate: number | undefined;
  /** Parametric stereo is signalled explicitly: a core of one channel sounds as two. */
  readonly hasParametricStereo: boolean;
}

const SYNC_EXTENSION_SBR = 0x2b7;
const SYNC_EXTENSION_PS = 0x548;

/** Channels of each channelConfiguration (table 1.19); 0 stands for those that are reserved. */
const CHANNEL_COUNTS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0];

/**
 * Decodes a configuration.
 *
 * ```text
 * |object type 5|frequency index 4|channels 4|frame length 1|core coder 1|extension 1| ...
 *  31: 6 more    15: 24 more       0: program config element after the flags
 *
 * SBR and PS, one of:
 *   hierarchical           |5 or 29|frequency|channels|SBR's frequency|core's object type| ...
 *   backward compatible    core's configuration |0x2b7 11|5|SBR 1|frequency|0x548 11|PS 1|
 * ```
 *
 * @returns `undefined` for object types whose access units are none of AAC's.
 * @throws {MalformedError} If it is cut off or has reserved values.
 */
export function decodeAudioSpecificConfig(bytes: Uint8Array): AudioSpecificConfig | undefined {
  const reader = new BitReader(bytes);
  let objectType = readObjectType(reader);
  const sampleRate = readSamplingFrequency(reader);
  const channelConfiguration = reader.readBits(4);
  let extensionSampleRate: number | undefined;
  let hasParametricStereo = false;
  const isHierarchical = objectType === AudioObjectType.Sbr || objectType === AudioObjectType.Ps;
  if (isHierarchical) {
    hasParametricStereo = objectType === AudioObjectType.Ps;
    extensionSampleRate = readSamplingFrequency(reader);
    objectType = readObjectType(reader);
    if (objectType === AudioObjectType.ErBsac) reader.skipBits(4); // extensionChannelConfiguration
  }
  if (!hasGaSpecificConfig(objectType)) return undefined;

  const isShort = reader.readFlag();
  if (reader.readFlag()) reader.skipBits(14); // coreCoderDelay
  const hasExtension = reader.readFlag();
  const channelCount =
    channelConfiguration === 0
      ? readProgramConfigChannelCount(reader, bytes.length * 8)
      : (CHANNEL_COUNTS[channelConfiguration] ?? 0);
  if (channelCount === 0) {
    throw new MalformedError(`Cannot decode channel configuration ${channelConfiguration}`, 0);
  }
  if (!isHierarchical && !isErrorResilient(objectType)) {
    if (objectType === AudioObjectType.AacScalable) reader.skipBits(3); // layerNr
    if (hasExtension) reader.skipBits(1); // extensionFlag3
    extensionSampleRate = readSyncExtension(reader);
    hasParametricStereo = extensionSampleRate !== undefined && readPsExtension(reader);
  }
  if (extensionSampleRate !== undefined && !isSbrRate(extensionSampleRate, sampleRate)) {
    throw new MalformedError(`Cannot decode SBR of ${extensionSampleRate} Hz`, 0);
  }
  return {
    objectType,
    sampleRate,
    channelConfiguration,
    channelCount,
    samplesPerFrame: samplesPerFrame(objectType, isShort),
    extensionSampleRate,
    hasParametricStereo,
  };
}

/**
 * Encodes a configuration, SBR and PS in the hierarchical manner. Its channels must be one of the
 * numbered layouts.
 */
export function encodeAudioSpecificConfig(
  config: Omit<AudioSpecificConfig, "channelCount">,
): Uint8Array {
  const { objectType, channelConfiguration, extensionSampleRate, hasParametricStereo } = config;
  assert(hasGaSpecificConfig(objectType), "the object type has a GASpecificConfig");
  assert(!isErrorResilient(objectType), "the object type needs no epConfig");
  assert(channelConfiguration > 0, "the layout of the channels has a number");
  const bits = new FieldBits();
  if (extensionSampleRate === undefined) {
    bits.append(5, objectType);
    appendSamplingFrequency(bits, config.sampleRate);
    bits.append(4, channelConfiguration);
  } else {
    bits.append(5, hasParametricStereo ? AudioObjectType.Ps : AudioObjectType.Sbr);
    appendSamplingFrequency(bits, config.sampleRate);
    bits.append(4, channelConfiguration);
    appendSamplingFrequency(bits, extensionSampleRate);
    bits.append(5, objectType);
  }
  bits.append(1, config.samplesPerFrame === samplesPerFrame(objectType, true) ? 1 : 0);
  bits.append(2, 0); // dependsOnCoreCoder, extensionFlag
  return bits.toBytes();
}

function readObjectType(reader: BitReader): number {
  const objectType = reader.readBits(5);
  return objectType === 31 ? 32 + reader.readBits(6) : objectType;
}

/** Whether the configuration goes on with a GASpecificConfig (table 1.15). */
function hasGaSpecificConfig(objectType: number): boolean {
  switch (objectType) {
    case AudioObjectType.AacMain:
    case AudioObjectType.AacLc:
    case AudioObjectType.AacSsr:
    case AudioObjectType.AacLtp:
    case AudioObjectType.AacScalable:
    case AudioObjectType.TwinVq:
      return true;
    default:
      return isErrorResilient(objectType);
  }
}

function isErrorResilient(objectType: number): boolean {
  switch (objectType) {
    case AudioObjectType.ErAacLc:
    case AudioObjectType.ErAacLtp:
    case AudioObjectType.ErAacScalable:
    case AudioObjectType.ErTwinVq:
    case AudioObjectType.ErBsac:
    case AudioObjectType.ErAacLd:
      return true;
    default:
      return false;
  }
}

/** frameLengthFlag (4.5.1.1). */
function samplesPerFrame(objectType: number, isShort: boolean): number {
  if (objectType === AudioObjectType.ErAacLd) return isShort ? 480 : 512;
  return isShort ? 960 : 1024;
}

/**
 * Reads what may stand behind the core's configuration. Padding, and what encoders leave there, is
 * no sync extension.
 */
function readSyncExtension(reader: BitReader): number | undefined {
  if (reader.bitsLeft < 16 || reader.readBits(11) !== SYNC_EXTENSION_SBR) return undefined;
  if (readObjectType(reader) !== AudioObjectType.Sbr || !reader.readFlag()) return undefined;
  return readSamplingFrequency(reader);
}

/** SBR doubles the rate, or keeps it in the downsampled mode. */
function isSbrRate(extensionSampleRate: number, sampleRate: number): boolean {
  return extensionSampleRate === sampleRate || extensionSampleRate === sampleRate * 2;
}

function readPsExtension(reader: BitReader): boolean {
  return reader.bitsLeft >= 12 && reader.readBits(11) === SYNC_EXTENSION_PS && reader.readFlag();
}

function appendSamplingFrequency(bits: FieldBits, sampleRate: number): void {
  const index = samplingFrequencyIndexOf(sampleRate);
  bits.append(4, index ?? 15);
  if (index === undefined) bits.append(24, sampleRate);
}

/** Puts fields together that are no whole bytes. */
class FieldBits {
  #bits = "";

  append(width: number, value: number): void {
    this.#bits += value.toString(2).padStart(width, "0");
  }

  toBytes(): Uint8Array {
    const size = Math.ceil(this.#bits.length / 8);
    const padded = this.#bits.padEnd(size * 8, "0");
    return Uint8Array.from({ length: size }, (_, index) =>
      Number.parseInt(padded.slice(index * 8, index * 8 + 8), 2),
    );
  }
}
