/**
 * Vhost blocks that say who may publish and play.
 *
 * @module
 */

import type { Block } from "./setting.ts";
import { block, boolean, rules, string, strings } from "./setting.ts";

const NEXT = { takes: "next session" } as const;
const OWN = { takes: "next session", isOwn: true } as const;
/** Secrets need not stand in a file that others read. */
const SECRET = { ...OWN, isEnvironmentReference: true } as const;

export const SECURITY: Block = block(
  "security",
  "Access by address. Deny rules are tried first, then allow rules; enabled without rules denies all.",
  [
    boolean("enabled", false, "Apply the rules.", NEXT),
    rules("allow", "Rules that admit, each `publish|play all|ADDRESS|RANGE`.", NEXT),
    rules("deny", "Rules that refuse, each `publish|play all|ADDRESS|RANGE`.", NEXT),
  ],
  { typeName: "SecurityConfig", hasNoEnv: true },
);

export const REFER: Block = block(
  "refer",
  "Access by the page that a player is embedded in.",
  [
    boolean("enabled", false, "Check the page.", NEXT),
    strings(
      "all",
      [],
      "Sites that may publish and play; a page's host must end with one of them.",
      NEXT,
    ),
    strings("play", [], "Sites that may play.", NEXT),
    strings("publish", [], "Sites that may publish.", NEXT),
    boolean(
      "http",
      false,
      "Check HTTP players too, by their field Referer; else, as in SRS, RTMP clients alone.",
      OWN,
    ),
  ],
  { typeName: "ReferConfig", hasNoEnv: true },
);

export const TOKEN: Block = block(
  "token",
  "Access by a token, a signed URL, or a user's name and password; docs/access.md says how.",
  [
    boolean("publish", false, "Publishers must show one of them.", OWN),
    boolean("play", false, "Players must show one of them.", OWN),
    string(
      "jwt_secret",
      "",
      "Secret of JSON Web Tokens signed by HS256, of at least 32 bytes. `$NAME` is an environment variable. Empty: none are accepted.",
      SECRET,
    ),
    string(
      "jwks",
      "",
      "Public keys of JSON Web Tokens signed by RS256 or ES256: the https URL of a JSON Web Key Set, or a file with one. Empty: none are accepted.",
      OWN,
    ),
    string("issuer", "", "What `iss` in a JSON Web Token must be. Empty: anything.", OWN),
    string("audience", "", "What `aud` in it must be or contain. Empty: anything.", OWN),
    strings(
      "sign_secrets",
      [],
      "Secrets of signed URLs, of at least 16 bytes; `$NAME` is an environment variable. Each of them is good, so that one can follow another.",
      SECRET,
    ),
  ],
  { typeName: "TokenConfig" },
);
