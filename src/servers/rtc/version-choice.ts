/**
 * Which version of a picture one player gets: the one that it has asked for, else the one that its
 * network bears; of those that it can decode.
 *
 * Spec: RFC 6184, section 8.1 (profile-level-id).
 *
 * @module
 */

import { parseFormatParameters } from "../../codec/sdp/payload-format.ts";
import type { AgreedSection } from "../../protocols/rtc/negotiation/agreement.ts";
import {
  isH264ProfileWithin,
  PROFILE_LEVEL_ID_DEFAULT,
  parseProfileLevelId,
} from "../../protocols/rtc/negotiation/h264-profile.ts";
import {
  LayerSelector,
  type NetworkState,
  SHARE_MAX,
} from "../../protocols/rtc/send/layer-selector.ts";
import type { PacketHistory } from "../../protocols/rtc/send/packet-history.ts";
import { deferralOf } from "./deferral.ts";
import type { VideoVersion } from "./layer-packets.ts";
import { profileLevelOf } from "./wanted-codecs.ts";

/** A change to a rung with so much since its key frame would take as long to catch up. */
const YOUNG_MS = 500;
/** A key frame is waited for so long where there is no hurry, and where the network bears no more. */
const WAIT_UP_MS = 10_000;
const WAIT_DOWN_MS = 1_000;

/** What a player gets. */
export interface PresentVersion {
  readonly history: PacketHistory;
  /** How late the player is, in milliseconds. */
  readonly delayMs: number;
}

export class VersionChoice {
  readonly #layer: string | undefined;
  readonly #section: AgreedSection;
  readonly #agreedProfile: number;
  readonly #selector = new LayerSelector();
  #chosen: string | undefined;
  /** What was there for it lately. */
  #known: readonly VideoVersion[] = [];
  #waitingFor: string | undefined;
  #waitingSinceMs = 0;

  /** @param layer What it has asked for, see RtcOptions; `undefined`: what it can have. */
  constructor(section: AgreedSection, layer: string | undefined) {
    this.#section = section;
    this.#layer = layer;
    const parameters = parseFormatParameters(section.fmtp);
    const profile = parseProfileLevelId(parameters.get("profile-level-id"));
    this.#agreedProfile = profile ?? PROFILE_LEVEL_ID_DEFAULT;
  }

  /**
   * Call it every 250 ms or so.
   *
   * @param network `undefined` if the player tells nothing of it.
   * @returns What it is to get from now on; `undefined`: what it gets.
   */
  choose(
    versions: readonly VideoVersion[],
    present: PresentVersion,
    network: NetworkState | undefined,
    nowMs: number,
  ): VideoVersion | undefined {
    const playable = this.#playable(versions);
    this.#known = playable;
    const current = playable.find(({ history }) => history === present.history);
    const wanted = this.#wanted(playable, network, nowMs) ?? current ?? own(playable);
    if (wanted === undefined || wanted === current) {
      this.#waitingFor = undefined;
      return undefined;
    }
    const isLadder = playable.some(({ isOwn }) => isOwn);
    if (!isLadder || current === undefined) return wanted;
    const waitMs = wanted.bitrate > current.bitrate ? WAIT_UP_MS : WAIT_DOWN_MS;
    return this.#waits(wanted, present.delayMs, waitMs, nowMs) ? undefined : wanted;
  }

  /**
   * What the estimate would have to be for a better version than the present one, or for that to have
   * room; `undefined` if nothing depends on it.
   */
  wantedEstimate(present: PacketHistory, estimate: number): number | undefined {
    if (this.#layer !== undefined) return undefined;
    const index = this.#known.findIndex(({ history }) => history === present);
    const [own, next] = this.#known.slice(index);
    if (index < 0 || own === undefined) return undefined;
    const wanted = own.bitrate > estimate * SHARE_MAX ? own : next;
    return wanted && wanted.bitrate / SHARE_MAX;
  }

  #wanted(
    versions: readonly VideoVersion[],
    network: NetworkState | undefined,
    nowMs: number,
  ): VideoVersion | undefined {
    if (versions.length === 0) return undefined;
    if (this.#layer !== undefined) return named(versions, this.#layer);
    if (network === undefined) return undefined;
    const index = versions.findIndex(({ name }) => name === this.#chosen);
    const bitrates = versions.map(({ bitrate }) => bitrate);
    this.#selector.moved(index < 0 ? undefined : index);
    const wanted = versions[this.#selector.select(bitrates, network, nowMs)];
    this.#chosen = wanted?.name;
    return wanted;
  }

  /** Streams of a ladder may be coded in whatever way: those that are coded as was agreed upon. */
  #playable(versions: readonly VideoVersion[]): readonly VideoVersion[] {
    const base = own(versions);
    if (base === undefined) return versions;
    const baseProfile = base.track && profileLevelOf(base.track);
    return versions.filter(({ isOwn, track }) => {
      if (isOwn) return true;
      if (track === undefined || track.codec !== this.#section.codec) return false;
      if (track.codec !== "h264") return true;
      const profile = profileLevelOf(track);
      if (profile === undefined) return false;
      return (
        isH264ProfileWithin(profile, this.#agreedProfile) ||
        (baseProfile !== undefined && isH264ProfileWithin(profile, baseProfile))
      );
    });
  }

  /** Whether the change is better put off until the next key frame. */
  #waits(wanted: VideoVersion, delayMs: number, waitMs: number, nowMs: number): boolean {
    if (this.#waitingFor !== wanted.name) {
      this.#waitingFor = wanted.name;
      this.#waitingSinceMs = nowMs;
    }
    const { history, latenessMs } = wanted;
    const due = deferralOf(delayMs, latenessMs);
    const endIndex = due.isHeld ? history.indexAfter(nowMs - due.delayMs) : history.nextIndex;
    const ticks = history.ticksSinceKeyFrame(endIndex);
    const sinceKeyFrameMs = (ticks * 1_000) / this.#section.clockRate;
    return sinceKeyFrameMs > YOUNG_MS && nowMs - this.#waitingSinceMs < waitMs;
  }
}

function own(versions: readonly VideoVersion[]): VideoVersion | undefined {
  return versions.find(({ isOwn }) => isOwn);
}

function named(versions: readonly VideoVersion[], layer: string): VideoVersion | undefined {
  if (layer === "lowest") return versions[0];
  if (layer === "highest") return versions.at(-1);
  const found = versions.find(({ name, aliases }) => name === layer || aliases.includes(layer));
  return found ?? own(versions) ?? versions.at(-1);
}
