/**
 * Goal: manifests name what the specification asks for, whatever characters names have in them.
 *
 * Method: the text of one, and one of a name that must be escaped, read back by an XML parser.
 */

import { expect, test } from "vitest";
import { formatFlashManifest } from "../../../src/codec/f4m/manifest.ts";
import { findAll } from "../../support/mpd-check.ts";
import { parseXml } from "../../support/xml-parse.ts";

test("a manifest", () => {
  const manifest = { id: "show.f4m", bootstrapUrl: "show.abst", mediaUrl: "show" };
  expect(formatFlashManifest(manifest)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<manifest xmlns="http://ns.adobe.com/f4m/1.0">
  <id>show.f4m</id>
  <streamType>live</streamType>
  <deliveryType>streaming</deliveryType>
  <bootstrapInfo profile="named" url="show.abst" id="bootstrap0"/>
  <media bitrate="0" url="show" bootstrapInfoId="bootstrap0"/>
</manifest>
`);
});

test("names with characters that mean something in XML", () => {
  const mediaUrl = `a&b<"'`;
  const text = formatFlashManifest({ id: "<&>", bootstrapUrl: `${mediaUrl}.abst`, mediaUrl });
  const manifest = parseXml(text);
  expect(findAll(manifest, "id")[0]?.text).toBe("<&>");
  expect(findAll(manifest, "bootstrapInfo")[0]?.attributes.get("url")).toBe(`${mediaUrl}.abst`);
  expect(findAll(manifest, "media")[0]?.attributes.get("url")).toBe(mediaUrl);
});
