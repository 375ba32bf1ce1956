/**
 * Goal: several workers are one server to whoever publishes or plays by WebRTC, whichever of them is
 * asked and whichever gets the datagrams; where a UDP port cannot be shared as well.
 *
 * Method: whole workers in memory, with a network that gives datagrams to the worker that a test says;
 * clients choose the worker that they ask.
 */

import { describe, expect, test } from "vitest";
import { encodeRtcp } from "../../../src/codec/rtcp/rtcp-packet.ts";
import {
  MemoryRtcPeer,
  offerText,
  passRtc,
  postOffer,
  RTC_CONFIG,
} from "../../support/memory-rtc.ts";
import { MemoryWorkers } from "../../support/memory-workers.ts";

const SHOW = "app=live&stream=show";

/** Workers that share the port; `gets` says which of them gets all datagrams, until it is changed. */
async function start(
  config = {},
): Promise<{ server: MemoryWorkers; give: (worker: number) => void }> {
  let getting = 0;
  const server = await MemoryWorkers.start(
    2,
    { ...RTC_CONFIG, ...config },
    ({ runtime: { udp } }) => {
      udp.canSharePort = true;
      udp.choose = () => getting;
    },
  );
  const give = (worker: number): void => {
    getting = worker;
  };
  return { server, give };
}

/** Of HTTP. */
function portOf(server: MemoryWorkers, worker: number): number {
  return Number(new URL(server.httpUrl(worker)).port);
}

function workerOf(server: MemoryWorkers, event: string): unknown {
  return server.events(event).at(-1)?.["worker"];
}

describe("workers that share a port", () => {
  test.each([
    [0, 0, 0],
    [0, 1, 0],
    [0, 1, 1],
    [1, 0, 0],
    [1, 1, 0],
  ])("publish at %i and play at %i, while %i gets all datagrams", async (from, to, getting) => {
    const { server, give } = await start();
    give(getting);
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW, {
      port: portOf(server, from),
    });
    expect(workerOf(server, "stream published")).toBe(from);
    const player = await MemoryRtcPeer.join(server, "play", SHOW, {
      name: "view",
      port: portOf(server, to),
    });
    expect(workerOf(server, "play started")).toBe(to);
    await publisher.run(30);
    await passRtc(server, 100);
    expect(player.packets("video").length).toBeGreaterThanOrEqual(25);
    expect(player.packets("audio").length).toBeGreaterThanOrEqual(40);
    expect(server.events("relay started")).toHaveLength(from === to ? 0 : 1);
    publisher.close();
    player.close();
  });

  test("find one another's clients again when the network changes its mind", async () => {
    const { server, give } = await start();
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW);
    await publisher.run(5);
    give(1);
    await publisher.run(1); // What comes before all have been asked is lost.
    await publisher.run(20);
    const [stream] = (await server.api(0, "/api/v1/streams/"))["streams"] as { frames: number }[];
    expect(stream?.frames).toBeGreaterThanOrEqual(20);
    publisher.close();
  });

  test("ask the publisher of another for a key frame, and not too often", async () => {
    const { server } = await start();
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW);
    await publisher.run(5);
    const player = await MemoryRtcPeer.join(server, "play", SHOW, {
      name: "view",
      port: portOf(server, 1),
    });
    await publisher.run(5);
    await passRtc(server, 3_000);
    const before = publisher.feedback("pli").length;
    const { ssrc = 0 } = player.packets("video").at(-1) ?? {};
    const pli = encodeRtcp([{ type: "pli", senderSsrc: 1, mediaSsrc: ssrc }]);
    for (let i = 0; i < 5; i++) await player.sendRtcp(pli);
    await passRtc(server, 100);
    expect(publisher.feedback("pli").length - before).toBe(1);
    publisher.close();
    player.close();
  });

  test("end and change sessions of one another, and only for who has the token", async () => {
    const { server } = await start();
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW);
    const port = portOf(server, 1);
    const fields = [["Content-Type", "application/trickle-ice-sdpfrag"]] as const;
    const unasked = await server.fetch(publisher.location, { port, method: "PATCH", fields });
    expect(unasked.status).toBe(428);
    const restart = await server.fetch(publisher.location, {
      ...{ port, method: "PATCH" },
      fields: [...fields, ["If-Match", "*"]],
      body: new TextEncoder().encode(
        "a=ice-ufrag:other\r\na=ice-pwd:0123456789012345678901234567890123\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n",
      ),
    });
    expect(restart.status).toBe(200);
    expect(restart.text).toMatch(/a=ice-ufrag:00/);
    const wrong = publisher.location.replace(/token=[^&]+/, "token=wrong");
    expect((await server.fetch(wrong, { port, method: "DELETE" })).status).toBe(403);
    expect((await server.fetch(publisher.location, { port, method: "DELETE" })).status).toBe(200);
    expect(workerOf(server, "stream unpublished")).toBe(0);
    publisher.close();
  });

  test("say who is in a meeting, whoever has them", async () => {
    const { server } = await start();
    const peers: MemoryRtcPeer[] = [];
    for (const worker of [0, 1]) {
      const query = `app=room&stream=guest${worker}&meeting=1`;
      peers.push(
        await MemoryRtcPeer.join(server, "publish", query, { port: portOf(server, worker) }),
      );
    }
    for (const worker of [0, 1]) {
      const port = portOf(server, worker);
      const { text } = await server.fetch("/rtc/v1/streams/?app=room", { port });
      const { streams } = JSON.parse(text) as { streams: { stream: string }[] };
      expect(streams.map(({ stream }) => stream).sort()).toEqual(["guest0", "guest1"]);
    }
    for (const peer of peers) peer.close();
  });

  test.each([
    ["aaaa", 0],
    ["abcd", 1],
  ])("open a session that is to be called %s at worker %i", async (ufrag, owner) => {
    const { server } = await start();
    for (const worker of [0, 1]) {
      const port = portOf(server, worker);
      const { status } = await postOffer(
        server,
        `whip/?app=live&stream=whip${worker}&ice-ufrag=${ufrag}${worker}`,
        offerText("publish"),
        { port },
      );
      expect(status).toBe(201);
      expect(workerOf(server, "stream published")).toBe(owner);
      const streamurl = `webrtc://localhost/live/json${worker}?ice-ufrag=${ufrag}json${worker}`;
      const body = JSON.stringify({ streamurl, sdp: offerText("publish") });
      const { text } = await server.fetch("/rtc/v1/publish/", {
        ...{ port, method: "POST" },
        body: new TextEncoder().encode(body),
      });
      expect(JSON.parse(text)).toMatchObject({ code: 0 });
      expect(workerOf(server, "stream published")).toBe(owner);
    }
  });
});

describe("workers that cannot share a port", () => {
  test("have all sessions at the first, and each of them answers", async () => {
    const server = await MemoryWorkers.start(2, RTC_CONFIG);
    const port = portOf(server, 1);
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW, { port });
    const player = await MemoryRtcPeer.join(server, "play", SHOW, { name: "view", port });
    expect(workerOf(server, "stream published")).toBe(0);
    expect(workerOf(server, "play started")).toBe(0);
    await publisher.run(10);
    expect(player.packets("video").length).toBeGreaterThanOrEqual(10);
    expect((await server.fetch(player.location, { port, method: "DELETE" })).status).toBe(200);
    publisher.close();
    player.close();
  });
});
