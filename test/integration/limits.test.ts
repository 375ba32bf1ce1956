/**
 * Goal: a full server says so, in each protocol's way, and takes the next one when somebody leaves.
 *
 * Method: fill `max_connections` with players, knock once more by RTMP and HTTP, let one go.
 */

import { expect, onTestFinished, test } from "vitest";
import { FlvCapture } from "../support/flv-capture.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import { startServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const CONNECTIONS_MAX = 4;

test("max_connections is kept, explained, and not for ever", async () => {
  const server = await startServer({ config: { max_connections: CONNECTIONS_MAX } });
  onTestFinished(() => server.stop());
  const url = server.rtmpUrl("live/full");
  const players: RtmpPeer[] = [];
  onTestFinished(() => {
    for (const player of players) player.close();
  });

  for (let i = 0; i < CONNECTIONS_MAX; i++) players.push(await RtmpPeer.play(url));
  await expect(RtmpPeer.play(url)).rejects.toMatchObject({
    code: "NetConnection.Connect.Rejected",
  });
  const refused = await FlvCapture.http(server.httpUrl("/live/full.flv"));
  expect(refused.status).toBe(503);
  await refused.waitForEnd();
  expect(JSON.parse(refused.bytes.toString())).toMatchObject({ code: 503 });

  players.shift()?.close();
  players.push(
    await waitFor("a place for the next player", () => RtmpPeer.play(url).catch(() => undefined)),
  );
});
