/**
 * Goal: a change of a watched file or folder is told, however it is made, and nothing else is.
 *
 * Method: changes as editors, scripts and container platforms make them, with calls of node:fs.
 */

import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";
import type { FileWatch } from "../../src/runtime/runtime.ts";
import { eventually, pass } from "./support/eventually.ts";

const { name: runtimeName, files } = await createRuntime();

/** Longer than the watch waits for quiet. */
const QUIET_MS = 200;

/** A folder of a test's own, in which it counts what its watches tell. */
class WatchedFolder {
  readonly path: string = fs.mkdtempSync(join(tmpdir(), "sluice-watch-"));
  count = 0;
  readonly #watches: FileWatch[] = [];

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, text: string): void {
    fs.writeFileSync(this.at(name), text);
  }

  rename(from: string, to: string): void {
    fs.renameSync(this.at(from), this.at(to));
  }

  watch(path: string): FileWatch {
    const changed = (): void => {
      this.count += 1;
    };
    const watch = files.watch(path, changed);
    this.#watches.push(watch);
    return watch;
  }

  /** Makes a change and waits until it has been told. */
  async expectTold(what: string, change: () => void): Promise<void> {
    const before = this.count;
    change();
    await eventually(what, () => this.count > before);
    await pass(QUIET_MS);
  }

  remove(): void {
    for (const watch of this.#watches) watch.close();
    fs.rmSync(this.path, { recursive: true });
  }
}

/** A test that has a folder while it runs. */
function testInFolder(name: string, work: (folder: WatchedFolder) => Promise<void>): void {
  test(name, async () => {
    const folder = new WatchedFolder();
    try {
      await work(folder);
    } finally {
      folder.remove();
    }
  });
}

// At the same time: each waits, most of its time, for what must not come.
describe.concurrent(`watch on ${runtimeName}`, () => {
  testInFolder("tells of writes in place, one after the other", async (folder) => {
    folder.write("conf", "a");
    folder.watch(folder.at("conf"));
    await folder.expectTold("write", () => folder.write("conf", "b"));
    await folder.expectTold("second write", () => folder.write("conf", "c"));
    await folder.expectTold("append", () => fs.appendFileSync(folder.at("conf"), "d"));
  });

  testInFolder("tells of each save that renames a new file over the old one", async (folder) => {
    folder.write("conf", "0");
    folder.watch(folder.at("conf"));
    for (let save = 1; save <= 3; save++) {
      await folder.expectTold(`save ${save}`, () => {
        folder.write("conf.tmp", String(save));
        folder.rename("conf.tmp", "conf");
      });
    }
    await folder.expectTold("write in place after that", () => folder.write("conf", "x"));
  });

  testInFolder(
    "tells of a save that moves the old file away and writes another",
    async (folder) => {
      folder.write("conf", "0");
      folder.watch(folder.at("conf"));
      await folder.expectTold("save", () => {
        folder.rename("conf", "conf~");
        folder.write("conf", "1");
      });
      await folder.expectTold("next save", () => folder.write("conf", "2"));
    },
  );

  testInFolder("tells of the file going and coming back", async (folder) => {
    folder.write("conf", "0");
    folder.watch(folder.at("conf"));
    await folder.expectTold("removal", () => fs.unlinkSync(folder.at("conf")));
    await folder.expectTold("return", () => folder.write("conf", "1"));
    await folder.expectTold("write", () => folder.write("conf", "2"));
  });

  testInFolder("tells of a change behind a link", async (folder) => {
    fs.mkdirSync(folder.at("elsewhere"));
    folder.write("elsewhere/real", "0");
    fs.mkdirSync(folder.at("here"));
    fs.symlinkSync(folder.at("elsewhere/real"), folder.at("here/conf"));
    folder.watch(folder.at("here/conf"));
    await folder.expectTold("write", () => folder.write("elsewhere/real", "1"));
    await folder.expectTold("rename", () => {
      folder.write("elsewhere/tmp", "2");
      folder.rename("elsewhere/tmp", "elsewhere/real");
    });
  });

  testInFolder("tells of a folder of versions that is switched by a link", async (folder) => {
    // As Kubernetes updates a mounted ConfigMap: conf -> ..data/conf, ..data -> version.
    for (const version of ["v1", "v2"]) {
      fs.mkdirSync(folder.at(version));
      folder.write(`${version}/conf`, version);
    }
    fs.symlinkSync("v1", folder.at("..data"));
    fs.symlinkSync("..data/conf", folder.at("conf"));
    folder.watch(folder.at("conf"));
    await folder.expectTold("switch", () => {
      fs.symlinkSync("v2", folder.at("..tmp"));
      folder.rename("..tmp", "..data");
    });
    await folder.expectTold("write", () => folder.write("v2/conf", "changed"));
  });

  testInFolder("keeps quiet about neighbours, about reading, and after close", async (folder) => {
    folder.write("conf", "0");
    const watch = folder.watch(folder.at("conf"));
    folder.write("other", "1");
    fs.readFileSync(folder.at("conf"));
    await pass(QUIET_MS);
    expect(folder.count).toBe(0);
    folder.write("conf", "1");
    watch.close();
    folder.write("conf", "2");
    await pass(QUIET_MS);
    expect(folder.count).toBe(0);
  });

  testInFolder("tells one save of several steps once", async (folder) => {
    folder.write("conf", "0");
    folder.watch(folder.at("conf"));
    await folder.expectTold("save", () => {
      for (const part of ["1", "2", "3"]) fs.appendFileSync(folder.at("conf"), part);
    });
    expect(folder.count).toBe(1);
  });

  testInFolder("tells what happens in a folder", async (folder) => {
    folder.watch(folder.path);
    await folder.expectTold("a new file", () => folder.write("a", "1"));
    await folder.expectTold("a change", () => folder.write("a", "2"));
    await folder.expectTold("a rename", () => folder.rename("a", "b"));
    await folder.expectTold("a removal", () => fs.unlinkSync(folder.at("b")));
  });
});
