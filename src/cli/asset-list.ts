/**
 * The files that the program carries. A checkout reads them from disk, scripts/build.ts puts them
 * into the compiled program.
 *
 * @module
 */

export interface AssetFile {
  /** Where it appears in a URL. */
  readonly path: string;
  /** Where it is, seen from the top of the checkout; absolute in the compiled program. */
  readonly file: string;
  readonly mediaType: string;
}

export const ASSET_FILES: readonly AssetFile[] = [
  ...["index.html", "watch.html", "publish.html", "meeting.html"].map(toPage),
  ...["player.css", "rtc.css"].map(toStyle),
  ...[
    "player.js",
    "live-player.js",
    "driver.js",
    "flv-driver.js",
    "hls-driver.js",
    "native-hls-driver.js",
    "media-rate.js",
    "server-clock.js",
    "copy-button.js",
    "watch.js",
    "publish.js",
    "capture.js",
    "capture-form.js",
    "encodings.js",
    "meeting.js",
    "meeting-tile.js",
    "track-toggle.js",
    "rtmp-address.js",
    "rtc-address.js",
    "rtc-client.js",
    "rtc-driver.js",
    "rtc-error.js",
    "rtc-figures.js",
    "rtc-panel.js",
    "rtc-signalling.js",
    "sdp-fragment.js",
    "whep-client.js",
    "whip-client.js",
  ].map(toScript),
  ...["index.html"].map((name) => toPage(`console/${name}`)),
  toStyle("console/console.css"),
  ...[
    "console.js",
    "api-client.js",
    "api-problem.js",
    "columns.js",
    "dialog.js",
    "list-section.js",
    "list-table.js",
    "list-view.js",
    "overview.js",
    "poller.js",
    "session-view.js",
    "stream-view.js",
    "units.js",
  ].map((name) => toScript(`console/${name}`)),
  // On the API's port, only what is below /console/ is no question to the API.
  { ...toStyle("player.css"), path: "/console/player.css" },
  { path: "/console/favicon.svg", file: "web/favicon.svg", mediaType: "image/svg+xml" },
  { path: "/favicon.svg", file: "web/favicon.svg", mediaType: "image/svg+xml" },
  {
    path: "/mpegts.js",
    file: "node_modules/mpegts.js/dist/mpegts.js",
    mediaType: "text/javascript; charset=utf-8",
  },
  {
    path: "/mpegts.js.LICENSE.txt",
    file: "node_modules/mpegts.js/dist/mpegts.js.LICENSE.txt",
    mediaType: "text/plain; charset=utf-8",
  },
  // The light build cannot play sound from a playlist of its own.
  {
    path: "/hls.mjs",
    file: "node_modules/hls.js/dist/hls.min.mjs",
    mediaType: "text/javascript; charset=utf-8",
  },
  {
    path: "/third-party-notices.txt",
    file: "THIRD_PARTY_NOTICES.md",
    mediaType: "text/plain; charset=utf-8",
  },
  { path: "/test-stream.flv", file: "web/test-stream.flv", mediaType: "video/x-flv" },
];

function toPage(name: string): AssetFile {
  return { path: `/${name}`, file: `web/${name}`, mediaType: "text/html; charset=utf-8" };
}

function toStyle(name: string): AssetFile {
  return { path: `/${name}`, file: `web/${name}`, mediaType: "text/css; charset=utf-8" };
}

function toScript(name: string): AssetFile {
  return { path: `/${name}`, file: `web/${name}`, mediaType: "text/javascript; charset=utf-8" };
}
