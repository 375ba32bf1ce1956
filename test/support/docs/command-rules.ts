/**
 * How each command of the documentation is tested: a table that is looked through from the top. What it
 * does not know fails the test, so that a new kind of command has to be thought about.
 *
 * @module
 */

import {
  type Check,
  checkContainer,
  checkInstaller,
  checkNpm,
  checkUnits,
  filesExist,
  npmScripts,
} from "./held-commands.ts";

export interface CommandRule {
  /** Of the whole command, in one line. */
  readonly pattern: RegExp;
  /**
   * `run`: to its end, which has to be good. `moment`: it has no end; it is ended when there is
   * `evidence` that it works. `held`: not run, but held against what exists.
   */
  readonly how: "run" | "moment" | "held";
  /** Why it is not just run as it stands. */
  readonly why?: string;
  /** The server that its addresses lead to; by default the one that has streams to play. */
  readonly server?: "empty" | "leaving";
  /** A program without which it is held. */
  readonly needs?: string;
  readonly rewrite?: (command: string) => string;
  /** A shell command; `$OUTPUT` is a file with what has been printed. */
  readonly evidence?: string;
  /** For `held`: what is wrong. */
  readonly check?: Check;
}

const SLUICE = "(?:bin/)?sluice";
const ANSWERS = 'curl -fs "http://$SLUICE_HTTP_API_LISTEN/api/v1/versions" >"$OUTPUT.answer"';
const IS_PUBLISHED = 'curl -fs "$EMPTY_API/api/v1/streams/" | grep -q \'"active":true\'';
const NO_SCREEN = "there is no screen: programs of that name take some frames by ffprobe";

const RUN: readonly CommandRule[] = [
  { pattern: /^(secret|expires|sign)=/, how: "run" },
  { pattern: new RegExp(`^printf %s '[^']+' \\| ${SLUICE} hash-password$`), how: "run" },
  { pattern: new RegExp(`^(SLUICE_SIGN_SECRET='[^']+' )?${SLUICE} sign-url `), how: "run" },
  { pattern: new RegExp(`^${SLUICE} (-t|-v|--version|config|import|health)( |$)`), how: "run" },
  { pattern: /^openssl (req|rand) /, how: "run" },
  { pattern: /^(chmod 600|mv sluice\.log|tar -czf) /, how: "run" },
  { pattern: /^kill -(HUP|USR1) "\$\(cat sluice\.pid\)"$/, how: "run" },
  { pattern: /^ffprobe /, how: "run" },
  {
    pattern: /^curl -OJ .*\/recordings\/[0-9a-f]{24}\/file$/,
    how: "run",
    why: "the recording has to be one that is there",
    rewrite: (command) => command.replace(/[0-9a-f]{24}/, '"$(recording_id)"'),
  },
  {
    pattern: /^curl -N /,
    how: "moment",
    why: "it goes on for as long as the server does",
    evidence: 'grep -q "^id:" "$OUTPUT"',
  },
  {
    pattern: /^curl -o show\.flv /,
    how: "moment",
    why: "a live stream has no end",
    evidence: "test -s show.flv",
  },
  { pattern: /^curl /, how: "run" },
  {
    pattern: /^ulimit -n \d+$/,
    how: "run",
    why: "who runs the tests may not raise it so far",
    rewrite: () => 'ulimit -n "$(ulimit -n)"',
  },
  {
    pattern: new RegExp(`^${SLUICE} doctor `),
    how: "run",
    why: "the machine may be an ill one",
    rewrite: (command) => `{ ${command} || test $? = 1; }`,
  },
  {
    pattern: new RegExp(`^${SLUICE} bench .*--publish`),
    how: "run",
    why: "a thousand take too long",
    server: "empty",
    rewrite: shortenBench,
  },
  {
    pattern: new RegExp(`^${SLUICE} bench `),
    how: "run",
    why: "a thousand take too long",
    rewrite: shortenBench,
  },
  {
    pattern: /^ffmpeg -i http\S+ -t 60 /,
    how: "run",
    why: "a minute is too long",
    rewrite: (command) => command.replace("-t 60", "-t 1"),
  },
  { pattern: /^(ffplay|vlc|mpv) /, how: "run", why: NO_SCREEN },
  {
    pattern: /^gst-launch-1\.0 playbin3 uri=\S+$/,
    how: "run",
    why: NO_SCREEN,
    rewrite: (command) => command.replace("gst-launch-1.0 playbin3 uri=", "ffplay "),
  },
];

