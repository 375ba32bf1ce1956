/**
 * The function that Kaiser's windows are made of.
 *
 * @module
 */

/** The modified Bessel function of the first kind, of order 0, for 0 to 20: its series. */
export function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 50; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
