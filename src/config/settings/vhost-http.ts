/**
 * Vhost blocks about HTTP: static files, live streams, callbacks.
 *
 * @module
 */

import type { Block } from "./setting.ts";
import { block, boolean, integer, number, string, strings } from "./setting.ts";

const NEXT = { takes: "next session" } as const;

export const HTTP_STATIC: Block = block(
  "http_static",
  "Static files of this vhost.",
  [
    boolean("enabled", false, "Serve the files.", NEXT),
    string("mount", "[vhost]/", "Where they appear: host and path.", NEXT),
    string("dir", "./html", "Folder of the files.", { srsDefault: "./objs/nginx/html", ...NEXT }),
  ],
  { typeName: "HttpStaticConfig" },
);

export const HTTP_REMUX: Block = block(
  "http_remux",
  "Live streams over HTTP and WebSocket.",
  [
    boolean("enabled", true, "Serve the streams.", { srsDefault: false, ...NEXT }),
    string(
      "mount",
      "[vhost]/[app]/[stream].flv",
      "Where a stream appears: host, path, and the extension that selects the format: `.flv`, `.ts`, `.aac` or `.mp3`.",
      NEXT,
    ),
    strings(
      "formats",
      ["flv", "ts", "aac", "mp3"],
      "Formats of a stream, each under its own extension in place of that of `mount`, which is always one of them.",
      { isOwn: true, srsDefault: [], ...NEXT },
    ),
    number("fast_cache", 0, "Audio to start a player with; for AAC and MP3.", {
      unit: "s",
      ...NEXT,
    }),
    boolean(
      "drop_if_not_match",
      true,
      "Drop audio or video that the FLV header did not announce.",
      NEXT,
    ),
    boolean("has_audio", true, "Announce audio if nothing is known yet.", NEXT),
    boolean("has_video", true, "Announce video if nothing is known yet.", NEXT),
    boolean("guess_has_av", true, "Announce what the stream's first frames are.", NEXT),
  ],
  { typeName: "HttpRemuxConfig" },
);

const URLS = "Each gets a POST, in order.";

/** What SRS has. */
const EVENTS = [
  strings("on_connect", [], `URLs for a client that connects. ${URLS}`, NEXT),
  strings("on_close", [], `URLs for a client that has gone. ${URLS}`, NEXT),
  strings("on_publish", [], `URLs for a publisher that starts. ${URLS}`, NEXT),
  strings("on_unpublish", [], `URLs for a publisher that has stopped. ${URLS}`, NEXT),
  strings("on_play", [], `URLs for a player that starts. ${URLS}`, NEXT),
  strings("on_stop", [], `URLs for a player that has stopped. ${URLS}`, NEXT),
  strings("on_dvr", [], `URLs for a finished recording. ${URLS}`, NEXT),
  strings("on_hls", [], `URLs for a finished HLS segment. ${URLS}`, NEXT),
  strings("on_hls_notify", [], "URLs to GET for a finished HLS segment; may hold variables.", NEXT),
];

const OWN = { isOwn: true, ...NEXT } as const;

/** How backends are called. SRS has nothing to set here. */
const CALLS = [
  number(
    "timeout",
    30,
    "How long a backend may take to say whether a session may begin. If it takes longer, the session is refused.",
    { min: 1, max: 3_600, unit: "s", ...OWN },
  ),
  number("notify_timeout", 10, "How long a backend may take to answer what it is only told.", {
    min: 1,
    max: 3_600,
    unit: "s",
    ...OWN,
  }),
  integer(
    "retries",
    2,
    "How often what a backend is only told is told again, if it could not be reached, broke off, took too long, or answered with a status from 500.",
    { max: 100, srsDefault: 0, ...OWN },
  ),
  boolean(
    "keep_undelivered",
    false,
    "Go on after `retries`, until the backend takes it or the queue is full.",
    OWN,
  ),
  boolean(
    "notify_in_order",
    false,
    "Tell a backend one thing after the other. Off: only of one client, those of others at the same time.",
    OWN,
  ),
  integer("queue_max", 10_000, "How much may wait to be told to one backend.", { min: 1, ...OWN }),
  integer("queue_bytes", 16 * 1024 * 1024, "How many bytes of it.", {
    min: 65_536,
    unit: "bytes",
    ...OWN,
  }),
  integer(
    "connections",
    128,
    "Connections to one backend, at most. What is only told uses half of them.",
    { min: 1, max: 10_000, ...OWN },
  ),
  boolean("tls_verify", true, "Refuse a backend whose certificate is not valid.", OWN),
  string("tls_ca", "", "File of further authorities to trust, PEM.", OWN),
  string("secret", "", "Sign each request with this in the field `X-Sluice-Signature`.", {
    isEnvironmentReference: true,
    ...OWN,
  }),
];

export const HTTP_HOOKS: Block = block(
  "http_hooks",
  "Callbacks to your own HTTP servers, which may refuse a session.",
  [boolean("enabled", false, "Call back.", NEXT), ...EVENTS, ...CALLS],
  { typeName: "HttpHooksConfig" },
);
