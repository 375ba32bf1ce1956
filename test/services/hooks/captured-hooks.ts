/**
 * Callbacks as SRS 7.0.18 was seen to send them, each with its path and its body.
 *
 * @module
 */

export interface CapturedHook {
  /** What it is about. */
  readonly name: string;
  readonly path: string;
  readonly body: string;
}

/** What was in front of each body but for the path and the size. */
export const CAPTURED_HOST = "127.0.0.1:8085";
export const CAPTURED_USER_AGENT = "SRS/7.0.18(Hang)";

export const CAPTURED_HOOKS: readonly CapturedHook[] = [
  {
    name: "an RTMP client that connects",
    path: "/api/v1/clients",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_connect","client_id":"nd481804","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","stream":"livestream","param":"?token=abc&salt=yyy","tcUrl":"rtmp://127.0.0.1:1935/live","pageUrl":""}',
  },
  {
    name: "an RTMP publisher",
    path: "/api/v1/streams",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_publish","client_id":"nd481804","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","tcUrl":"rtmp://127.0.0.1:1935/live","stream":"livestream","param":"?token=abc&salt=yyy","stream_url":"/live/livestream","stream_id":"vid-0it0812"}',
  },
  {
    name: "an HTTP-FLV player",
    path: "/api/v1/sessions",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_play","client_id":"tdf0p880","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","stream":"livestream","tcUrl":"rtmp://__defaultVhost__/live","param":"?token=flv","pageUrl":"","stream_url":"/live/livestream","stream_id":"vid-0it0812"}',
  },
  {
    name: "an RTMP player",
    path: "/api/v1/sessions",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_play","client_id":"s1999172","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","stream":"livestream","tcUrl":"rtmp://127.0.0.1:1935/live","param":"?k=v","pageUrl":"","stream_url":"/live/livestream","stream_id":"vid-0it0812"}',
  },
  {
    name: "a segment",
    path: "/api/v1/hls",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_hls","client_id":"nd481804","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","tcUrl":"rtmp://127.0.0.1:1935/live","stream":"livestream","param":"?token=abc&salt=yyy","duration":4.02,"cwd":"/usr/local/srs","file":"./objs/nginx/html/live/livestream-0.ts","url":"live/livestream-0.ts","m3u8":"./objs/nginx/html/live/livestream.m3u8","m3u8_url":"live/livestream.m3u8","seq_no":0,"stream_url":"/live/livestream","stream_id":"vid-0it0812"}',
  },
  {
    name: "an RTMP player that has gone",
    path: "/api/v1/sessions",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_stop","client_id":"s1999172","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","tcUrl":"rtmp://127.0.0.1:1935/live","stream":"livestream","param":"?k=v","stream_url":"/live/livestream","stream_id":"vid-0it0812"}',
  },
  {
    name: "a connection that is over",
    path: "/api/v1/clients",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_close","client_id":"s1999172","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","send_bytes":1821025,"recv_bytes":3502}',
  },
  {
    name: "an HTTP-FLV player that has gone",
    path: "/api/v1/sessions",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_stop","client_id":"tdf0p880","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","tcUrl":"rtmp://__defaultVhost__/live","stream":"livestream","param":"?token=flv","stream_url":"/live/livestream","stream_id":"vid-0it0812"}',
  },
  {
    name: "an HLS player",
    path: "/api/v1/sessions",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_play","client_id":"4j43f3d8","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","stream":"livestream.m3u8","tcUrl":"http://127.0.0.1/live","param":"?token=t1&a=b","pageUrl":"","stream_url":"/live/livestream","stream_id":"vid-0it0812"}',
  },
  {
    name: "an HLS player that has chosen its session",
    path: "/api/v1/sessions",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_play","client_id":"myctx123","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","stream":"livestream.m3u8","tcUrl":"http://127.0.0.1/live","param":"?hls_ctx=myctx123","pageUrl":"","stream_url":"/live/livestream","stream_id":"vid-0it0812"}',
  },
  {
    name: "an HLS player that has gone",
    path: "/api/v1/sessions",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_stop","client_id":"4j43f3d8","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","tcUrl":"http://127.0.0.1/live","stream":"livestream.m3u8","param":"?token=t1&a=b","stream_url":"/live/livestream","stream_id":"vid-0it0812"}',
  },
  {
    name: "a publisher on a vhost of its own",
    path: "/s500/publish",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_publish","client_id":"g201128m","ip":"127.0.0.1","vhost":"s500.srs.com","app":"live","tcUrl":"rtmp://127.0.0.1:1935/live?vhost=s500.srs.com","stream":"x","param":"?vhost=s500.srs.com?vhost=s500.srs.com","stream_url":"s500.srs.com/live/x","stream_id":"vid-i0i8u0a"}',
  },
  {
    name: "an RTMP player on a vhost of its own",
    path: "/deny/play",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_play","client_id":"67i9sp70","ip":"127.0.0.1","vhost":"denypub.srs.com","app":"live","stream":"x","tcUrl":"rtmp://127.0.0.1:1935/live?vhost=denypub.srs.com","param":"?vhost=denypub.srs.com?vhost=denypub.srs.com","pageUrl":"","stream_url":"denypub.srs.com/live/x","stream_id":"vid-4sz77u3"}',
  },
  {
    name: "an HTTP-FLV player on a vhost of its own",
    path: "/deny/play",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_play","client_id":"30946418","ip":"127.0.0.1","vhost":"denypub.srs.com","app":"live","stream":"x","tcUrl":"rtmp://denypub.srs.com/live","param":"","pageUrl":"","stream_url":"denypub.srs.com/live/x","stream_id":"vid-6hom8fr"}',
  },
  {
    name: "an HLS player on a vhost of its own",
    path: "/deny/play",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_play","client_id":"z80ypn99","ip":"127.0.0.1","vhost":"denypub.srs.com","app":"live","stream":"livestream.m3u8","tcUrl":"http://denypub.srs.com/live","param":"","pageUrl":"","stream_url":"denypub.srs.com/live/livestream","stream_id":"vid-65i05m1"}',
  },
  {
    name: "a player of an app with two levels",
    path: "/api/v1/sessions",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_play","client_id":"42z84215","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live/show","stream":"livestream","tcUrl":"rtmp://127.0.0.1:1935/live/show","param":"","pageUrl":"","stream_url":"/live/show/livestream","stream_id":"vid-xr0746t"}',
  },
  {
    name: "a recording",
    path: "/api/v1/dvrs",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_dvr","client_id":"nd481804","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","tcUrl":"rtmp://127.0.0.1:1935/live","stream":"livestream","param":"?token=abc&salt=yyy","cwd":"/usr/local/srs","file":"/var/srs/dvr/live/livestream/2026/11/20/17.57.30.493.flv","stream_url":"/live/livestream","stream_id":"vid-0it0812"}',
  },
  {
    name: "a publisher that has gone",
    path: "/api/v1/streams",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_unpublish","client_id":"nd481804","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","tcUrl":"rtmp://127.0.0.1:1935/live","stream":"livestream","param":"?token=abc&salt=yyy","stream_url":"/live/livestream","stream_id":"vid-0it0812"}',
  },
  {
    name: "an SRT publisher",
    path: "/api/v1/streams",
    body: '{"server_id":"vid-ul2vr26","service_id":"36etwo4s","action":"on_publish","client_id":"80s2yj23","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live","tcUrl":"srt://192.0.2.2/live","stream":"srtstream","param":"token=abc","stream_url":"/live/srtstream","stream_id":"vid-57o4421"}',
  },
  {
    name: "a stream to forward",
    path: "/api/v1/forward",
    body: '{"action":"on_forward","server_id":"vid-k654638","service_id":"k2y73b58","client_id":"5979652v","ip":"127.0.0.1","vhost":"fwdbe.srs.com","app":"live","tcUrl":"rtmp://127.0.0.1:1935/live","stream":"pubb","param":"?vhost=fwdbe.srs.com&forward=xyz"}',
  },
];

/** As it was configured for on_hls_notify, and what was asked for then. */
export const CAPTURED_NOTIFY = {
  template:
    "http://127.0.0.1:8085/api/v1/hls/[server_id]/[service_id]/[app]/[stream]/[ts_url][param]",
  path: "/api/v1/hls/vid-ul2vr26/36etwo4s/live/livestream/livestream-0.ts?token=abc&salt=yyy",
} as const;
