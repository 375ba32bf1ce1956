/**
 * What is withheld of a stream in which something is missing.
 *
 * @module
 */

/**
 * Closed until a key frame comes, at the start and after each loss: pictures refer to earlier ones, and
 * decoders show garbage, or nothing, where those are missing.
 */
export class KeyFrameGate {
  #isOpen = false;

  /** Nothing goes through but a key frame: the sender should be asked for one. */
  get isWaiting(): boolean {
    return !this.#isOpen;
  }

  /** A picture, or a part of one, is missing from here on. */
  close(): void {
    this.#isOpen = false;
  }

  /** Whether the next picture may go on. */
  admits(isKeyFrame: boolean): boolean {
    if (isKeyFrame) this.#isOpen = true;
    return this.#isOpen;
  }
}
