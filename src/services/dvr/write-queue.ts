/**
 * How much of one stream waits for the disk, in all files that it is written to.
 *
 * @module
 */

export class WriteQueue {
  /** Bytes. */
  size = 0;

  /** Whether `added` more bytes may wait. What comes when nothing waits always may. */
  hasRoom(added: number, sizeMax: number): boolean {
    return this.size === 0 || this.size + added <= sizeMax;
  }
}
