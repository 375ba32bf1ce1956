/**
 * Which windows an access unit has: long ones for tones, short ones for attacks.
 *
 * Spec: ISO/IEC 14496-3, 4.6.11.3.2 (block switching), 4.5.2.3.4 (grouping).
 *
 * @module
 */

import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import type { ScaleFactorBands } from "../spectrum/scale-factor-bands.ts";
import { WindowSequence, WindowShape } from "../spectrum/window-shape.ts";

const WINDOW_COUNT = 8;
/** Windows that an attack lasts. */
const ATTACK_LENGTH = 2;

/** Chooses the windows of one access unit after the other; all channels have the same. */
export class WindowChooser {
  readonly #bands: ScaleFactorBands;
  readonly #sampleRate: number;
  #before: WindowSequence = WindowSequence.OnlyLong;
  #attack: number | undefined;

  constructor(bands: ScaleFactorBands, sampleRate: number) {
    this.#bands = bands;
    this.#sampleRate = sampleRate;
  }

  /**
   * @param nextAttack The window of the *next* access unit in which an attack begins, if any.
   * @param bandwidth In Hz: bands that begin above it are not coded.
   */
  choose(nextAttack: number | undefined, bandwidth: number): ChannelWindows {
    const attack = this.#attack;
    this.#attack = nextAttack;
    const sequence = this.#toSequence(attack !== undefined, nextAttack !== undefined);
    this.#before = sequence;
    const isShort = sequence === WindowSequence.EightShort;
    const bandOffsets = isShort ? this.#bands.short : this.#bands.long;
    return {
      sequence,
      shape: WindowShape.KaiserBessel,
      windowCount: isShort ? WINDOW_COUNT : 1,
      groupLengths: isShort ? toGroupLengths(attack ?? 0) : [1],
      bandCount: countBands(bandOffsets, (2 * bandwidth) / this.#sampleRate),
      bandOffsets,
      tnsBandCount: isShort ? this.#bands.tnsBandCountShort : this.#bands.tnsBandCountLong,
    };
  }

  #toSequence(hasAttack: boolean, hasNextAttack: boolean): WindowSequence {
    if (hasAttack) return WindowSequence.EightShort;
    if (this.#before === WindowSequence.EightShort) {
      // No long window is steep on both sides.
      return hasNextAttack ? WindowSequence.EightShort : WindowSequence.LongStop;
    }
    return hasNextAttack ? WindowSequence.LongStart : WindowSequence.OnlyLong;
  }
}

/** Bands of which any part is below `share` of the spectrum. */
function countBands(offsets: Uint16Array, share: number): number {
  const size = offsets[offsets.length - 1] ?? 0;
  const count = offsets.findIndex((offset) => offset >= share * size);
  return count === -1 ? offsets.length - 1 : Math.max(count, 1);
}

/** What is before an attack, the attack, and what is after it. */
function toGroupLengths(attack: number): number[] {
  const lasting = Math.min(ATTACK_LENGTH, WINDOW_COUNT - attack);
  return [attack, lasting, WINDOW_COUNT - attack - lasting].filter((length) => length > 0);
}
