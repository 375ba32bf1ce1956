/**
 * Goal: encrypted HLS can be decrypted by whoever has the keys that its playlist names, wherever in it
 * they begin, and keys are there for exactly as long as segments need them.
 *
 * Method: segments decrypted with the key and the initialization vector that the playlist tells, on disk
 * and by HTTP.
 */

import { expect, test } from "vitest";
import { fromHex } from "../../support/hex.ts";
import { checkMediaPlaylist } from "../../support/hls-check.ts";
import { PackagingBench } from "../../support/packaging-bench.ts";
import { framesOf } from "../../support/packaging-frames.ts";
import { readTransportStream } from "../../support/transport-stream.ts";

const ROOT = "/html";
const PLAYLIST = "/live/livestream.m3u8";

function start(hls: string): PackagingBench {
  return new PackagingBench(`
    listen 1935; daemon off; srs_log_tank console; http_server { enabled on; dir ${ROOT}; }
    vhost __defaultVhost__ {
      play { time_jitter off; }
      hls { enabled on; hls_ctx off; hls_path ${ROOT}; hls_fragment 2; hls_window 8; hls_keys on;
        hls_fragments_per_key 2; ${hls} }
    }
  `);
}

interface EncryptedSegment {
  readonly uri: string;
  readonly keyUri: string;
  readonly iv: Uint8Array;
}

/** What is in force at each segment. */
function readKeys(text: string): EncryptedSegment[] {
  let key: RegExpExecArray | undefined;
  return text.split("\n").flatMap((line) => {
    key = /^#EXT-X-KEY:METHOD=AES-128,URI="([^"]+)",IV=0x([0-9A-F]{32})$/.exec(line) ?? key;
    if (line === "" || line.startsWith("#")) return [];
    return [{ uri: line, keyUri: key?.[1] ?? "", iv: fromHex(key?.[2] ?? "") }];
  });
}

async function publish(bench: PackagingBench, toMs: number): Promise<void> {
  const publisher = await bench.publish("live/livestream");
  await publisher.send(framesOf({ toMs }));
}

test("segments decrypt to a transport stream, with padding at the end of each", async () => {
  const bench = start("");
  await publish(bench, 30_100);
  const text = await bench.text(PLAYLIST);
  expect(checkMediaPlaylist(text)).toEqual([]);
  const plain: Uint8Array[] = [];
  const remainders = new Set<number>();
  for (const { uri, keyUri, iv } of readKeys(text)) {
    const answer = await bench.get(`/live/${keyUri}`);
    expect(answer.status).toBe(200);
    expect(answer.fields.get("Cache-Control")).toBe("no-store");
    expect(answer.bytes.length).toBe(16);
    const encrypted = await bench.bytes(`/live/${uri}`);
    expect(encrypted.length % 16).toBe(0);
    // PKCS #7 always adds something; what does not end in it is an error.
    const bytes = bench.runtime.crypto.decryptAes("cbc", answer.bytes, iv, encrypted);
    expect(encrypted.length).toBe(bytes.length - (bytes.length % 16) + 16);
    remainders.add(bytes.length % 64);
    plain.push(bytes);
  }
  expect(plain).toHaveLength(5);
  // Packets of 188 bytes: also segments of a multiple of four are padded.
  expect(remainders.size).toBeGreaterThan(1);
  readTransportStream(Buffer.concat(plain));
});

test("each key is for two segments, and named where it changes and where the playlist begins", async () => {
  const bench = start("hls_key_url https://keys/; hls_key_file [app]/[stream]-[seq].key;");
  await publish(bench, 18_100);
  const text = await bench.text(PLAYLIST);
  const lines = text.split("\n").filter((line) => /KEY|\.ts$/.test(line));
  expect(lines.map((line) => line.replace(/,IV=.*/, ""))).toEqual(
    [
      "livestream-4.ts",
      "livestream-5.ts",
      "livestream-6.ts",
      "livestream-7.ts",
      "livestream-8.ts",
    ].flatMap((name, i) => {
      const key = `#EXT-X-KEY:METHOD=AES-128,URI="https://keys/live/livestream-${4 + i}.key"`;
      return i % 2 === 0 ? [key, name] : [name];
    }),
  );
  const odd = start("");
  await publish(odd, 16_100);
  const [first, second] = readKeys(await odd.text(PLAYLIST));
  expect(first?.uri).toBe("livestream-3.ts");
  // SRS leaves out the tag here, and the segment cannot be played.
  expect(first?.keyUri).toBe("livestream-2.key");
  expect(second?.keyUri).toBe("livestream-4.key");
});

test("keys are on disk before the playlist names them, and go with the last segment that needs them", async () => {
  const bench = start("hls_key_file_path /keys; hls_key_file deep/[stream]-[seq].key;");
  const publisher = await bench.publish("live/livestream");
  const frames = framesOf({ toMs: 40_000 });
  const keysSeen = new Set<string>();
  while (frames.length > 0) {
    await publisher.send(frames.splice(0, 10));
    const { files } = bench.runtime;
    const path = `${ROOT}${PLAYLIST}`;
    if ((await files.stat(path)) === undefined) continue;
    const keys = await bench.files("/keys");
    for (const { uri, keyUri } of readKeys(files.readTextSync(path))) {
      expect(keys).toContain(`/keys/${keyUri.replace(/^(\.\.\/)+/, "")}`);
      expect(await files.stat(`${ROOT}/live/${uri}`)).toBeDefined();
      keysSeen.add(keyUri);
    }
    // Of seven segments, two of which are not listed any more.
    expect(keys.length).toBeLessThanOrEqual(5);
  }
  expect(keysSeen.size).toBe(10);
});

test("no key is left when the stream is gone, nor of a segment that was given up", async () => {
  const bench = start("hls_key_file [app]/[stream]-[timestamp]-[seq].key; hls_dispose 20;");
  const publisher = await bench.publish("live/livestream");
  await publisher.send(framesOf({ toMs: 4_040, hasAudio: false }));
  await publisher.leave();
  const keys = async (): Promise<number> =>
    (await bench.files(ROOT)).filter((path) => path.endsWith(".key")).length;
  expect(await keys()).toBe(1);
  await bench.advance(25_000);
  expect(await bench.files(ROOT)).toEqual([]);
});

test("a key that cannot be written makes gaps on disk until it can", async () => {
  const bench = start("hls_key_file_path /keys;");
  const { files } = bench.runtime;
  files.fault = (path) => (path.startsWith("/keys") ? "EACCES" : undefined);
  const publisher = await bench.publish("live/livestream");
  await publisher.send(framesOf({ toMs: 5_000 }));
  expect(await files.stat(`${ROOT}${PLAYLIST}`)).toBeUndefined();
  expect(readKeys(await bench.text(PLAYLIST))).toHaveLength(2);
  files.fault = () => undefined;
  await publisher.send(framesOf({ fromMs: 6_000, toMs: 12_100 }));
  const text = files.readTextSync(`${ROOT}${PLAYLIST}`);
  // Of the two the first has left by now.
  expect(text.match(/GAP/g)).toHaveLength(1);
  expect(bench.events("packaging file not written")).toHaveLength(1);
  expect(bench.events("packaging files written again")).toHaveLength(1);
});
