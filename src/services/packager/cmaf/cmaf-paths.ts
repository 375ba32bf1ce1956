/**
 * Where the files of a stream in CMAF are: in a folder with the name of its playlist or manifest.
 *
 * @module
 */

import { PathTemplate } from "../../../base/path-template.ts";
import type { StreamName } from "../../../base/stream-name.ts";

export interface StreamPath {
  readonly app: string;
  readonly stream: string;
}

export class CmafPaths {
  readonly #entry: PathTemplate;
  readonly #folder: PathTemplate;

  /** @param entry The name of the multivariant playlist, or of the manifest. */
  constructor(entry: string) {
    this.#entry = new PathTemplate(entry);
    this.#folder = new PathTemplate(folderTemplate(entry));
  }

  /** Below the folder of all files; also the path in URLs, without its leading slash. */
  entry(name: StreamName): string {
    return this.#entry.expand({ ...name });
  }

  folder(name: StreamName): string {
    return this.#folder.expand({ ...name });
  }

  matchEntry(path: string): StreamPath | undefined {
    return toStreamPath(this.#entry.match(path));
  }

  matchFile(path: string): (StreamPath & { readonly file: string }) | undefined {
    const slash = path.lastIndexOf("/");
    const match = toStreamPath(this.#folder.match(path.slice(0, Math.max(0, slash))));
    return match === undefined ? undefined : { ...match, file: path.slice(slash + 1) };
  }
}

/** Where the files are whose playlist or manifest is `entry`: beside it, in a folder of its name. */
export function folderTemplate(entry: string): string {
  return entry.replace(/\.[^./]*$/, "");
}

function toStreamPath(match: ReturnType<PathTemplate["match"]>): StreamPath | undefined {
  const { app, stream } = match ?? {};
  return app === undefined || stream === undefined ? undefined : { app, stream };
}
