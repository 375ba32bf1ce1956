/**
 * Asks the HTTP API of the page's own server.
 *
 * @module
 */

import { ApiProblem } from "./api-problem.js";

/** The most that the API has in a page. */
const PAGE_COUNT = 10_000;
/** Bounds what a browser has to hold: some 25 MB of sessions. */
const LIST_MAX = 5 * PAGE_COUNT;

/** A server that has hung is to be told of. */
const ANSWER_MS_MAX = 15_000;

/** What the API answers for who has left already. */
const CLIENT_NOT_FOUND = 2049;

export class ApiClient {
  #base;
  #fetch;
  /** Until the API has let it in, the browser may be asking for a password, which takes its time. */
  #isLetIn = false;

  /**
   * @param {URL} page The console's address; the API is beside it, also below some proxy's path.
   * @param {typeof fetch} fetch
   */
  constructor(page, fetch) {
    this.#base = new URL("../api/v1/", page);
    this.#fetch = fetch;
  }

  /**
   * All that the console shows.
   *
   * @throws {ApiProblem} If the API refuses, or cannot be reached.
   */
  async readAll() {
    // First by itself: four questions would be four windows that ask for a password.
    const { data: summary } = await this.#ask("summaries");
    const [vhosts, streams, clients] = await Promise.all(
      ["vhosts", "streams", "clients"].map((name) => this.#list(name)),
    );
    return { summary, vhosts, streams, clients };
  }

  /**
   * @param {string} clientId
   * @returns {Promise<boolean>} False if it had left already.
   * @throws {ApiProblem}
   */
  async disconnect(clientId) {
    const path = `clients/${encodeURIComponent(clientId)}`;
    const { code } = await this.#ask(path, { method: "DELETE" });
    if (code !== 0 && code !== CLIENT_NOT_FOUND) throw new ApiProblem(200, `Error ${code}`);
    return code === 0;
  }

  /** Without doubles: who comes in between moves what is behind by one. */
  async #list(name) {
    const all = new Map();
    for (let start = 0; start < LIST_MAX; start += PAGE_COUNT) {
      const answer = await this.#ask(`${name}/?start=${start}&count=${PAGE_COUNT}`);
      const entries = answer[name] ?? [];
      for (const entry of entries) all.set(entry.id, entry);
      if (entries.length < PAGE_COUNT) break;
    }
    return [...all.values()];
  }

  async #ask(path, options = {}) {
    const answer = await this.#fetch(new URL(path, this.#base), {
      ...options,
      cache: "no-store",
      signal: this.#isLetIn ? AbortSignal.timeout(ANSWER_MS_MAX) : null,
    }).catch(() => undefined);
    if (answer === undefined) throw new ApiProblem(0, "");
    this.#isLetIn = answer.ok;
    const body = await answer.json().catch(() => undefined);
    if (!answer.ok) throw new ApiProblem(answer.status, body?.message ?? "");
    if (body === undefined) throw new ApiProblem(answer.status, "The answer is no JSON");
    return body;
  }
}
