/**
 * Goal: settings that are right one by one and wrong together are refused, with the line to change.
 *
 * Method: a minimal file for each rule, beside one that is just right.
 */

import { describe, expect, test } from "vitest";
import { faultsOf, loadSrs, loadYaml } from "./load.ts";

describe("refused", () => {
  test.each([
    [
      "http_api:\n  https: {enabled: true}\n",
      "a.yaml:2: http_api.https.enabled: Cannot serve HTTPS: http_api.enabled is off",
    ],
    [
      "http_server:\n  https: {enabled: true}\n",
      "a.yaml:2: http_server.https.enabled: Cannot serve HTTPS: http_server.enabled is off",
    ],
    [
      "http_server: {enabled: true, https: {enabled: true, key: ''}}",
      "a.yaml:1: http_server.https: Expected a key and a certificate",
    ],
    [
      "http_api: {enabled: true, auth: {enabled: true, username: a}}",
      "a.yaml:1: http_api.auth: Expected a username and a password",
    ],
    [
      "vhosts: {a: {forward: {enabled: true, destination: [b, 'b:1:2']}}}",
      'a.yaml:1: vhosts.a.forward.destination: Expected host, host:port, or rtmp://host/app/stream, found "b:1:2"',
    ],
    [
      "vhosts: {a: {forward: {enabled: true, destination: ['rtmp://b/secret-key']}}}",
      "a.yaml:1: vhosts.a.forward.destination: Expected host, host:port, or rtmp://host/app/stream, found an address that is not like that",
    ],
    [
      "vhosts: {a: {forward: {enabled: true, backend: 'rtmp://b/x/y'}}}",
      'a.yaml:1: vhosts.a.forward.backend: Expected an http URL, found "rtmp://b/x/y"',
    ],
    [
      "vhosts: {a: {pull: {x: {url: 'rtsp://b/live/show', stream: live/a}}}}",
      "a.yaml:1: vhosts.a.pull.x.url: Expected rtmp://host/app/stream, rtmps too, or an http URL",
    ],
    [
      "vhosts: {a: {pull: {x: {url: 'rtmp://b/live/show', stream: a}}}}",
      'a.yaml:1: vhosts.a.pull.x.stream: Expected app/stream, found "a"',
    ],
    [
      "vhosts: {a: {pull: {x: {url: 'http://b/a.flv', stream: a/b}, y: {url: 'http://b/b.flv', stream: a/b}}}}",
      'a.yaml:1: vhosts.a.pull.y.stream: Cannot be called "a/b": "x" is',
    ],
    ["rtmps: {enabled: true, cert: ''}", "a.yaml:1: rtmps: Expected a key and a certificate"],
    [
      "http_api: {enabled: true, listen: 8080, https: {enabled: true, listen: 1990}}\n" +
        "http_server: {enabled: true, https: {enabled: true}}",
      "a.yaml:1: http_api.https.listen: Expected http_api and http_server to share both the HTTP and the HTTPS port, or neither",
    ],
    [
      "http_server: {enabled: true, listen: 1935}",
      "a.yaml:1: http_server.listen: Cannot listen on 1935: it is taken by listen",
    ],
    [
      "listen: 127.0.0.1:8080\nhttp_server: {enabled: true}",
      "a.yaml:2: http_server.listen: Cannot listen on 8080: it is taken by listen",
    ],
    [
      "http_api: {enabled: true, listen: '127.0.0.1:8080'}\nhttp_server: {enabled: true}",
      "a.yaml:2: http_server.listen: Cannot listen on 8080: it is taken by http_api.listen",
    ],
    [
      "vhosts:\n  a:\n    hls: {hls_m3u8_file: '[app]/[stream].m3u8'}\n",
      'a.yaml:3: vhosts.a.hls.hls_m3u8_file: Cannot use "[app]/[stream].m3u8": it is the playlist of cmaf; choose another name here or for cmaf.playlist',
    ],
    [
      "vhosts:\n  a:\n    hls: {hls_ts_file: '[app]/[stream].ts'}\n",
      'a.yaml:3: vhosts.a.hls.hls_ts_file: Expected [seq] or [timestamp] in "[app]/[stream].ts", to tell segments apart',
    ],
    [
      "vhosts:\n  a:\n    hls: {hls_m3u8_file: 'live.m3u8'}\n",
      'a.yaml:3: vhosts.a.hls.hls_m3u8_file: Expected [stream] in "live.m3u8", to tell streams apart',
    ],
    [
      "vhosts:\n  a:\n    hls: {hls_variants: [_720, '']}\n",
      'a.yaml:3: vhosts.a.hls.hls_variants: Expected the ending of a stream\'s name such as "_720", found ""',
    ],
    [
      "vhosts:\n  a:\n    rtc: {variants: [/../x]}\n",
      'a.yaml:3: vhosts.a.rtc.variants: Expected the ending of a stream\'s name such as "_720", found "/../x"',
    ],
    [
      "vhosts:\n  a:\n    rtc: {variants: [_720, _360, _720]}\n",
      'a.yaml:3: vhosts.a.rtc.variants: "_720" stands here twice',
    ],
    [
      "vhosts:\n  a:\n    cmaf: {playlist: '[app]/[stream]/index'}\n",
      'a.yaml:3: vhosts.a.cmaf.playlist: Expected a name that ends with .m3u8, found "[app]/[stream]/index"',
    ],
    [
      "vhosts:\n  a:\n    cmaf: {part_duration: 1.5}\n",
      "a.yaml:3: vhosts.a.cmaf.part_duration: Expected no more than half of segment_duration",
    ],
    [
      "vhosts:\n  a:\n    dash: {dash_mpd_file: '[app]/[stream].xml'}\n",
      'a.yaml:3: vhosts.a.dash.dash_mpd_file: Expected a name that ends with .mpd, found "[app]/[stream].xml"',
    ],
    [
      "vhosts:\n  a:\n    http_hooks: {enabled: true, on_publish: [http://a/x, 'a:80/x']}\n",
      'a.yaml:3: vhosts.a.http_hooks.on_publish: Expected URLs of http or https, found "a:80/x"',
    ],
    ["listen: [1935, 1935]", "a.yaml:1: listen: Cannot listen on 1935: it is given twice"],
    [
      "srs_log_tank: file\nsrs_log_file: ''",
      "a.yaml:2: srs_log_file: Expected the name of a file, because srs_log_tank is file",
    ],
    [
      "daemon: true\nasprocess: true",
      "a.yaml:2: asprocess: Cannot follow the parent process: daemon is on, which leaves it",
    ],
    [
      "test_stream: {enabled: true, app: ''}",
      "a.yaml:1: test_stream: Expected an app and a stream name",
    ],
    ...["[vhost]/[app]/live.flv", "[vhost]/[app]/[app]/[stream].flv", "[stream].flv"].map(
      (mount): [string, string] => [
        `vhosts:\n  a:\n    http_remux: {mount: "${mount}"}`,
        "a.yaml:3: vhosts.a.http_remux.mount: Expected a host and a path with [stream] once and [app] at most once, such as [vhost]/[app]/[stream].flv",
      ],
    ),
    [
      "vhosts:\n  a:\n    http_remux: {mount: '[vhost]/[app]/[stream].mkv'}",
      'a.yaml:3: vhosts.a.http_remux.mount: Expected one of flv, ts, aac, mp3 for the extension of "[vhost]/[app]/[stream].mkv"',
    ],
    [
      "vhosts:\n  a:\n    http_remux: {formats: [ts, FLV]}",
      'a.yaml:3: vhosts.a.http_remux.formats: Expected formats out of flv, ts, aac, mp3, found "FLV"',
    ],
    [
      "vhosts:\n  __defaultVhost__: {enabled: false}\ntest_stream: {enabled: true}",
      "a.yaml:3: test_stream.enabled: Cannot publish the test stream: no vhost __defaultVhost__",
    ],
    [
      "vhosts:\n  a:\n    forward: {enabled: true}\n    publish: {kickoff_for_idle: 5}",
      "a.yaml:4: vhosts.a.publish.kickoff_for_idle: Cannot close idle publishers: forward is enabled",
    ],
    [
      "stream_caster:\n  - {enabled: true, caster: flv, output: rtmp://a/b/c}",
      "a.yaml:2: stream_caster[0].listen: Expected a port to listen on",
    ],
    [
      "stream_caster:\n  - {enabled: false}\n" +
        "  - {enabled: true, caster: gb28181, output: x, listen: 5060}",
      "a.yaml:3: stream_caster[1].sip.listen: Expected another port than for media",
    ],
  ])("%j", (text, expected) => {
    expect(faultsOf(() => loadYaml(text))).toEqual([expected]);
  });

  test("each vhost with the same fault", () => {
    const vhost = "{forward: {enabled: true}, publish: {kickoff_for_idle: 5}}";
    const faults = faultsOf(() => loadYaml(`vhosts:\n  a: ${vhost}\n  b: ${vhost}\n`));
    expect(faults.map((line) => line.slice(0, 18))).toEqual([
      "a.yaml:2: vhosts.a",
      "a.yaml:3: vhosts.b",
    ]);
  });

  test("in SRS's format a mount on .ts beside HLS, as SRS does", () => {
    const remux = "http_remux { enabled on; mount [vhost]/[app]/[stream].ts; }";
    expect(faultsOf(() => loadSrs(`vhost a {\n hls { enabled on; }\n ${remux}\n}`))).toEqual([
      "a.conf:3: vhosts.a.http_remux.mount: Cannot mount on .ts: HLS is enabled and has such names too",
    ]);
    expect(faultsOf(() => loadSrs(`vhost a {\n ${remux}\n}`))).toEqual([]);
  });

  test("in SRS's format with its line", () => {
    const text = "daemon off;\nhttp_api {\n  https { enabled on; }\n}";
    expect(faultsOf(() => loadSrs(text))).toEqual([
      "a.conf:3: http_api.https.enabled: Cannot serve HTTPS: http_api.enabled is off",
    ]);
  });
});

