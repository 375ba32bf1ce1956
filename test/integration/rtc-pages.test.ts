/**
 * Goal: the pages publish, play and meet by WebRTC, tell what goes wrong in words that help, and go on
 * by themselves after a connection was lost.
 *
 * Method: Chromium with a camera of its own opens the pages; WHIP and WHEP are answered by another peer
 * in the same page (test/support/player-pages/fake-rtc.js), so that what is sent is received and
 * decoded, whatever the server can do. The pages are the same whatever the server runs on: it is tried
 * on one runtime.
 */

import { mkdirSync, readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RTC_ARGUMENTS } from "../support/chromium.ts";
import { FrontPage, type OpenOptions, waitForState, waitForView } from "../support/front-page.ts";
import { ROOT } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const SCREENSHOTS = `${ROOT}dist/.test/`;
const FAKE = readFileSync(`${ROOT}test/support/player-pages/fake-rtc.js`, "utf8");
const PHONE = { viewport: { width: 360, height: 740 } };

/** A request that a page has made of the fake server. */
interface RtcRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

let front: FrontPage;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  front = await FrontPage.start(RTC_ARGUMENTS);
});

afterAll(() => front.stop());

/** @param script To be run after that of the fake server. */
function open(query: string, options: OpenOptions = {}): Promise<Page> {
  return front.open(query, { ...options, script: `${FAKE};${options.script ?? ""}` });
}

const requestsOf = (page: Page): Promise<RtcRequest[]> => page.evaluate("fakeRtc.requests");

async function waitForText(page: Page, selector: string, pattern: RegExp): Promise<string> {
  let seen: string | null = null;
  const look = async (): Promise<string | undefined> => {
    seen = await page.textContent(selector);
    return pattern.test(seen ?? "") ? (seen ?? "") : undefined;
  };
  return waitFor(`${selector} to be ${pattern}`, look).catch((cause: unknown) => {
    throw new Error(`${String(cause)}, but it is '${seen}'`, { cause });
  });
}

async function expectToFit(page: Page): Promise<void> {
  const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  expect(overflow).toBeLessThanOrEqual(0);
}

