/**
 * Counts the pictures that are missing, by the numbers that publishers write into them.
 *
 * @module
 */

export class MarkWatch {
  #sessionId = -1;
  #number = 0;
  #unmarkedCount = 0;

  /** A picture has come of which no number was seen. */
  unmarked(): void {
    this.#unmarkedCount += 1;
  }

  /**
   * A picture has come. Numbers that go back, as a server repeats what it has stored, and those of
   * another publisher begin anew.
   *
   * @returns How many are missing between this one and the last.
   */
  check(sessionId: number, number: number): number {
    const isSame = sessionId === this.#sessionId;
    const missingCount = isSame ? number - this.#number - 1 - this.#unmarkedCount : 0;
    this.#sessionId = sessionId;
    this.#number = number;
    this.#unmarkedCount = 0;
    return Math.max(0, missingCount);
  }
}
