/**
 * What is in the image beside the program and its libraries.
 *
 * @module
 */

/** The user that the server runs as; Containerfile has it too, as it cannot read this. */
export const USER_ID = 10_001;

/** Names of targets of scripts/build/targets.ts, by what container engines call the machine. */
export const TARGET_BY_ARCHITECTURE: Readonly<Record<string, string>> = {
  amd64: "linux-x64",
  arm64: "linux-arm64",
};

/** Where programs for a machine look for what loads them. */
export const LOADER_FOLDERS: Readonly<Record<string, string>> = {
  amd64: "lib64",
  arm64: "lib",
};

/** Empty folders, by their mode. */
export const FOLDERS: readonly (readonly [path: string, mode: number])[] = [
  ["etc/sluice", 0o755],
  ["run", 0o755],
  ["tmp", 0o1777],
  ["usr/local/srs/conf", 0o755],
  ["usr/local/srs/objs", 0o755],
  ["var/lib", 0o755],
];

export const TEXTS: Readonly<Record<string, string>> = {
  "etc/passwd": [
    "root:x:0:0:root:/:/sbin/nologin",
    `sluice:x:${USER_ID}:${USER_ID}:Sluice:/var/lib/sluice:/sbin/nologin`,
    "",
  ].join("\n"),
  "etc/group": ["root:x:0:", `sluice:x:${USER_ID}:`, ""].join("\n"),
  "etc/nsswitch.conf": ["passwd: files", "group: files", "hosts: files dns", ""].join("\n"),
};

/** Files of the checkout. */
export const COPIES: Readonly<Record<string, string>> = {
  "etc/sluice/sluice.yaml": "packaging/container/sluice.yaml",
  "usr/share/doc/sluice/LICENSE": "LICENSE",
  "usr/share/doc/sluice/THIRD_PARTY_NOTICES.md": "THIRD_PARTY_NOTICES.md",
  "usr/share/doc/sluice/examples/full.yaml": "conf/full.yaml",
};

/** Configurations of SRS's image whose work the image's own does, all of it at once. */
const SRS_CONFIGURATIONS = [
  ...["srs", "docker", "console", "http.flv.live", "hls", "realtime.flv"],
  ...["rtc", "rtmp2rtc", "rtc2rtmp"],
];

/**
 * What stands at the places of SRS's image. A file that is mounted on such a link takes the place of
 * what the link leads to, so that whatever name it has there, it is the one that is used.
 */
export const LINKS: Readonly<Record<string, string>> = {
  "usr/local/srs/objs/srs": "/usr/bin/sluice",
  ...Object.fromEntries(
    SRS_CONFIGURATIONS.map((name) => [
      `usr/local/srs/conf/${name}.conf`,
      "/etc/sluice/sluice.yaml",
    ]),
  ),
};
