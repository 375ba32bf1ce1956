/**
 * Lists of unfinished files as they are on disk: JSON.
 *
 * @module
 */

import type { SessionRequest } from "../../live/admission.ts";
import type { RecordingFormatName } from "./formats/recording-format.ts";
import type { ListOwner } from "./list-owners.ts";
import { parseJson } from "./own-folder.ts";
import type { Recorded } from "./recorded.ts";

/** A file that is not complete. */
export interface Unfinished extends Recorded {
  /** Its name when it is complete. */
  readonly path: string;
}

interface ListText extends ListOwner {
  /** How often it has been written: no two texts of a process that is alive are the same. */
  readonly turn: number;
  readonly recordings: readonly UnfinishedText[];
}

interface UnfinishedText extends Omit<Unfinished, "publisher"> {
  /** Without what is secret: its query. */
  readonly publisher: PublisherText | null;
}

type PublisherText = Pick<SessionRequest, "clientId" | "remoteAddress" | "tcUrl">;

export function formatList(owner: ListOwner, turn: number, files: Iterable<Unfinished>): string {
  const text: ListText = { ...owner, turn, recordings: Array.from(files, toText) };
  return JSON.stringify(text);
}

function toText({ publisher, ...unfinished }: Unfinished): UnfinishedText {
  if (publisher === undefined) return { ...unfinished, publisher: null };
  const { clientId, remoteAddress, tcUrl } = publisher;
  // Players of old put tokens there too.
  const shown = { clientId, remoteAddress, tcUrl: tcUrl.replace(/\?.*$/, "") };
  return { ...unfinished, publisher: shown };
}

/** What is in the text of a list, as far as it can be used. */
export function parseList(text: string): Unfinished[] {
  const { recordings } = (parseJson(text) ?? {}) as { readonly recordings?: unknown };
  if (!Array.isArray(recordings)) return [];
  return recordings.filter(isUnfinished).map(({ publisher, ...unfinished }) => ({
    ...unfinished,
    publisher: publisher === null ? undefined : toRequest(unfinished, publisher),
  }));
}

function toRequest({ name }: Pick<Unfinished, "name">, publisher: PublisherText): SessionRequest {
  const { vhost, app, stream } = name;
  const unknown = { param: "", pageUrl: "", swfUrl: "" };
  return { ...publisher, clientType: "unknown", vhost, app, stream, ...unknown };
}

const FORMATS: readonly RecordingFormatName[] = ["flv", "mp4", "ts"];

/** The file is our own, but disks fail. */
function isUnfinished(value: unknown): value is UnfinishedText {
  const { path, name, format, startedWallMs, tracks, publisher } = (value ??
    {}) as Partial<UnfinishedText>;
  const isText = (text: unknown): boolean => typeof text === "string";
  return (
    isText(path) &&
    [name?.vhost, name?.app, name?.stream].every(isText) &&
    FORMATS.some((known) => known === format) &&
    typeof startedWallMs === "number" &&
    Array.isArray(tracks) &&
    (publisher === null ||
      [publisher?.clientId, publisher?.remoteAddress, publisher?.tcUrl].every(isText))
  );
}
