/**
 * What backends are called for.
 *
 * @module
 */

import type { HttpHooksConfig } from "../../config/vhost-config.ts";

/** As in SRS. */
export const HOOK_EVENTS = [
  "on_connect",
  "on_publish",
  "on_play",
  "on_forward",
  "on_close",
  "on_unpublish",
  "on_stop",
  "on_dvr",
  "on_hls",
  "on_hls_notify",
] as const;

export type HookEvent = (typeof HOOK_EVENTS)[number];

/** Somebody waits for the answer. */
export type QuestionEvent = "on_connect" | "on_publish" | "on_play" | "on_forward";
export type NewsEvent = Exclude<HookEvent, QuestionEvent>;

/** Whom a vhost calls for an event; `on_forward` has its address elsewhere. */
export function urlsOf(
  settings: HttpHooksConfig,
  event: Exclude<HookEvent, "on_forward">,
): readonly string[] {
  switch (event) {
    case "on_connect":
      return settings.onConnect;
    case "on_publish":
      return settings.onPublish;
    case "on_play":
      return settings.onPlay;
    case "on_close":
      return settings.onClose;
    case "on_unpublish":
      return settings.onUnpublish;
    case "on_stop":
      return settings.onStop;
    case "on_dvr":
      return settings.onDvr;
    case "on_hls":
      return settings.onHls;
    case "on_hls_notify":
      return settings.onHlsNotify;
  }
}
