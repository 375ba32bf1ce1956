/**
 * Goal: what cannot be run is said when the configuration is read, where it stands, and not when somebody
 * publishes.
 */

import { expect, test } from "vitest";
import { type ConfigValue, defaultVhost, memoryConfig } from "../support/memory-server.ts";

const load = (vhost: ConfigValue) => () => memoryConfig(defaultVhost(vhost));

function transcode(engine: ConfigValue, isEnabled = true): ConfigValue {
  const engines = { e: { enabled: true, output: "rtmp://a/b/c", ...engine } };
  return { transcode: { "*": { enabled: isEnabled, engines } } };
}

test.each([
  [transcode({ output: "" }), "transcode.*.engines.e.output: Expected a URL or a path"],
  [
    transcode({ vcodec: "vn", acodec: "an" }),
    "transcode.*.engines.e.acodec: Cannot encode: there is neither video nor audio",
  ],
  [
    { exec: { enabled: true, publish: [[""]] } },
    'exec.publish: Expected a program before its arguments, found ""',
  ],
  [
    { exec: { enabled: true, play_done: [["/opt/[pageUrl]"]] } },
    'exec.play_done: Expected a program before its arguments, found "/opt/[pageUrl]"',
  ],
])("%j is refused", (vhost, fault) => {
  expect(load(vhost)).toThrow(fault);
});

test.each([
  [transcode({ output: "" }, false)],
  [transcode({ output: "", enabled: false })],
  [transcode({ vcodec: "vn", acodec: "copy" })],
  [{ exec: { enabled: false, publish: [["[stream]"]] } }],
  [{ exec: { enabled: true, publish: [["/opt/[vhost].sh", "[stream]"]] } }],
])("%j is accepted", (vhost) => {
  expect(load(vhost)).not.toThrow();
});
