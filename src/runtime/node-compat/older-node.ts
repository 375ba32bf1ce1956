/**
 * What the language and the web have since, for the versions of Node that distributions carry.
 *
 * Spec: ECMA-262, 2024 edition, 27.2.4.8 Promise.withResolvers, 22.1.3.32 String.prototype.toWellFormed,
 * 23.1.3.34 Array.prototype.toSorted; WHATWG URL, 6.1, URL.parse.
 *
 * @module
 */

/** Node 18 lacks all of it, Node 20 some; the sources need no more. To be called before all else. */
export function completeOlderNode(): void {
  complete(Promise, "withResolvers", withResolvers);
  complete(Array.prototype, "toSorted", toSorted);
  complete(String.prototype, "toWellFormed", toWellFormed);
  complete(URL, "parse", parseUrl);
}

function complete(owner: object, name: string, value: unknown): void {
  if (name in owner) return;
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
}

export function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: PromiseWithResolvers<T>["resolve"] = () => undefined;
  let reject: PromiseWithResolvers<T>["reject"] = () => undefined;
  const promise = new Promise<T>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  return { promise, resolve, reject };
}

/** As a method of an array. */
export function toSorted<T>(this: readonly T[], compare?: (a: T, b: T) => number): T[] {
  return [...this].sort(compare);
}

/** As a method of a string. */
export function toWellFormed(this: string): string {
  return this.replaceAll(/\p{Surrogate}/gu, "\ufffd");
}

export function parseUrl(text: string, base?: string): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}
