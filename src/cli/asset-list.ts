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
