/**
 * The settings table: every setting there is, in the order of the documentation.
 *
 * @module
 */

import {
  CIRCUIT_BREAKER,
  GLOBAL,
  HEARTBEAT,
  LIMITS,
  LOG,
  STATS,
  TEST_STREAM,
  THREADS,
  USERS,
} from "./global.ts";
import {
  EXPORTER,
  HTTP_API,
  HTTP_SERVER,
  RTC_SERVER,
  RTMPS,
  RTSP_SERVER,
  SRT_SERVER,
  STREAM_CASTER,
} from "./servers.ts";
import type { Block } from "./setting.ts";
import { block } from "./setting.ts";
import { TENCENTCLOUD_APM, TENCENTCLOUD_CLS } from "./tencentcloud.ts";
import { TRACING } from "./tracing.ts";
import { VHOSTS } from "./vhost.ts";

/** The whole configuration. */
export const SETTINGS: Block = block(
  "",
  "The whole configuration.",
  [
    ...GLOBAL,
    LOG,
    LIMITS,
    USERS,
    RTMPS,
    HTTP_API,
    HTTP_SERVER,
    RTC_SERVER,
    SRT_SERVER,
    RTSP_SERVER,
    STREAM_CASTER,
    EXPORTER,
    HEARTBEAT,
    STATS,
    CIRCUIT_BREAKER,
    THREADS,
    TENCENTCLOUD_CLS,
    TENCENTCLOUD_APM,
    TRACING,
    TEST_STREAM,
    VHOSTS,
  ],
  { typeName: "Config" },
);
