/**
 * Makes web/test-stream.flv, the built-in test picture: a moving pattern with a burned-in clock and
 * a tone with a tick each second, as H.264 and AAC. Needs ffmpeg with x264 and a font.
 *
 * 16 s is the shortest loop that holds whole frames of both: 400 pictures of 40 ms and 750 AAC
 * frames of 1024 samples at 48 kHz.
 *
 * @module
 */

import { spawnSync } from "node:child_process";

const SECONDS = 16;
const OUTPUT = new URL("../web/test-stream.flv", import.meta.url).pathname;

const clock = [
  "drawtext=text='Sluice':x=(w-tw)/2:y=92:fontsize=44:fontcolor=white:box=1:boxcolor=black@0.6",
  "drawtext=text='%{pts\\:hms}':x=(w-tw)/2:y=156:fontsize=64:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=8",
].join(",");

const { status } = spawnSync(
  "ffmpeg",
  [
    ...["-y", "-hide_banner", "-loglevel", "error"],
    ...["-f", "lavfi", "-i", `testsrc=size=640x360:rate=25:duration=${SECONDS}`],
    ...[
      "-f",
      "lavfi",
      "-i",
      `sine=frequency=440:beep_factor=4:sample_rate=48000:duration=${SECONDS}`,
    ],
    ...["-vf", `${clock},format=yuv420p`, "-af", "volume=0.35"],
    ...["-c:v", "libx264", "-profile:v", "main", "-preset", "veryslow", "-crf", "26"],
    ...["-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-bf", "0"],
    ...["-c:a", "aac", "-b:a", "48k", "-ac", "1"],
    ...["-fflags", "+bitexact", "-flags", "+bitexact", "-f", "flv", OUTPUT],
  ],
  { stdio: "inherit" },
);
process.exitCode = status ?? 1;
