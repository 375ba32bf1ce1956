/**
 * The names of a stream's files in HDS, as SRS has them. Players make those of fragments themselves.
 *
 * @module
 */

import { PathTemplate } from "../../../base/path-template.ts";
import type { StreamName } from "../../../base/stream-name.ts";

const MANIFEST = "[app]/[stream].f4m";
const BOOTSTRAP = "[app]/[stream].abst";
const FRAGMENT = "[app]/[stream]Seg1-Frag[seq]";

/** All of them. */
export const HDS_TEMPLATES: readonly string[] = [MANIFEST, BOOTSTRAP, FRAGMENT];

const FRAGMENTS = new PathTemplate(FRAGMENT);

export class HdsNames {
  /** Below the folder of all files, as are the others. */
  readonly manifest: string;
  readonly bootstrap: string;
  /** What stands in front of the numbers of fragments. */
  readonly media: string;
  readonly #name: StreamName;

  constructor(name: StreamName) {
    this.#name = name;
    this.manifest = new PathTemplate(MANIFEST).expand({ ...name });
    this.bootstrap = new PathTemplate(BOOTSTRAP).expand({ ...name });
    this.media = `${name.app}/${name.stream}`;
  }

  fragment(number: number): string {
    return FRAGMENTS.expand({ ...this.#name, seq: number });
  }
}
