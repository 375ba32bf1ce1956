/**
 * Whether callbacks can be made as they are asked for.
 *
 * @module
 */

import { quote } from "./quote.ts";
import type { HttpHooksConfig } from "./vhost-config.ts";

type Fault = (steps: readonly string[], message: string) => void;

/** An address that no callback can reach would refuse everybody. */
export function checkHooks(hooks: HttpHooksConfig, steps: readonly string[], fault: Fault): void {
  if (!hooks.enabled) return;
  const events = {
    on_connect: hooks.onConnect,
    on_close: hooks.onClose,
    on_publish: hooks.onPublish,
    on_unpublish: hooks.onUnpublish,
    on_play: hooks.onPlay,
    on_stop: hooks.onStop,
    on_dvr: hooks.onDvr,
    on_hls: hooks.onHls,
    on_hls_notify: hooks.onHlsNotify,
  };
  for (const [name, urls] of Object.entries(events)) {
    const wrong = urls.find((url) => !/^https?:\/\/[^\s/?#]+/i.test(url));
    if (wrong === undefined) continue;
    fault([...steps, name], `Expected URLs of http or https, found ${quote(wrong)}`);
  }
}
