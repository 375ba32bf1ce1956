/**
 * Goal: the API and the streams listen where the operator says, on one port if that is the same, and
 * with the right certificate.
 *
 * Method: configurations, and the ports that come of them.
 */

import { expect, test } from "vitest";
import { httpPorts } from "../../src/app/http-ports.ts";
import { type ConfigValue, memoryConfig } from "../support/memory-server.ts";

const tls = (name: string, listen: number) => ({
  enabled: true,
  listen,
  cert: `${name}.crt`,
  key: `${name}.key`,
});

/** Such as `0.0.0.0:8080 streams`, with the certificate behind. */
function describePorts(config: ConfigValue): string[] {
  return httpPorts(memoryConfig(config)).map(({ endpoint, roles, tls: files }) => {
    const name = `${endpoint.host}:${endpoint.port} ${[...roles].join("+")}`;
    return files === undefined ? name : `${name} ${files.cert} ${files.key}`;
  });
}

test.each<[ConfigValue, string[]]>([
  [{}, ["0.0.0.0:8080 streams", "0.0.0.0:1985 api"]],
  [{ http_api: { enabled: false } }, ["0.0.0.0:8080 streams"]],
  [
    { exporter: { listen: 9972 } },
    ["0.0.0.0:8080 streams", "0.0.0.0:1985 api", "0.0.0.0:9972 exporter"],
  ],
  [{ exporter: { listen: 1985 } }, ["0.0.0.0:8080 streams", "0.0.0.0:1985 api+exporter"]],
  [{ exporter: { enabled: false, listen: 9972 } }, ["0.0.0.0:8080 streams", "0.0.0.0:1985 api"]],
  [{ http_server: { enabled: false } }, ["0.0.0.0:1985 api"]],
  [{ http_api: { enabled: true, listen: 8080 } }, ["0.0.0.0:8080 streams+api"]],
  [
    {
      http_server: { enabled: true, listen: ["127.0.0.1:80", 8080] },
      http_api: { enabled: false },
    },
    ["127.0.0.1:80 streams", "0.0.0.0:8080 streams"],
  ],
  [
    {
      http_server: { enabled: true, https: tls("web", 443) },
      http_api: { enabled: true, https: tls("api", 444) },
    },
    [
      "0.0.0.0:8080 streams",
      "0.0.0.0:443 streams web.crt web.key",
      "0.0.0.0:1985 api",
      "0.0.0.0:444 api api.crt api.key",
    ],
  ],
  // The port is the streams', which the API shares: so is the certificate, whatever the API has.
  [
    {
      http_server: { enabled: true, https: tls("web", 443) },
      http_api: { enabled: true, listen: 8080, https: { enabled: true } },
    },
    ["0.0.0.0:8080 streams+api", "0.0.0.0:443 streams+api web.crt web.key"],
  ],
  [
    { http_server: { enabled: true, https: { ...tls("web", 443), enabled: false } } },
    ["0.0.0.0:8080 streams", "0.0.0.0:1985 api"],
  ],
])("%j", (config, ports) => {
  expect(describePorts(config)).toEqual(ports);
});