describe("publish.html", () => {
  test("publishes camera and microphone, and tells how it goes", async () => {
    const page = await open("publish.html?stream=show&secret=x");
    expect(await page.inputValue("#address")).toMatch(
      /^webrtc:\/\/127.0.0.1:\d+\/live\/show\?secret=x$/,
    );
    await page.screenshot({ path: `${SCREENSHOTS}publish-start.png`, fullPage: true });
    await page.fill("[name=token]", "s3cret");
    await page.click("#publish");
    await waitForText(page, "#state", /^Live$/);
    await waitForText(page, "[data-rtc=picture]", /^\d+\u00a0×\u00a0\d+ · \d+\u00a0fps$/);
    await waitForText(page, "[data-rtc=bitrate]", /^[1-9]\d+\u00a0kbit\/s$/);
    await waitForText(page, "[data-rtc=path]", /^UDP \S+:\d+$/);
    await waitForText(page, "[data-rtc=codecs]", / · Opus$/);
    await page.screenshot({ path: `${SCREENSHOTS}publish-live.png`, fullPage: true });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.screenshot({ path: `${SCREENSHOTS}publish-dark.png`, fullPage: true });
    const [request] = await requestsOf(page);
    expect(request).toMatchObject({
      method: "POST",
      path: "/rtc/v1/whip/?app=live&stream=show&secret=x",
      headers: { "Content-Type": "application/sdp", Authorization: "Bearer s3cret" },
      body: expect.stringMatching(/^v=0/),
    });
    expect(await page.textContent("[data-watch=flv]")).toBe(front.server.httpUrl("/live/show.flv"));

    await page.click("#publish");
    await waitForText(page, "#state", /^Not published$/);
    const last = (await requestsOf(page)).at(-1);
    expect(last).toMatchObject({ method: "DELETE", path: "/rtc/v1/whip/?session=1" });
    expect(await page.evaluate("document.querySelector('video').srcObject")).toBeNull();
  });

  test("changes device and bit rate within the session, codec and simulcast by another", async () => {
    const page = await open("publish.html?autostart=true");
    await waitForText(page, "#state", /^Live$/);
    const cameras = await waitFor("the cameras' names", async () => {
      const names = await page.$$eval("[name=camera] [data-device]", (options) => {
        return options.map(({ textContent }) => textContent);
      });
      return names.length > 0 && names;
    });
    expect(cameras[0]).toMatch(/fake_device/);
    await page.selectOption("[name=camera]", { index: 1 });
    await page.selectOption("[name=bitrate]", "400");
    const read = "sluicePublisher.connection.getSenders()[1].getParameters().encodings";
    await waitFor("the bit rate", async () => {
      const encodings = await page.evaluate<{ maxBitrate: number }[]>(read);
      return encodings[0]?.maxBitrate === 400_000;
    });
    expect((await requestsOf(page)).length).toBe(1);

    await page.selectOption("[name=codec]", "VP8");
    await waitForText(page, "[data-rtc=codecs]", /^VP8 · Opus$/);
    await page.check("[name=simulcast]");
    await waitFor("three layers", async () => {
      return (await page.evaluate<unknown[]>(read).catch(() => [])).length === 3;
    });
    await waitForText(page, "#state", /^Live$/);
    const methods = (await requestsOf(page)).map(({ method }) => method);
    expect(methods.filter((method) => method === "POST").length).toBe(3);
  });

  test("mutes and hides without a new session, by keyboard", async () => {
    const page = await open("publish.html?autostart=true");
    await waitForText(page, "#state", /^Live$/);
    await page.focus("#microphone-off");
    await page.keyboard.press("Enter");
    await page.focus("#camera-off");
    await page.keyboard.press("Space");
    const enabled = await page.evaluate(
      "document.querySelector('video').srcObject.getTracks().map((track) => track.enabled)",
    );
    expect(enabled).toEqual([false, false]);
    expect((await requestsOf(page)).length).toBe(1);
  });

  test.each([
    [
      '{ status: 409, body: \'{"code":1028,"error":{"message":"x"}}\' }',
      /Somebody else .* says: x/,
    ],
    ["{ status: 401, body: '' }", /does not let you publish/],
    ["{ status: 201, body: 'no' }", /no session description/],
  ])("says why the server refuses: %s", async (refusal, sentence) => {
    const page = await open("publish.html", { script: `fakeRtc.refusal = ${refusal}` });
    await page.click("#publish");
    await waitForText(page, "#problem", sentence);
    expect(await page.textContent("#publish")).toBe("Publish");
  });

  test("says what stands in the way before the server is asked", async () => {
    const script = `navigator.mediaDevices.getUserMedia = () =>
      Promise.reject(new DOMException("", "NotAllowedError"))`;
    const page = await open("publish.html", { script, ...PHONE });
    await page.fill("#address", "rtmp://a/b");
    await page.click("#publish");
    await waitForText(page, "#problem", /Name the stream as app\/stream/);
    await page.fill("#address", "live/show");
    await page.click("#publish");
    await waitForText(page, "#problem", /may not use camera and microphone/);
    expect(await requestsOf(page)).toEqual([]);
    await expectToFit(page);
    await page.screenshot({ path: `${SCREENSHOTS}publish-phone.png`, fullPage: true });
  });

  test("says that no media gets through, and to which port", async () => {
    const page = await open("publish.html?autostart=true", { script: "fakeRtc.isBlocked = true" });
    await waitForText(page, "#problem", /^No connection to .* over UDP or TCP port \d+/);
    expect((await requestsOf(page)).at(-1)?.method).toBe("DELETE");
  });

  test("publishes the screen, with the microphone, and sound alone", async () => {
    const page = await open("publish.html");
    const kinds =
      "document.querySelector('video').srcObject.getTracks().map(({ kind }) => kind).sort()";
    await page.check("[name=source][value=screen]");
    expect(await page.isVisible("[name=camera]")).toBe(false);
    await page.click("#publish");
    await waitForText(page, "#state", /^Live$/);
    expect(await page.evaluate(kinds)).toEqual(["audio", "video"]);
    await page.check("[name=source][value=none]");
    await waitForText(page, "#notice", /^Sound only$/);
    await waitForText(page, "#state", /^Live$/);
    await waitForText(page, "[data-rtc=codecs]", /^Opus$/);
    expect(await page.evaluate(kinds)).toEqual(["audio"]);
  });

  test("makes a new session when the server has lost the old one", async () => {
    const page = await open("publish.html?autostart=true");
    await waitForText(page, "#state", /^Live$/);
    await page.evaluate("[...fakeRtc.sessions.values()][0].end()");
    await waitFor(
      "a second offer",
      async () => {
        const requests = await requestsOf(page);
        return requests.filter(({ method }) => method === "POST").length > 1;
      },
      30_000,
    );
    await waitForText(page, "#state", /^Live$/);
  });

  test("finds another way within the session", async () => {
    const page = await open("publish.html?autostart=true");
    await waitForText(page, "#state", /^Live$/);
    // What a network's change does to a connection; it is told here, as there is no other network.
    await page.evaluate(`(() => {
      const { connection } = sluicePublisher;
      Object.defineProperty(connection, "connectionState", { value: "failed", configurable: true });
      connection.dispatchEvent(new Event("connectionstatechange"));
      delete connection.connectionState;
    })()`);
    const patch = await waitFor("a restart", async () => {
      return (await requestsOf(page)).find(({ method }) => method === "PATCH");
    });
    expect(patch).toMatchObject({
      headers: { "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*" },
      body: expect.stringMatching(/^a=ice-ufrag:.*\r\na=ice-pwd:.*\r\nm=audio .*\r\na=mid:0\r\n/),
    });
    await waitForText(page, "#state", /^Live$/);
    const offers = (await requestsOf(page)).filter(({ method }) => method === "POST");
    expect(offers.length).toBe(1);
  });
});