describe("accepted", () => {
  test.each([
    [
      "one port for the API and the streams",
      "http_api: {enabled: true, listen: 8080}\nhttp_server: {enabled: true}",
    ],
    [
      "one port for both with HTTPS",
      "http_api: {enabled: true, listen: 8080, https: {enabled: true}}\n" +
        "http_server: {enabled: true, https: {enabled: true}}",
    ],
    ["a port on both families", "listen: [1935, '[::]:1935']"],
    ["the same port on two addresses", "listen: [127.0.0.1:1935, '[::1]:1935']"],
    ["a port that nobody listens on", "http_server: {enabled: false, listen: 1935}"],
    ["ports that the system chooses", "listen: 0\nhttp_server: {enabled: true, listen: 0}"],
    [
      "faults of a vhost that is off",
      "vhosts: {a: {enabled: false, forward: {enabled: true}, publish: {kickoff_for_idle: 5}}}",
    ],
  ])("%s", (_, text) => {
    expect(faultsOf(() => loadYaml(text))).toEqual([]);
  });

  test.each(["flv", "ts", "aac", "mp3"])(
    "a mount that ends with .%s, without a warning",
    (format) => {
      const text = `vhosts:\n  a:\n    http_remux: {mount: '[vhost]/[app]/[stream].${format}'}\n`;
      expect(loadYaml(text).warnings).toEqual([]);
    },
  );

  test("a mount that serves nothing, where nothing is to be served", () => {
    const text =
      "vhosts:\n  a:\n    http_remux: {enabled: false, mount: '[vhost]/[app]/[stream].mkv'}\n";
    expect(faultsOf(() => loadYaml(text))).toEqual([]);
  });
});
