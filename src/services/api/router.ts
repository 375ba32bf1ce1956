/**
 * Which endpoint answers a path, by SRS's rule: a path that ends with a slash stands for all below it,
 * the longest wins, and who leaves the slash out is sent to it.
 *
 * @module
 */

import { TrieRouter } from "hono/router/trie-router";
import { encodePath } from "../../codec/http/request-target.ts";
import type { HttpContext } from "../../protocols/http/handler.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { type ApiAnswer, notAllowed, redirect } from "./answers.ts";

/** A request, as far as endpoints look at it. */
export interface ApiRequest {
  /** In upper case; for JSONP that of `?method=`, as scripts of a page can only GET. */
  readonly method: string;
  /** What follows the endpoint's path: an id. */
  readonly rest: string;
  readonly http: HttpRequest;
  /** For endless answers. */
  readonly context: HttpContext;
}

export type Endpoint = (request: ApiRequest) => Promise<ApiAnswer> | ApiAnswer;

/** What answers at a path, or all that begins with one. */
interface Route {
  readonly path: string;
  readonly isPrefix: boolean;
  readonly endpoint: Endpoint;
}

/** Endpoints tell methods apart themselves, by SRS's rules. */
const ANY_METHOD = "ALL";

export class Router {
  readonly #router = new TrieRouter<Route>();

  /** Answers this path, with or without a slash behind it. */
  at(path: string, endpoint: Endpoint): void {
    for (const one of [path, `${path}/`]) {
      this.#router.add(ANY_METHOD, one, { path: one, isPrefix: false, endpoint });
    }
  }

  /** Answers all that begins with `prefix`, which ends with a slash. */
  below(prefix: string, endpoint: Endpoint): void {
    this.#router.add(ANY_METHOD, `${prefix}*`, { path: prefix, isPrefix: true, endpoint });
  }

  /** Answers a list below `prefix`, and each of its entries by its id; for reading alone. */
  list(prefix: string, list: Endpoint, one: Endpoint): void {
    this.below(prefix, (request) => {
      if (request.method !== "GET" && request.method !== "HEAD") return notAllowed("GET, HEAD");
      return request.rest === "" ? list(request) : one(request);
    });
  }

  /** @returns `undefined` if there is nothing at that path. */
  route(
    http: HttpRequest,
    method: string,
    context: HttpContext,
  ): Promise<ApiAnswer> | ApiAnswer | undefined {
    const { path } = http;
    const route = this.#find(path);
    if (route === undefined) return undefined;
    if (route.isPrefix && route.path === `${path}/`) {
      return redirect(302, `${encodePath(path)}/${http.query === "" ? "" : `?${http.query}`}`);
    }
    return route.endpoint({ method, rest: path.slice(route.path.length), http, context });
  }

  /** The one for that path alone, else the longest. */
  #find(path: string): Route | undefined {
    let best: Route | undefined;
    for (const [route] of this.#router.match(ANY_METHOD, path)[0]) {
      if (!route.isPrefix && route.path === path) return route;
      if (route.isPrefix && route.path.length > (best?.path.length ?? 0)) best = route;
    }
    return best;
  }
}
