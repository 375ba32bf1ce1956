/**
 * Goal: a player of HDS gets the stream that was published: by the manifest, the bootstrap information and
 * the fragments that an old set-up asks for by HTTP, with every packet in them once.
 *
 * Method: FFmpeg publishes a file to a server with a configuration of SRS's, of one process and of two. A
 * player of the tests' finds its way from the manifest; FFmpeg reads what is in the fragments, each by
 * itself and all of them together.
 */

import { writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { expectCopyOf } from "../support/compare-copies.ts";
import { copiedPackets } from "../support/copied-packets.ts";
import { probePackets, publishFile } from "../support/ffmpeg.ts";
import { readBootstrap, readHdsFragment, toFlvFile } from "../support/hds.ts";
import { joinBytes } from "../support/hex.ts";
import { findAll } from "../support/mpd-check.ts";
import { packagedSource } from "../support/packaged-source.ts";
import { fetchBytes, fetchText } from "../support/packaged-stream.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor, within } from "../support/wait.ts";
import { parseXml } from "../support/xml-parse.ts";

const CODECS = { video: "h264", audio: "aac" } as const;
const FRAGMENT_SECONDS = 4;

async function start(workers: number): Promise<TestServer> {
  const server = await startServer({
    srsConfig: ({ rtmp, http, api }, home) => `
      listen 127.0.0.1:${rtmp};
      daemon off;
      srs_log_tank console;
      workers ${workers};
      http_server { enabled on; listen 127.0.0.1:${http}; dir ${home}/html; }
      http_api { enabled on; listen 127.0.0.1:${api}; }
      vhost __defaultVhost__ {
        hds { enabled on; hds_path ${home}/html; hds_fragment ${FRAGMENT_SECONDS}; hds_window 600; }
      }
    `,
  });
  onTestFinished(() => server.stop());
  await waitFor("the server", () => server.events("server ready").length > 0);
  return server;
}

/** Every fragment that the manifest leads to. */
async function download(manifestUrl: string): Promise<Uint8Array[]> {
  const manifest = parseXml(await fetchText(manifestUrl));
  const urlOf = (name: string): string => {
    const url = findAll(manifest, name)[0]?.attributes.get("url");
    return new URL(url ?? "", manifestUrl).href;
  };
  const { runs } = readBootstrap(await fetchBytes(urlOf("bootstrapInfo")));
  return Promise.all(runs.map(({ first }) => fetchBytes(`${urlOf("media")}Seg1-Frag${first}`)));
}

test.each([1, 2])("by %i processes: fragments have the source's packets", async (workers) => {
  const server = await start(workers);
  const source = await packagedSource("h264-aac.flv", CODECS);
  const publisher = publishFile(source.path, server.rtmpUrl("live/show"), { isFast: true });
  onTestFinished(async () => void (await publisher.end()));
  expect((await within("the publisher's end", publisher.exited)).code).toBe(0);
  await waitFor("its leaving", () => server.events("stream unpublished").length > 0);
  const all = await copiedPackets(source.path, { kind: "flv", ...CODECS });
  const lastMs = Math.max(...all.map(({ dts }) => dts));
  const url = server.httpUrl("/live/show");
  await waitFor("the last fragment", async () => {
    const bytes = await fetchBytes(`${url}.abst`).catch(() => undefined);
    return bytes !== undefined && readBootstrap(bytes).currentMs >= lastMs;
  });

  const fragments = await download(`${url}.f4m`);
  expect(fragments.length).toBeGreaterThan(3);
  for (const [index, fragment] of fragments.entries()) {
    const path = `${server.folder}/fragment-${index}.flv`;
    writeFileSync(path, toFlvFile(fragment));
    const packets = await probePackets(path);
    // Nothing but sequence headers and these: two tags more than packets.
    expect(packets.length).toBe(readHdsFragment(fragment).length - 2);
    expect(packets.find(({ codecType }) => codecType === "video")?.isKeyFrame).toBe(true);
  }

  const path = `${server.folder}/all.flv`;
  const [first = new Uint8Array(), ...others] = fragments;
  const media = others.map((fragment) => fragment.subarray(8));
  writeFileSync(path, joinBytes(toFlvFile(first), ...media));
  expectCopyOf(all, await copiedPackets(path, { kind: "flv", ...CODECS }));
});
