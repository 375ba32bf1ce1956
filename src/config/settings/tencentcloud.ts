/**
 * Upload of logs and traces to Tencent Cloud.
 *
 * @module
 */

import type { Block } from "./setting.ts";
import { block, boolean, integer, string } from "./setting.ts";

const PLANNED = "Uploading to Tencent Cloud is not supported";

export const TENCENTCLOUD_CLS: Block = block(
  "tencentcloud_cls",
  "Upload of logs to Tencent Cloud CLS.",
  [
    boolean("enabled", false, "Upload logs."),
    string("label", "", "Label of this server."),
    string("tag", "", "Tag of this server."),
    string("secret_id", "", "Id of the key."),
    string("secret_key", "", "The key."),
    string("endpoint", "", "Host to upload to."),
    string("topic_id", "", "Topic of the logs."),
    boolean("debug_logging", false, "Log the uploads."),
    boolean("stat_heartbeat", true, "Report heartbeats."),
    boolean("stat_streams", true, "Report streams."),
    integer("heartbeat_ratio", 1, "Interval of heartbeats, times five seconds.", { min: 1 }),
    integer("streams_ratio", 1, "Interval of stream reports, times five seconds.", { min: 1 }),
  ],
  { typeName: "TencentcloudClsConfig", planned: PLANNED, isUncheckedBySrs: true },
);

export const TENCENTCLOUD_APM: Block = block(
  "tencentcloud_apm",
  "Upload of traces to Tencent Cloud APM.",
  [
    boolean("enabled", false, "Upload traces."),
    string("team", "", "The team's name."),
    string("token", "", "The team's token."),
    string("endpoint", "", "Host and port to upload to."),
    string("service_name", "srs-server", "Name of this service."),
    boolean("debug_logging", false, "Log the uploads."),
  ],
  { typeName: "TencentcloudApmConfig", planned: PLANNED, isUncheckedBySrs: true },
);
