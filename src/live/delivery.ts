/**
 * What subscribers got and what they did not, summed up.
 *
 * @module
 */

/** Of one subscriber. */
export interface SubscriberFigures {
  readonly sentSize: number;
  readonly skipCount: number;
  readonly skippedSize: number;
  readonly hasTimedOut: boolean;
}

export class Delivery {
  /** Bytes handed to sockets. */
  sentSize = 0;
  /** How often somebody fell too far behind and skipped to a key frame. */
  skipCount = 0;
  /** Bytes that were left out because of that. */
  skippedSize = 0;
  /** How many were closed because they took nothing for too long. */
  writeTimeoutCount = 0;

  addSubscriber(subscriber: SubscriberFigures): void {
    this.sentSize += subscriber.sentSize;
    this.skipCount += subscriber.skipCount;
    this.skippedSize += subscriber.skippedSize;
    if (subscriber.hasTimedOut) this.writeTimeoutCount += 1;
  }

  add(delivery: Delivery): void {
    this.sentSize += delivery.sentSize;
    this.skipCount += delivery.skipCount;
    this.skippedSize += delivery.skippedSize;
    this.writeTimeoutCount += delivery.writeTimeoutCount;
  }
}