describe("playing", () => {
  const publisher = "addEventListener('DOMContentLoaded', () => fakeRtc.addPublisher('live/show'))";

  test("the front page plays by WebRTC", async () => {
    const page = await open("?stream=live/show&proto=rtc", { script: publisher });
    await waitForState(page, "live");
    const before = await waitForView(page, "the size", ({ width }) => width === 640);
    await waitForView(page, "the picture to move", ({ decodedFrames }) => {
      return decodedFrames > before.decodedFrames + 20;
    });
    expect(await page.textContent("#way")).toBe("WebRTC");
    expect(await page.inputValue("#proto")).toBe("rtc");
    await waitForText(page, "#latency", /^\d+ ms$/);
    await waitForText(page, "[data-rtc=roundTrip]", /^\d+\u00a0ms$/);
    await waitForText(page, "#codecs", / · Opus$/);
    await page.screenshot({ path: `${SCREENSHOTS}page-rtc.png`, fullPage: true });
    const [request] = await requestsOf(page);
    expect(request?.path).toBe("/rtc/v1/whep/?app=live&stream=show");
    expect(request?.body).toMatch(/a=fmtp:111 .*stereo=1/);
  });

  test("the front page waits for a stream, and for its return", async () => {
    const page = await open("?stream=live/show&proto=rtc");
    await waitForState(page, "offline");
    await waitForText(page, "#notice", /Nobody publishes this stream yet/);
    await page.evaluate("fakeRtc.addPublisher('live/show')");
    await waitForState(page, "live");
    await page.evaluate(
      "fakeRtc.removePublisher('live/show'), [...fakeRtc.sessions.values()].at(-1).end()",
    );
    await waitForState(page, "offline");
    await page.evaluate("fakeRtc.addPublisher('live/show')");
    await waitForState(page, "live");
  });

  test("a publisher that falls silent is offline", async () => {
    const page = await open("?stream=live/show&proto=rtc", { script: publisher });
    await waitForState(page, "live");
    await page.evaluate(`(() => {
      for (const { connection } of fakeRtc.sessions.values()) {
        for (const sender of connection.getSenders()) sender.replaceTrack(null);
      }
      fakeRtc.removePublisher('live/show');
    })()`);
    await waitForState(page, "offline");
  });

  test("watch.html plays what SRS's address says, when it is told to", async () => {
    const page = await open("players/rtc_player.html?app=live&stream=show&eip=1.2.3.4", {
      script: publisher,
    });
    expect(new URL(page.url()).pathname).toBe("/watch.html");
    expect(await requestsOf(page)).toEqual([]);
    await page.screenshot({ path: `${SCREENSHOTS}watch-start.png`, fullPage: true });
    await page.click("#play");
    await waitForText(page, "#state", /^Live$/);
    await waitForText(page, "[data-rtc=picture]", /^640\u00a0×\u00a0360 · \d+\u00a0fps$/);
    await page.screenshot({ path: `${SCREENSHOTS}watch-live.png`, fullPage: true });
    expect(await page.evaluate("document.querySelector('video').muted")).toBe(false);
    const [request] = await requestsOf(page);
    expect(request?.path).toBe("/rtc/v1/whep/?app=live&stream=show&eip=1.2.3.4");
    await page.click("#play");
    await waitForText(page, "#state", /^Stopped$/);
    expect((await requestsOf(page)).at(-1)?.method).toBe("DELETE");
  });

  test("watch.html starts by itself without sound, on a telephone too", async () => {
    const page = await open("players/whep.html?stream=show&autostart=true", {
      script: publisher,
      ...PHONE,
    });
    await waitForText(page, "#state", /^Live$/);
    expect(await page.evaluate("document.querySelector('video').muted")).toBe(true);
    await expectToFit(page);
    await page.screenshot({ path: `${SCREENSHOTS}watch-phone.png`, fullPage: true });
  });
});

