/**
 * Which files packaged streams have on disk.
 *
 * @module
 */

import { createStoredFiles, type StoredFiles } from "../../base/stored-files.ts";
import { isPlayGuarded } from "../../config/play-guard.ts";
import type { VhostConfig } from "../../config/vhost-config.ts";
import { CMAF_FILE_NAME } from "./cmaf/cmaf-names.ts";
import { folderTemplate } from "./cmaf/cmaf-paths.ts";
import { HDS_TEMPLATES } from "./hds/hds-names.ts";
import { isDashShared } from "./vhost-packaging.ts";

/** Those of a vhost's streams, whether they are packaged at present or have been. */
export function listPackagedFiles(vhost: string, config: VhostConfig): StoredFiles[] {
  const { hls, cmaf, dash, hds } = config;
  const isGuarded = isPlayGuarded(config);
  const found: StoredFiles[] = [];
  const add = (root: string, template: string, fileName?: RegExp): void => {
    const form = fileName === undefined ? { template } : { template, fileName };
    found.push(createStoredFiles({ vhost, isGuarded, root, ...form }));
  };
  if (hls.enabled && hls.hlsStorage !== "memory") {
    add(hls.hlsPath, hls.hlsM3u8File);
    add(hls.hlsPath, hls.hlsTsFile);
    if (hls.hlsKeys) add(hls.hlsKeyFilePath, hls.hlsKeyFile);
  }
  const addCmaf = (root: string, entry: string, owner = entry): void => {
    add(root, entry);
    add(root, folderTemplate(owner), CMAF_FILE_NAME);
  };
  if (cmaf.enabled && cmaf.storage !== "memory") addCmaf(cmaf.path, cmaf.playlist);
  if (dash.enabled && dash.dashStorage !== "memory") {
    const owner = isDashShared(config) ? cmaf.playlist : dash.dashMpdFile;
    addCmaf(dash.dashPath, dash.dashMpdFile, owner);
  }
  if (hds.enabled) for (const template of HDS_TEMPLATES) add(hds.hdsPath, template);
  return found;
}
