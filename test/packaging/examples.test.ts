/**
 * Goal: the examples for compose and Kubernetes fit together, and fit the image and the server.
 *
 * Method: all YAML of packaging/ is parsed; ports, names, paths and variables are compared with each
 * other and with the server's own configuration reader. No schemas of Kubernetes are checked: npm has no
 * well-kept package of them.
 */

import { existsSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { USER_ID } from "../../scripts/build/container-tree.ts";
import { HEALTH_PATH } from "../../src/app/http-handler.ts";
import { VERSION } from "../../src/base/version.ts";
import { ROOT } from "../support/server.ts";
import {
  loadSluiceConfig,
  type Parsed,
  portsOf,
  readDocuments,
  readFile,
} from "./packaging-files.ts";

const yamlFiles = readdirSync(`${ROOT}packaging`, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.ya?ml$/.test(path))
  .map((path) => `packaging/${path}`);

test.each(yamlFiles)("%s is YAML", (path) => {
  expect(readDocuments(path).every((document) => typeof document === "object")).toBe(true);
});

describe("packaging/compose", () => {
  const [compose] = readDocuments("packaging/compose/compose.yaml") as [Parsed];
  const { sluice, backend, prometheus, grafana } = compose.services;
  const environment = { CANDIDATE: "192.0.2.1", SLUICE_HTTP_API_AUTH_PASSWORD: "x" };
  const config = loadSluiceConfig(readFile("packaging/compose/sluice.yaml"), environment);

  test("publishes the ports that the configuration opens", () => {
    const published = sluice.ports.map((text: string) => {
      const [, host, container, protocol = "tcp"] = /^(\d+):(\d+)(?:\/(\w+))?$/.exec(text) ?? [];
      expect(host).toBe(container);
      return `${container}/${protocol}`;
    });
    expect(published.toSorted()).toEqual(portsOf(config));
  });

  test("gives the server what its configuration lacks, and asks the API with the same", () => {
    expect(Object.keys(sluice.environment).toSorted()).toEqual(Object.keys(environment).toSorted());
    expect(config.httpApi.auth).toMatchObject({ enabled: true, username: "admin", password: "x" });
    const [{ scrape_configs: scrapes }] = readDocuments("packaging/compose/prometheus.yml") as [
      Parsed,
    ];
    const [scrape] = scrapes;
    expect(scrape.basic_auth.username).toBe(config.httpApi.auth.username);
    expect(scrape.basic_auth.password_file).toBe(`/run/secrets/${prometheus.secrets[0]}`);
    expect(compose.secrets[prometheus.secrets[0]]).toEqual({ environment: "SLUICE_API_PASSWORD" });
    const { port } = config.httpApi.listen[0] ?? {};
    expect(scrape.static_configs[0].targets).toEqual([`sluice:${port}`]);
  });

  test("has its callbacks go to the backend", () => {
    const hooks = config.vhosts["__defaultVhost__"]?.httpHooks;
    expect(hooks).toMatchObject({ enabled: true });
    for (const event of ["onPublish", "onUnpublish", "onPlay", "onStop", "onDvr"] as const) {
      expect(hooks?.[event]).toEqual([`http://backend:${backend.environment.PORT}/`]);
    }
    const folder = backend.volumes[0].split(":")[1];
    expect(backend.command).toEqual(["node", `${folder}/main.ts`]);
    const [, image] = /^ARG NODE_IMAGE=(\S+)$/m.exec(readFile("Containerfile")) ?? [];
    expect(backend.image).toBe(image);
  });

  test("mounts what there is", () => {
    for (const { volumes = [] } of Object.values<Parsed>(compose.services)) {
      for (const text of volumes) {
        const [source] = text.split(":");
        const isThere = source.startsWith(".")
          ? existsSync(`${ROOT}packaging/compose/${source}`)
          : Object.hasOwn(compose.volumes, source);
        expect(isThere, text).toBe(true);
      }
    }
    expect(existsSync(`${ROOT}packaging/compose/${sluice.build.context}/Containerfile`)).toBe(true);
  });

  test("asks for the variables that env.example has", () => {
    const text = readFile("packaging/compose/compose.yaml");
    const asked = [...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    const given = [...readFile("packaging/compose/env.example").matchAll(/^(\w+)=$/gm)];
    expect([...new Set(asked)].toSorted()).toEqual(given.map(([, name]) => name).toSorted());
  });

  test("Grafana finds its figures and its dashboard", () => {
    const folder = "packaging/compose/grafana/provisioning";
    const [sources] = readDocuments(`${folder}/datasources/prometheus.yaml`) as [Parsed];
    expect(sources.datasources[0]).toMatchObject({
      type: "prometheus",
      url: "http://prometheus:9090",
    });
    const [dashboards] = readDocuments(`${folder}/dashboards/sluice.yaml`) as [Parsed];
    const { path } = dashboards.providers[0].options;
    expect(grafana.volumes).toContain(`../grafana:${path}:ro`);
    const home = grafana.environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH;
    expect(home).toBe(`${path}/sluice.json`);
  });
});

describe("packaging/kubernetes", () => {
  const folder = "packaging/kubernetes";
  const [kustomization] = readDocuments(`${folder}/kustomization.yaml`) as [Parsed];
  const all: Parsed[] = kustomization.resources.flatMap((name: string) =>
    readDocuments(`${folder}/${name}`),
  );
  const one = (kind: string): Parsed => all.find((object) => object.kind === kind);
  const deployment = one("Deployment");
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;
  const config = loadSluiceConfig(one("ConfigMap").data["sluice.yaml"], { CANDIDATE: "192.0.2.1" });

  test("the pod has the ports that the configuration opens", () => {
    const ports = container.ports.map(
      ({ containerPort, protocol }: Parsed) => `${containerPort}/${protocol.toLowerCase()}`,
    );
    expect(ports.toSorted()).toEqual(portsOf(config));
  });

  test("services lead to the pod, and each port is in one of them", () => {
    const names: string[] = [];
    for (const { spec } of all.filter(({ kind }) => kind === "Service")) {
      expect(spec.selector).toEqual(deployment.spec.template.metadata.labels);
      for (const { targetPort, port, protocol } of spec.ports) {
        const target = container.ports.find(({ name }: Parsed) => name === targetPort);
        expect(target).toMatchObject({ containerPort: port, protocol });
        names.push(targetPort);
      }
    }
    expect(names.toSorted()).toEqual(container.ports.map(({ name }: Parsed) => name).toSorted());
    expect(deployment.spec.selector.matchLabels).toEqual(deployment.spec.template.metadata.labels);
  });

  test("probes ask what answers everybody", () => {
    const api = container.ports.find(({ name }: Parsed) => name === "api");
    expect(api.containerPort).toBe(config.httpApi.listen[0]?.port);
    for (const name of ["startupProbe", "readinessProbe", "livenessProbe"]) {
      expect(container[name].httpGet).toEqual({ path: HEALTH_PATH, port: "api" });
    }
  });

  test("it runs as the image's user, of this version, with nothing that it does not need", () => {
    expect(container.image).toBe(`sluice:${VERSION}`);
    expect(pod.securityContext).toMatchObject({
      ...{ runAsNonRoot: true, runAsUser: USER_ID, runAsGroup: USER_ID, fsGroup: USER_ID },
    });
    expect(container.securityContext).toEqual({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    });
  });

  test("what is mounted is there, and the configuration is where the server looks", () => {
    const volumes = new Map<string, Parsed>(
      pod.volumes.map((volume: Parsed) => [volume.name, volume]),
    );
    const paths = new Map<string, string>(
      container.volumeMounts.map(({ name, mountPath }: Parsed) => [name, mountPath]),
    );
    expect([...paths.keys()].toSorted()).toEqual([...volumes.keys()].toSorted());
    expect(volumes.get("config").configMap.name).toBe(one("ConfigMap").metadata.name);
    expect(volumes.get("state").persistentVolumeClaim.claimName).toBe(
      one("PersistentVolumeClaim").metadata.name,
    );
    expect(container.args).toEqual(["sluice", "-c", `${paths.get("config")}/sluice.yaml`]);
    expect(paths.get("state")).toBe("/var/lib/sluice");
  });
});