describe("meeting.html", () => {
  const others = `addEventListener("DOMContentLoaded", () => {
    fakeRtc.addPublisher("team/Bob", 10);
    fakeRtc.addPublisher("team/Carol", 140);
    fakeRtc.addPublisher("elsewhere/Dave", 90);
  })`;

  async function join(page: Page): Promise<void> {
    await page.fill("#name", "Alice");
    await page.fill("#room", "team");
    await page.click("#enter");
    await page.waitForSelector("#meeting:not([hidden])");
  }

  const tileNames = (page: Page): Promise<unknown> =>
    page.evaluate("[...document.querySelectorAll('.tile')].map(({ dataset }) => dataset.name)");

  test("shows everybody in the room, and who comes and goes", async () => {
    const page = await open("meeting.html?token=x", { script: others });
    await page.screenshot({ path: `${SCREENSHOTS}meeting-join.png`, fullPage: true });
    await join(page);
    await waitForText(page, "#status", /^3 people$/);
    expect(await tileNames(page)).toEqual(["Alice", "Bob", "Carol"]);
    await waitFor("moving pictures", () =>
      page.evaluate<boolean>(
        "[...document.querySelectorAll('.tile video')].every(({ videoWidth, currentTime }) => videoWidth > 0 && currentTime > 1)",
      ),
    );
    await page.click("#figures");
    await waitForText(page, ".tile:not(.self) .tile-figures", /640.*360 · \d+.fps/);
    await page.screenshot({ path: `${SCREENSHOTS}meeting.png`, fullPage: true });
    const paths = (await requestsOf(page)).map(({ path }) => path);
    expect(paths.slice(0, 2)).toEqual([
      "/rtc/v1/whip/?app=team&stream=Alice&token=x&meeting=1",
      "/rtc/v1/streams/?app=team&token=x",
    ]);
    expect(await page.textContent("#invite")).toMatch(/meeting\.html\?token=x&room=team$/);

    await page.click(".tile[data-name=Bob] .tile-mute");
    expect(await page.evaluate("document.querySelector('[data-name=Bob] video').muted")).toBe(true);
    await page.evaluate("fakeRtc.removePublisher('team/Bob')");
    await waitForText(page, "#status", /^2 people$/);
    expect(await tileNames(page)).toEqual(["Alice", "Carol"]);
    await page.click("#leave");
    expect(await page.isVisible("#join")).toBe(true);
    expect(await page.evaluate("fakeRtc.sessions.size")).toBe(0);
  });

  test("shares the screen in place of the camera", async () => {
    const page = await open("meeting.html");
    await join(page);
    await waitForText(page, "#status", /^Nobody else is here yet/);
    await page.click("#share");
    await page.waitForSelector("#share[aria-pressed=true]");
    expect(await page.isVisible(".tile.mirrored")).toBe(false);
    await page.click("#share");
    await page.waitForSelector(".tile.mirrored");
    expect((await requestsOf(page)).filter(({ method }) => method === "POST").length).toBe(1);
  });

  test("says that a name is taken, on a telephone too", async () => {
    const page = await open("meeting.html?room=team&name=Bob", { script: others, ...PHONE });
    await page.click("#enter");
    await waitForText(page, "#problem", /Somebody called Bob is in this room already/);
    await page.screenshot({ path: `${SCREENSHOTS}meeting-join-phone.png`, fullPage: true });
    await join(page);
    await waitForText(page, "#status", /^3 people$/);
    await page.waitForSelector(".tile[data-name=Bob][data-state=connected]");
    await page.click("#figures");
    await waitForText(page, ".tile:not(.self) .tile-figures", /kbit/);
    await expectToFit(page);
    await page.screenshot({ path: `${SCREENSHOTS}meeting-phone.png`, fullPage: true });
  });
});
