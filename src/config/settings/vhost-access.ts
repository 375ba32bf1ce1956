/**
 * Vhost blocks that say who may publish and play.
 *
 * @module
 */

import type { Block } from "./setting.ts";
import { block, boolean, rules, strings } from "./setting.ts";

const NEXT = { takes: "next session" } as const;

export const SECURITY: Block = block(
  "security",
  "Access by address. Deny rules are tried first, then allow rules; enabled without rules denies all.",
  [
    boolean("enabled", false, "Apply the rules.", NEXT),
    rules("allow", "Rules that admit, each `publish|play all|ADDRESS|RANGE`.", NEXT),
    rules("deny", "Rules that refuse, each `publish|play all|ADDRESS|RANGE`.", NEXT),
  ],
  {
    typeName: "SecurityConfig",
    hasNoEnv: true,
    planned: "Access rules are not supported yet, everybody may publish and play",
  },
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
  ],
  {
    typeName: "ReferConfig",
    hasNoEnv: true,
    planned: "Checking the page is not supported yet, every page may publish and play",
  },
);
