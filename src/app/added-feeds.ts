/**
 * Ingesters and pulled streams that somebody has added by the API to those of the configuration. They
 * are known for as long as the process lives.
 *
 * @module
 */

import { ConfigError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { DEFAULT_VHOST } from "../base/stream-name.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load-config.ts";
import type { VhostConfig } from "../config/vhost-config.ts";
import type { FeedAnswer, FeedChange, FeedKind, FeedProblem } from "../live/feeds.ts";

type Feed =
  | { readonly kind: "ingest"; readonly settings: VhostConfig["ingest"][string] }
  | { readonly kind: "pull"; readonly settings: VhostConfig["pull"][string] };

type Added = Feed & Pick<FeedChange, "vhost" | "id">;

/** Of each kind. */
const COUNT_MAX = 256;

const ID = /^(?!__proto__$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

const DONE: FeedAnswer = { problem: null, reason: "" };

export class AddedFeeds {
  readonly #configured: () => Config;
  readonly #logger: Logger;
  readonly #added: Readonly<Record<FeedKind, Map<string, Added>>> = {
    ingest: new Map<string, Added>(),
    pull: new Map<string, Added>(),
  };

  constructor(configured: () => Config, logger: Logger) {
    this.#configured = configured;
    this.#logger = logger;
  }

  /** The configuration, and what has been added to it where that has nothing of the same name. */
  get config(): Config {
    const configured = this.#configured();
    const vhosts: Record<string, VhostConfig> = { ...configured.vhosts };
    for (const { vhost, id, kind, settings } of this.#all()) {
      const known = Object.hasOwn(vhosts, vhost) ? vhosts[vhost] : undefined;
      if (known === undefined || Object.hasOwn(known[kind], id)) continue;
      vhosts[vhost] = { ...known, [kind]: { ...known[kind], [id]: settings } };
    }
    return { ...configured, vhosts };
  }

  /** Adds one, puts another in its place, or takes one away. */
  change(change: FeedChange): FeedAnswer {
    const { kind, vhost, id, settings } = change;
    const { vhosts } = this.#configured();
    const known = Object.hasOwn(vhosts, vhost) ? vhosts[vhost] : undefined;
    if (known !== undefined && Object.hasOwn(known[kind], id)) {
      return refuse("configured", `The configuration has a ${kind} of that name`);
    }
    const key = JSON.stringify([vhost, id]);
    const added = this.#added[kind];
    if (settings === null) {
      if (!added.delete(key)) return refuse("unknown", `There is no ${kind} of that name`);
      this.#logger.info(`${kind} taken away`, { vhost, id });
      return DONE;
    }
    if (known?.enabled !== true) return refuse("unknown", "There is no such vhost");
    if (!ID.test(id)) {
      return refuse("wrong", "Expected an id of up to 64 letters, digits, dots, dashes and _");
    }
    if (!added.has(key) && added.size >= COUNT_MAX) {
      return refuse("too_many", `There are ${COUNT_MAX} already`);
    }
    try {
      added.set(key, { vhost, id, ...readFeed(kind, id, settings) });
    } catch (error) {
      return refuse("wrong", reasonOf(error, kind, id));
    }
    this.#logger.info(`${kind} added`, { vhost, id });
    return DONE;
  }

  *#all(): IterableIterator<Added> {
    yield* this.#added.ingest.values();
    yield* this.#added.pull.values();
  }
}

function refuse(problem: FeedProblem, reason: string): FeedAnswer {
  return { problem, reason };
}

/** Reads it as a file would be read that holds nothing else, with all checks. */
function readFeed(kind: FeedKind, id: string, text: string): Feed {
  const given: unknown = JSON.parse(text);
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new SyntaxError("no object");
  }
  // Which program is run is said by who has the machine.
  if ("ffmpeg" in given) throw new SyntaxError("ffmpeg is for the configuration alone");
  const vhost = { [kind]: { [id]: { enabled: true, ...given } } };
  const file = JSON.stringify({ vhosts: { [DEFAULT_VHOST]: vhost } });
  const { config } = loadConfig({
    source: { path: "request.yaml", text: file },
    environment: {},
    readText: () => {
      throw new SyntaxError("no other files are read");
    },
  });
  const read = config.vhosts[DEFAULT_VHOST];
  const settings = read?.[kind][id];
  if (settings === undefined) throw new SyntaxError("nothing is read");
  return { kind, settings } as Feed;
}

/** Without the lines and the way to it, which whoever has asked did not write. */
function reasonOf(error: unknown, kind: FeedKind, id: string): string {
  if (error instanceof ConfigError) {
    const path = `vhosts.${DEFAULT_VHOST}.${kind}.${id}`;
    return error.issues
      .map((issue) => `${issue.path.replace(path, kind)}: ${issue.message}`)
      .join("; ");
  }
  if (error instanceof RangeError) return "Expected settings as JSON: too deep";
  if (error instanceof SyntaxError) return `Expected settings as JSON: ${error.message}`;
  throw error;
}
