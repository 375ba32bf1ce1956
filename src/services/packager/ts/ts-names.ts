/**
 * The names of a vhost's HLS files, and the addresses made of them.
 *
 * @module
 */

import { PathTemplate, type PathVariables } from "../../../base/path-template.ts";
import type { StreamName } from "../../../base/stream-name.ts";
import { encodePath } from "../../../codec/http/request-target.ts";
import type { HlsConfig } from "../../../config/packaging-config.ts";
import { relativeUri } from "../relative-uri.ts";

export interface FileAddress {
  /** Below the folder of all HLS files; also the path in URLs, without its leading slash. */
  readonly name: string;
  /** As the playlist has it. */
  readonly uri: string;
}

export interface TsMatch {
  /** `undefined` if names do not tell. */
  readonly app: string | undefined;
  readonly stream: string;
  readonly isPlaylist: boolean;
}

export class TsNames {
  readonly #playlist: PathTemplate;
  readonly #segment: PathTemplate;
  readonly #key: PathTemplate;
  readonly #entryPrefix: string;
  readonly #keyUrl: string;

  constructor(settings: HlsConfig) {
    this.#playlist = new PathTemplate(settings.hlsM3u8File);
    this.#segment = new PathTemplate(settings.hlsTsFile);
    this.#key = new PathTemplate(settings.hlsKeyFile);
    this.#entryPrefix = settings.hlsEntryPrefix.replace(/\/$/, "");
    this.#keyUrl = settings.hlsKeyUrl;
  }

  variables({ vhost, app, stream }: StreamName): PathVariables {
    return { vhost, app, stream };
  }

  playlist(name: StreamName): string {
    return this.#playlist.expand(this.variables(name));
  }

  segment(variables: PathVariables): FileAddress {
    const name = this.#segment.expand(variables);
    const base = this.#playlist.expand(variables);
    const prefix = this.#entryPrefix;
    // With a prefix as SRS writes it: behind the prefix the path as from the root.
    const uri = prefix === "" ? relativeUri(base, name) : `${prefix}/${encodePath(name)}`;
    return { name, uri };
  }

  key(variables: PathVariables): FileAddress {
    const name = this.#key.expand(variables);
    const base = this.#playlist.expand(variables);
    const url = this.#keyUrl;
    return { name, uri: url === "" ? relativeUri(base, name) : `${url}${encodePath(name)}` };
  }

  /** The stream whose playlist a name is, or whose segment or key. */
  match(name: string): TsMatch | undefined {
    const playlist = this.#playlist.match(name);
    const match = playlist ?? this.#segment.match(name) ?? this.#key.match(name);
    if (match?.stream === undefined) return undefined;
    return { app: match.app, stream: match.stream, isPlaylist: playlist !== undefined };
  }
}
