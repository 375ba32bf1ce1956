/**
 * What is done with streams besides serving them, and who is asked about sessions: the services of the
 * server, put together.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import type { Config } from "../config/config.ts";
import { type Admission, combineAdmissions } from "../live/admission.ts";
import type { FeedAnswer, FeedChange } from "../live/feeds.ts";
import type { ServerIdentity } from "../live/server-identity.ts";
import type { StreamHub } from "../live/stream-hub.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { RecordingStore } from "../services/api/recordings.ts";
import type { Dvr } from "../services/dvr/dvr.ts";
import type { RecordingCatalog } from "../services/dvr/recording-catalog.ts";
import { RecordingRemoval } from "../services/dvr/recording-removal.ts";
import { RecordingRetention } from "../services/dvr/recording-retention.ts";
import type { Forwards, ForwardsPorts } from "../services/forward/forwards.ts";
import type { Pulls } from "../services/pull/pulls.ts";
import { type Access, createAccess } from "./access.ts";
import { AddedFeeds } from "./added-feeds.ts";
import type { Disposal } from "./disposal.ts";
import type { Events } from "./events.ts";
import { createForwards } from "./forwarding.ts";
import { createHooks } from "./hooks.ts";
import { ServerPrograms } from "./programs.ts";
import { createPulls } from "./pulling.ts";
import { createDvr, createRecordingCatalog, keepRules } from "./recording.ts";
import { createRecordingStore } from "./recording-store.ts";

export interface StreamServicesOptions {
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly hub: StreamHub;
  readonly identity: ServerIdentity;
  readonly events: Events;
  /** As it is now. */
  readonly config: () => Config;
  /** What is to be done once for the whole server is done here. */
  readonly isFirst: boolean;
  /** Who is asked about sessions as callbacks are. */
  readonly admission?: Admission | undefined;
}

export interface StreamServices {
  readonly access: Access;
  readonly hooks: ReturnType<typeof createHooks>;
  readonly forwards: Forwards;
  readonly pulls: Pulls;
  readonly programs: ServerPrograms;
  readonly dvr: Dvr;
  readonly catalog: RecordingCatalog;
  /** `undefined`: another process fetches. */
  readonly changeFeed: (change: FeedChange) => FeedAnswer | undefined;
  readonly recordings: RecordingStore;
  /** What is to be looked after every second or so. */
  readonly swept: readonly { sweep(nowMs: number): void }[];
  /** All who are asked about sessions; programs are run for who has been let in. */
  readonly admission: Admission;
}

/** What was added to `disposal` last is closed first. */
export function createStreamServices(
  options: StreamServicesOptions,
  disposal: Disposal,
): StreamServices {
  const { runtime, logger, hub, identity, config, isFirst, events } = options;
  const { clock, crypto, files, tcp } = runtime;
  const { tell } = events;
  const access = createAccess({ config, runtime, logger, tell });
  disposal.add("access", () => access.close());
  const hooks = createHooks({ runtime, logger, identity, config, tell });
  disposal.add("hooks", () => hooks.close());
  const { serverId, programKey: secret } = identity;
  const askBackend: ForwardsPorts["askBackend"] = (request, backend) =>
    hooks.forwardTargets(request, backend);
  const shared = { hub, tcp, files, clock, crypto, logger, config };
  const forwards = createForwards({ ...shared, serverId, askBackend });
  disposal.add("forwarding", () => forwards.close());
  const feeds = new AddedFeeds(config, logger);
  const configWithFeeds = (): Config => feeds.config;
  const pulls = createPulls({ ...shared, config: configWithFeeds, isOthers: !isFirst });
  disposal.add("pulling", () => pulls.close());
  const programs = new ServerPrograms(
    { runtime, logger, hub, config, configWithFeeds, secret, isFirst },
    disposal,
  );
  const dvr = createDvr({
    ...{ hub, runtime, logger, config, tell },
    onRecorded: ({ name, publisher: request, path }) => {
      if (request !== undefined) hooks.recorded({ publisher: request, file: path });
      programs.exec.recorded({ ...name, request, path });
    },
  });
  disposal.add("recordings", () => dvr.close());
  const catalog = createRecordingCatalog(runtime, logger, config);
  const removal = new RecordingRemoval({ files, logger, tell });
  const retention = new RecordingRetention({
    ...{ catalog, removal, clock, logger },
    rules: () => (isFirst ? keepRules(config()) : []),
  });
  disposal.add("retention", () => retention.close());
  const recordings = createRecordingStore(catalog, removal, files);
  const swept = [forwards, programs, dvr, retention, access, hooks];
  const admission = combineAdmissions([
    events.combine({
      access: programs.watch(access.admission),
      hooks:
        options.admission === undefined ? hooks : combineAdmissions([hooks, options.admission]),
      forwards: forwards.admission,
    }),
    programs.exec.admission,
  ]);
  const changeFeed = (change: FeedChange): FeedAnswer | undefined => {
    if (!isFirst) return undefined;
    const answer = feeds.change(change);
    if (answer.problem === null) for (const part of [pulls, programs]) part.configure();
    return answer;
  };
  return {
    access,
    hooks,
    forwards,
    pulls,
    programs,
    dvr,
    catalog,
    recordings,
    swept,
    changeFeed,
    admission,
  };
}
