/**
 * Goal: what is left of a live playlist that has ended is known again, also where its addresses are signed
 * anew for each request; a recording, and what comes after, are something else.
 */

import { expect, test } from "vitest";
import {
  type ReadMediaPlaylist,
  readPlaylist,
} from "../../../../src/codec/m3u8/playlist-reader.ts";
import { EndedPlaylists } from "../../../../src/services/pull/hls/ended-playlists.ts";

function playlist(uri: string, isEnded: boolean): ReadMediaPlaylist {
  const end = isEnded ? "#EXT-X-ENDLIST\n" : "";
  const text = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:1,\n${uri}\n${end}`;
  return readPlaylist(text) as ReadMediaPlaylist;
}

test("a live one that has ended is known again, whatever its query", () => {
  const ended = new EndedPlaylists();
  expect(ended.wasLive("video")).toBe(false);
  ended.note("video", playlist("7.ts?token=a", false));
  expect(ended.wasLive("video")).toBe(true);
  expect(ended.has("video", playlist("7.ts?token=a", true))).toBe(false);
  ended.note("video", playlist("7.ts?token=a", true));
  expect(ended.has("video", playlist("7.ts?token=b", true))).toBe(true);
  expect(ended.has("video", playlist("8.ts", true))).toBe(false);
  expect(ended.has("video", playlist("7.ts", false))).toBe(false);
  expect(ended.has("audio", playlist("7.ts", true))).toBe(false);
});

test("a recording has not ended", () => {
  const ended = new EndedPlaylists();
  ended.note("video", playlist("7.ts", true));
  expect(ended.has("video", playlist("7.ts", true))).toBe(false);
});
