/**
 * Whether the files of packaged streams can be told apart, and the streams of a ladder.
 *
 * @module
 */

import type { CmafConfig, DashConfig, HlsConfig } from "./packaging-config.ts";
import { quote } from "./quote.ts";
import type { VhostConfig } from "./vhost-config.ts";

type Fault = (steps: readonly string[], message: string) => void;

export function checkPackaging(vhost: VhostConfig, steps: readonly string[], fault: Fault): void {
  const { hls, cmaf, dash } = vhost;
  const report = (block: string, name: string, message: string): void =>
    fault([...steps, block, name], message);
  if (hls.enabled) checkHls(hls, (name, message) => report("hls", name, message));
  if (cmaf.enabled) {
    checkCmaf(cmaf, (name, message) => report("cmaf", name, message));
    if (hls.enabled && hls.hlsM3u8File === cmaf.playlist) {
      const other = "it is the playlist of cmaf; choose another name here or for cmaf.playlist";
      report("hls", "hls_m3u8_file", `Cannot use ${quote(cmaf.playlist)}: ${other}`);
    }
  }
  if (dash.enabled) checkDash(dash, (name, message) => report("dash", name, message));
  checkLadder(hls.hlsVariants, (message) => report("hls", "hls_variants", message));
  if (vhost.rtc.variants === hls.hlsVariants) return; // Where it has none of its own.
  checkLadder(vhost.rtc.variants, (message) => report("rtc", "variants", message));
}

function checkLadder(endings: readonly string[], fault: (message: string) => void): void {
  endings.forEach((ending, index) => {
    if (ending === "" || /[/?#\s]/.test(ending)) {
      fault(`Expected the ending of a stream's name such as "_720", found ${quote(ending)}`);
    } else if (endings.indexOf(ending) < index) {
      fault(`${quote(ending)} stands here twice`);
    }
  });
}

type BlockFault = (name: string, message: string) => void;

function checkHls(hls: HlsConfig, fault: BlockFault): void {
  const names = {
    hls_m3u8_file: hls.hlsM3u8File,
    hls_ts_file: hls.hlsTsFile,
    ...(hls.hlsKeys && { hls_key_file: hls.hlsKeyFile }),
  };
  for (const [name, text] of Object.entries(names)) {
    if (text.includes("[stream]")) continue;
    fault(name, `Expected [stream] in ${quote(text)}, to tell streams apart`);
  }
  for (const [name, text] of Object.entries(names).slice(1)) {
    if (/\[(?:seq|timestamp)\]/.test(text)) continue;
    fault(name, `Expected [seq] or [timestamp] in ${quote(text)}, to tell segments apart`);
  }
}

function checkCmaf(cmaf: CmafConfig, fault: BlockFault): void {
  checkStream("playlist", cmaf.playlist, fault);
  if (!cmaf.playlist.endsWith(".m3u8")) {
    fault("playlist", `Expected a name that ends with .m3u8, found ${quote(cmaf.playlist)}`);
  }
  if (cmaf.lowLatency && cmaf.partDuration * 2 > cmaf.segmentDuration) {
    fault("part_duration", "Expected no more than half of segment_duration");
  }
}

function checkDash(dash: DashConfig, fault: BlockFault): void {
  checkStream("dash_mpd_file", dash.dashMpdFile, fault);
  if (!dash.dashMpdFile.endsWith(".mpd")) {
    fault("dash_mpd_file", `Expected a name that ends with .mpd, found ${quote(dash.dashMpdFile)}`);
  }
}

function checkStream(name: string, text: string, fault: BlockFault): void {
  if (text.includes("[stream]") && text.includes("[app]")) return;
  fault(name, `Expected [app] and [stream] in ${quote(text)}, to tell streams apart`);
}
