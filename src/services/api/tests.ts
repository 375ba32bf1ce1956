/**
 * `/api/v1/tests/`: answers by which somebody tries out a client.
 *
 * @module
 */

import { PRODUCT_NAME, VERSION } from "../../base/version.ts";
import { requestedHost } from "../../protocols/http/requested-vhost.ts";
import { ErrorCode, envelope, redirect } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import type { Router } from "./router.ts";

const ERRORS = "/api/v1/tests/errors";

export function addTests(router: Router, { identity, clock }: ApiParts): void {
  router.at("/api/v1/tests/requests", ({ method, http }) => {
    const data = {
      uri: `${http.isTls ? "https" : "http"}://${requestedHost(http)}${http.rawPath}`,
      path: http.path,
      METHOD: method,
      // As SRS spells it.
      headers: {
        sigature: PRODUCT_NAME,
        version: VERSION,
        link: "",
        time: Math.round(clock.wallMs()),
      },
    };
    return { ...envelope(identity), data };
  });
  router.at(ERRORS, () => ({ code: ErrorCode.Test }));
  router.at("/api/v1/tests/redirects", () => redirect(301, ERRORS));
}
