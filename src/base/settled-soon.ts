/**
 * Waiting for several at once of which some may take very long.
 *
 * @module
 */

import type { Clock, Timer } from "./clock.ts";

/**
 * Waits for all, but once there is one that is something, for no longer than a while.
 *
 * @returns Of those that are late, `undefined`.
 */
export function settledSoon<Value>(
  promises: readonly Promise<Value | undefined>[],
  lateMs: number,
  clock: Pick<Clock, "setTimer">,
): Promise<(Value | undefined)[]> {
  const values: (Value | undefined)[] = promises.map(() => undefined);
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined;
    for (const [index, promise] of promises.entries()) {
      promise.then((value) => {
        values[index] = value;
        if (value !== undefined) timer ??= clock.setTimer(lateMs, () => resolve(values));
      }, reject);
    }
    Promise.all(promises).then(() => {
      timer?.cancel();
      resolve(values);
    }, reject);
  });
}