const MOMENTS: readonly CommandRule[] = [
  {
    pattern: new RegExp(`^((SLUICE|SRS)_\\w+=\\S+ )*${SLUICE} (-c \\S+|-e|--demo)$`),
    how: "moment",
    why: "a server has no end",
    evidence: ANSWERS,
  },
  {
    pattern: /^npm start$/,
    how: "moment",
    why: "a server has no end; npm hands no signal on in time",
    rewrite: () => npmScripts()["start"] ?? "false",
    evidence: ANSWERS,
  },
  {
    pattern: /^kill -QUIT "\$\(cat sluice\.pid\)"$/,
    how: "run",
    why: "the server ends, and so is one of its own",
    server: "leaving",
  },
  {
    pattern: /^ffmpeg .*-f v4l2 -i \/dev\/video0 -f alsa -i default .*rtmp:\S+$/,
    how: "moment",
    why: "there is neither camera nor microphone",
    server: "empty",
    rewrite: (command) =>
      command
        .replace("-f v4l2 -i /dev/video0", "-re -f lavfi -i testsrc2=size=320x180:rate=30")
        .replace("-f alsa -i default", "-re -f lavfi -i sine"),
    evidence: IS_PUBLISHED,
  },
  {
    pattern: /^ffmpeg .*-f flv "?rtmps?:\S+$/,
    how: "moment",
    why: "a live stream has no end",
    server: "empty",
    evidence: IS_PUBLISHED,
  },
  {
    pattern: /^gst-launch-1\.0 .*rtmp2sink location=/,
    how: "moment",
    why: "a live stream has no end; the tests do not install GStreamer",
    needs: "gst-launch-1.0",
    server: "empty",
    evidence: IS_PUBLISHED,
  },
];

const HELD: readonly CommandRule[] = [
  {
    pattern: /^ffmpeg .*-f whip "http\S+"$/,
    how: "held",
    why: "Debian's FFmpeg is older than 8; what it does is tested with other WHIP clients",
    check: isWhipAddress,
  },
  {
    pattern: /^gst-launch-1\.0 .*whipclientsink signaller::whip-endpoint="http\S+"$/,
    how: "held",
    why: "Debian has no gst-plugins-rs; what it does is tested with other WHIP clients",
    check: isWhipAddress,
  },
  {
    pattern: /^([A-Z_]+=\S+ )?npm (ci|test|run) ?/,
    how: "held",
    why: "these are the tests, or take minutes",
    check: checkNpm,
  },
  {
    pattern: /^(docker|podman|buildah) /,
    how: "held",
    why: "there is no engine for containers",
    check: checkContainer,
  },
  {
    pattern: /^mkdir -p recordings$|^sudo chown \d+:\d+ recordings$/,
    how: "held",
    why: "it is for a container's user",
  },
  {
    pattern: /^sudo install -m 755 dist\/sluice \S+$/,
    how: "held",
    why: "it changes the machine",
    check: filesExist("scripts/build.ts"),
  },
  {
    pattern: /^(apt|dnf) install \.\/sluice[-_]\S+\.(deb|rpm)$/,
    how: "held",
    why: "it changes the machine",
    check: (command) => checkNpm(`npm run package:${/(deb|rpm)$/.exec(command)?.[1]}`),
  },
  {
    pattern: /^tar xzf sluice-\S+\.tar\.gz$|^cd sluice-[\w.-]+$/,
    how: "held",
    why: "the archive takes minutes to make",
    check: () => checkNpm("npm run package:tar"),
  },
  {
    pattern: /^\.\/install\.sh/,
    how: "held",
    why: "it changes the machine",
    check: checkInstaller,
  },
  {
    pattern: /^systemctl /,
    how: "held",
    why: "systemd does not run where tests do",
    check: checkUnits,
  },
  {
    pattern: /^git checkout COMMIT$|^sha256sum dist\/release\/sluice-\*$/,
    how: "held",
    why: "it takes a build of all programs",
  },
  {
    pattern: /^node sluice\.js -c sluice\.yaml$/,
    how: "held",
    why: "the file takes a build; a test of its own starts it",
    check: () => checkNpm("npm run build:node"),
  },
  {
    pattern: /^npm install \.\/sluice-\S+\.tgz$/,
    how: "held",
    why: "the package takes a build; a test of its own uses it",
    check: () => checkNpm("npm run build:npm"),
  },
];

export const COMMAND_RULES: readonly CommandRule[] = [...RUN, ...MOMENTS, ...HELD];

/** @param command In one line. */
export function findRule(command: string): CommandRule | undefined {
  return COMMAND_RULES.find(({ pattern }) => pattern.test(command));
}

/** Few clients, and a second. */
function shortenBench(command: string): string {
  const short = command
    .replaceAll(/--(players|publishers) \d+/g, "--$1 2")
    .replaceAll(/--duration \d+/g, "");
  return short.replace(/( >\s*\S+)?$/, " --ramp 0 --warmup 0 --duration 1$1");
}

function isWhipAddress(command: string): string[] {
  const isRight = /:8080\/rtc\/v1\/whip\/\?app=\w+&stream=\w+"$/.test(command);
  return isRight ? [] : ["no address for WHIP"];
}
