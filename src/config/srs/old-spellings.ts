/**
 * Directives of older versions of SRS, put the way they are written today, as SRS does on loading.
 *
 * @module
 */

import type { Directive } from "./directives.ts";

/** Vhost directives that live in the block `play` today. */
const MOVED_TO_PLAY = [
  "time_jitter",
  "mix_correct",
  "atc",
  "atc_auto",
  "mw_latency",
  "gop_cache",
  "gop_cache_max_frames",
  "queue_length",
  "send_min_interval",
  "reduce_sequence_header",
];

/** Vhost directives that live in the block `cluster` today. */
const MOVED_TO_CLUSTER = ["mode", "origin", "token_traverse", "vhost", "debug_srs_upnode"];

/** Directives that no version since has a use for, by the block they are in. */
const DROPPED: Readonly<Record<string, readonly string[]>> = {
  rtc_server: ["perf_stat", "queue_length"],
  stream_caster: [
    "tcp_enable",
    "rtp_port_min",
    "rtp_port_max",
    "rtp_idle_timeout",
    "wait_keyframe",
    "audio_enable",
    "auto_create_channel",
  ],
  sip: [
    "serial",
    "realm",
    "ack_timeout",
    "keepalive_timeout",
    "invite_port_fixed",
    "query_catalog_interval",
    "auto_play",
  ],
  http_remux: ["hstrs"],
  // `ram` or `disk`, long without effect. Ours of the same name is for YAML and the environment.
  hls: ["hls_storage"],
};

/** Puts a whole file's directives into today's spelling. */
export function modernize(directives: readonly Directive[]): Directive[] {
  return directives.flatMap((directive) => {
    const { name, children } = directive;
    // SRS 7 has a block for what concerns RTMP alone.
    if (name === "rtmp" && children !== undefined) return children;
    if (name === "http_stream") return { ...directive, name: "http_server" };
    if (children === undefined) return directive;
    if (name === "vhost") return { ...directive, children: modernizeVhost(children) };
    if (name === "stream_caster") return modernizeCaster(directive, children);
    if (name === "srt_server")
      return { ...directive, children: rename(children, SRT_SERVER_NAMES) };
    return drop(directive);
  });
}

const SRT_SERVER_NAMES: Readonly<Record<string, string>> = { tlpkdrop: "tlpktdrop" };
const VHOST_NAMES: Readonly<Record<string, string>> = { http: "http_static" };
const PUBLISH_NAMES: ReadonlyMap<string, string> = new Map([
  ["publish_1stpkt_timeout", "firstpkt_timeout"],
  ["publish_normal_timeout", "normal_timeout"],
]);

function modernizeVhost(children: readonly Directive[]): Directive[] {
  const moved: Directive[] = [];
  const kept: Directive[] = [];
  for (const child of rename(children, VHOST_NAMES)) {
    const today = modernizeVhostDirective(child);
    (today === undefined ? kept : moved).push(...(today ?? [drop(child)]));
  }
  return merge(kept.map(modernizeRtc), moved);
}

/** What an old directive is today, each in its block; `undefined` if it is none. */
function modernizeVhostDirective(directive: Directive): Directive[] | undefined {
  const { name, words, children = [] } = directive;
  const into = (block: string, inner: readonly Directive[]): Directive[] =>
    inner.map((child) => ({ name: block, words: [], place: child.place, children: [child] }));

  if (MOVED_TO_PLAY.includes(name)) return into("play", [directive]);
  if (MOVED_TO_CLUSTER.includes(name)) return into("cluster", [directive]);
  const publishName = PUBLISH_NAMES.get(name);
  if (publishName !== undefined) return into("publish", [{ ...directive, name: publishName }]);
  switch (name) {
    case "mr":
      return into("publish", rename(children, { enabled: "mr", latency: "mr_latency" }));
    case "nack":
      return into("rtc", rename(children, { enabled: "nack", no_copy: "nack_no_copy" }));
    case "twcc":
      return into("rtc", rename(children, { enabled: "twcc" }));
    case "refer_play":
    case "refer_publish":
      return into("refer", [enabled(directive), { ...directive, name: name.slice(6) }]);
    case "refer":
      if (directive.children !== undefined || words.length === 0) return undefined;
      return into("refer", [enabled(directive), { ...directive, name: "all" }]);
    case "forward":
      if (directive.children !== undefined || words.length === 0) return undefined;
      return into("forward", [enabled(directive), { ...directive, name: "destination" }]);
    default:
      return undefined;
  }
}

function enabled({ place }: Directive): Directive {
  return { name: "enabled", words: ["on"], place };
}

/** `aac transcode;` was `rtmp_to_rtc on;`, `bframe keep;` was `keep_bframe on;`. */
function modernizeRtc(directive: Directive): Directive {
  if (directive.name !== "rtc" || directive.children === undefined) return directive;
  const children = directive.children.map((child) => {
    const [word = ""] = child.words;
    if (child.name === "aac") {
      return { ...child, name: "rtmp_to_rtc", words: [word === "transcode" ? "on" : "off"] };
    }
    if (child.name === "bframe") {
      return { ...child, name: "keep_bframe", words: [word === "keep" ? "on" : "off"] };
    }
    return child;
  });
  return { ...directive, children };
}

function modernizeCaster(directive: Directive, children: readonly Directive[]): Directive {
  const hosts = children.filter(({ name }) => name === "host");
  const others = children.filter(({ name }) => name !== "host").map(drop);
  const sip = hosts.map((host) => ({
    name: "sip",
    words: [],
    place: host.place,
    children: [{ ...host, name: "candidate" }],
  }));
  return drop({ ...directive, children: merge(others, sip) });
}

function rename(
  directives: readonly Directive[],
  names: Readonly<Record<string, string>>,
): Directive[] {
  return directives.map((directive) =>
    Object.hasOwn(names, directive.name)
      ? { ...directive, name: names[directive.name] ?? directive.name }
      : directive,
  );
}

function drop(directive: Directive): Directive {
  const dropped = Object.hasOwn(DROPPED, directive.name) ? DROPPED[directive.name] : undefined;
  if (dropped === undefined || directive.children === undefined) return directive;
  const children = directive.children.filter(({ name }) => !dropped.includes(name));
  return { ...directive, children };
}

/** Adds the children of `blocks` to the blocks of the same name. What is there already comes first. */
function merge(directives: readonly Directive[], blocks: readonly Directive[]): Directive[] {
  const added = new Map<string, Directive[]>();
  for (const block of blocks) {
    const children = added.get(block.name) ?? [];
    children.push(...(block.children ?? []));
    added.set(block.name, children);
  }
  const merged = [...directives];
  for (const [name, children] of added) {
    const index = merged.findIndex((directive) => directive.name === name);
    const place = children[0]?.place;
    const block = merged[index] ?? (place && { name, words: [], place });
    if (block === undefined) continue;
    const all = withoutRepetitions([...(block.children ?? []), ...children]);
    merged.splice(index === -1 ? merged.length : index, 1, { ...block, children: all });
  }
  return merged;
}

/** `refer_play a; refer_publish b;` enable the same block twice, which is not worth a warning. */
function withoutRepetitions(directives: readonly Directive[]): Directive[] {
  const unique = new Map<string, Directive>();
  for (const directive of directives) {
    const key = [directive.name, ...directive.words].join("\n");
    if (!unique.has(key)) unique.set(key, directive);
  }
  return [...unique.values()];
}
