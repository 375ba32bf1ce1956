/**
 * Which events somebody wants.
 *
 * @module
 */

import { type RecordedEvent, SERVER_EVENT_TYPES } from "./server-event.ts";

/** As somebody says it; absent: all of them. */
export interface EventWish {
  /** Names of events, or of groups such as `stream.*`, with commas between them. */
  readonly types?: string | undefined;
  readonly vhost?: string | undefined;
  /** App and stream, such as `live/show`. */
  readonly stream?: string | undefined;
}

const ALL = "*";

/** That something has been missed is for everybody who reads. */
const ALWAYS = "events.missed";

export class EventFilter {
  /** As it was said. */
  readonly wish: EventWish;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #vhost: string | undefined;
  readonly #path: string | undefined;

  /** @throws {RangeError} If there cannot be such events; says why. */
  constructor(wish: EventWish) {
    const { types, vhost, stream } = wish;
    this.wish = wish;
    this.#types = types === undefined ? undefined : parseTypes(types);
    if (vhost === "") throw new RangeError('Cannot filter events: "vhost" is empty');
    this.#vhost = vhost;
    if (stream !== undefined && !/^[^/].*\/[^/]+$/.test(stream)) {
      throw new RangeError('Cannot filter events: "stream" is no app/name, such as live/show');
    }
    this.#path = stream;
  }

  matches(event: RecordedEvent): boolean {
    if (event.type === ALWAYS) return true;
    if (this.#types !== undefined && !this.#types.has(event.type)) return false;
    if (this.#vhost === undefined && this.#path === undefined) return true;
    if (!("vhost" in event)) return false;
    if (this.#vhost !== undefined && event.vhost !== this.#vhost) return false;
    return this.#path === undefined || `${event.app}/${event.stream}` === this.#path;
  }
}

/** The names of all that is wanted. */
function parseTypes(text: string): ReadonlySet<string> {
  const wanted = new Set<string>();
  for (const pattern of text.split(",").map((part) => part.trim())) {
    const group = pattern.endsWith(".*") ? pattern.slice(0, -1) : undefined;
    const types = SERVER_EVENT_TYPES.filter((type) => {
      if (pattern === ALL) return true;
      return group === undefined ? type === pattern : type.startsWith(group);
    });
    if (types.length === 0) {
      const known = SERVER_EVENT_TYPES.join(", ");
      throw new RangeError(`Cannot filter events: no type is "${pattern}"; there are ${known}`);
    }
    for (const type of types) wanted.add(type);
  }
  return wanted;
}
