/**
 * Goal: the metrics of a server with sessions are true, are Prometheus's format to the letter, have no
 * more labels than they should, and no counter of theirs ever goes back.
 *
 * Method: the whole server in memory; a scrape after each step of sessions that come and go, read
 * strictly and compared with the one before.
 */

import { expect, test } from "vitest";
import { type ParsedFamily, parseExposition } from "../support/exposition.ts";
import { settle } from "../support/memory-network.ts";
import { MemoryServer } from "../support/memory-server.ts";

class Scraper {
  readonly server: MemoryServer;
  #before = new Map<string, number>();

  constructor(server: MemoryServer) {
    this.server = server;
  }

  /** All figures by name and labels; counters are no less than the last time. */
  async scrape(): Promise<Map<string, number>> {
    const { text } = await this.server.fetch("/metrics", { port: 1985 });
    const figures = new Map<string, number>();
    for (const family of parseExposition(text)) this.#read(family, figures);
    return figures;
  }

  #read({ type, samples }: ParsedFamily, figures: Map<string, number>): void {
    const lasting = new Map<string, number>();
    for (const { name, labels, value } of samples) {
      const key = `${name} ${Object.values(labels).join(" ")}`.trim();
      figures.set(key, value);
      if (type !== "gauge") lasting.set(key, value);
    }
    for (const [key, value] of lasting) {
      expect(value, key).toBeGreaterThanOrEqual(this.#before.get(key) ?? 0);
      this.#before.set(key, value);
    }
  }
}

test("sessions that come and go", async () => {
  const server = await MemoryServer.start({ http_server: { enabled: true } });
  const scraper = new Scraper(server);
  const publisher = await server.publish(server.rtmpUrl("live/show"));
  const early = await server.play(server.rtmpUrl("live/show"));
  await scraper.scrape();
  await server.advance(400, 100);
  await publisher.start();
  await server.advance(400, 100);
  const viewer = await server.watch(server.httpUrl("/live/show.flv"));
  await publisher.send();
  await server.advance(1_000, 100);
  const during = await scraper.scrape();
  expect(during.get("sluice_protocol_sessions rtmp")).toBe(2);
  expect(during.get("sluice_protocol_sessions http-flv")).toBe(1);
  expect(during.get("sluice_first_frame_seconds_sum rtmp")).toBeGreaterThanOrEqual(0.4);
  expect(during.get("sluice_first_frame_seconds_count rtmp")).toBe(1);
  expect(during.get("sluice_first_frame_seconds_bucket http-flv 0.01")).toBe(1);
  expect(during.get("sluice_flush_seconds_count rtmp")).toBeGreaterThanOrEqual(1);
  expect(during.get("sluice_event_loop_delay_seconds_count")).toBe(18);
  expect(during.get("sluice_protocol_sent_bytes_total rtmp")).toBeGreaterThan(0);

  viewer.exchange?.abort();
  await early.leave();
  await settle();
  const after = await scraper.scrape();
  expect(after.get("sluice_protocol_sessions rtmp")).toBe(1);
  expect(after.get("sluice_protocol_sessions http-flv")).toBe(0);
  expect(after.get("sluice_protocol_sessions_total http-flv")).toBe(1);
  await publisher.leave();
  await server.advance(60_000);
  const last = await scraper.scrape();
  expect(last.get("sluice_protocol_sessions_total rtmp")).toBe(2);
  expect(last.get("sluice_protocol_session_errors_total rtmp")).toBe(0);
});

test("who is refused or sends what is no RTMP counts as an error, who leaves does not", async () => {
  const security = { enabled: true, deny: ["play all"], allow: ["publish all"] };
  const server = await MemoryServer.start({ vhosts: { __defaultVhost__: { security } } });
  const scraper = new Scraper(server);
  await expect(server.play(server.rtmpUrl("live/show"))).rejects.toThrow(Error);
  const wire = await server.open(1935);
  wire.socket?.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n".padEnd(4_000)));
  await settle();
  const publisher = await server.publish(server.rtmpUrl("live/show"));
  await publisher.vanish();
  await server.advance(20_000);
  const figures = await scraper.scrape();
  expect(figures.get("sluice_protocol_sessions_total rtmp")).toBe(3);
  expect(figures.get("sluice_protocol_session_errors_total rtmp")).toBe(2);
});

test("callbacks, by event and outcome", async () => {
  const http_hooks = { enabled: true, on_play: "http://127.0.0.1:8085/play" };
  const server = await MemoryServer.start({ vhosts: { __defaultVhost__: { http_hooks } } });
  const scraper = new Scraper(server);
  await expect(server.play(server.rtmpUrl("live/show"))).rejects.toThrow(Error);
  const figures = await scraper.scrape();
  expect(figures.get("sluice_hook_calls_total on_play failed")).toBe(1);
  expect(figures.get("sluice_hook_seconds_count on_play")).toBe(1);
  expect(figures.get("sluice_hook_queue_length")).toBe(0);
});

test("streams, vhosts and queries that clients choose make no label", async () => {
  const server = await MemoryServer.start();
  const scraper = new Scraper(server);
  const count = async (): Promise<number> => (await scraper.scrape()).size;
  const visit = async (name: string): Promise<void> => {
    const url = `${name}/${name}?token=${name}`;
    const publisher = await server.publish(server.rtmpUrl(url));
    await publisher.start();
    const player = await server.play(server.rtmpUrl(url));
    await server.advance(1_000, 100);
    await player.leave();
    await publisher.leave();
  };
  await visit("first");
  const before = await count();
  for (let i = 0; i < 20; i++) await visit(`name${i}`);
  expect(await count()).toBe(before);
});
