/**
 * A small meeting: `/meeting.html?room=ROOM&name=NAME`. Each person publishes the stream `ROOM/NAME`
 * by WHIP and plays those of all others by WHEP. Who they are is asked of the server every two
 * seconds: `GET /rtc/v1/streams/?app=ROOM`.
 *
 * @module
 */

import { captureScreen, captureUser, release } from "./capture.js";
import { wireCopyButtons } from "./copy-button.js";
import { MeetingTile } from "./meeting-tile.js";
import { endpointOf, readPageAddress } from "./rtc-address.js";
import { explainUnreachable, RtcError, toRtcError } from "./rtc-error.js";
import { wireTrackToggle } from "./track-toggle.js";
import { WhepClient } from "./whep-client.js";
import { WhipClient } from "./whip-client.js";

const POLL_MS = 2000;
const FIGURES_MS = 1000;

/** How long somebody is kept who is not in the list: a session that is made anew is missing in it. */
const ABSENCES_MAX = 3;

/** Small pictures: there are many of them. */
const PICTURE = { height: 360, frameRate: 25 };
const CAMERA = { codec: "H264", bitrateKbps: 800, isSimulcast: false };

const find = (id) => document.getElementById(id);
const page = new URL(location.href);

/** @type {Meeting | undefined} */
let meeting;

/** One's presence in a room, from joining to leaving. */
class Meeting {
  #room;
  #name;
  #camera;
  #screen;
  #self;
  #isLeft = false;
  /** @type {Map<string, { tile: MeetingTile, absences: number }>} */
  #others = new Map();
  #timers = [];

  /** @param {{ room: string, name: string, camera: MediaStream }} person */
  constructor({ room, name, camera }) {
    this.#room = room;
    this.#name = name;
    this.#camera = camera;
    const [audio] = camera.getAudioTracks();
    // A screen can take the place of a camera only if there is a place.
    const [video] = camera.getVideoTracks();
    const options = { endpoint: this.#endpoint(name, "whip"), tracks: { audio, video } };
    const client = new WhipClient({ ...options, video: CAMERA });
    this.#self = new MeetingTile({ name, client, isSelf: true });
    this.#self.mirror(true);
  }

  /** What is sent of oneself: sound and, if a person wants that, camera. */
  get camera() {
    return this.#camera;
  }

  get isSharing() {
    return this.#screen !== undefined;
  }

  get canShare() {
    return this.#camera.getVideoTracks().length > 0;
  }

  /** @returns {Promise<void>} Until one is seen by others, or is refused. */
  join() {
    const { client } = this.#self;
    find("tiles").replaceChildren(this.#self.element);
    return new Promise((resolve, reject) => {
      client.addEventListener("state", () => {
        if (client.state === "connected") resolve();
        if (client.state === "failed") reject(client.error);
      });
      this.#self.show(this.#camera);
      client.start();
    });
  }

  /** Looks for the others, again and again. */
  follow() {
    if (this.#isLeft) return;
    const poll = () => this.#poll();
    this.#timers.push(
      setInterval(poll, POLL_MS),
      setInterval(() => this.#refresh(), FIGURES_MS),
    );
    void poll();
  }

  leave() {
    this.#isLeft = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const { tile } of this.#others.values()) tile.close();
    this.#others.clear();
    this.#self.close();
    release(this.#camera);
    release(this.#screen);
  }

  /** Shows the screen in place of the camera, or the camera again. */
  async toggleScreen() {
    const screen = this.isSharing
      ? undefined
      : await captureScreen({ ...PICTURE, height: 1080, hasSound: false });
    if (this.#isLeft) {
      release(screen);
      return;
    }
    release(this.#screen);
    this.#screen = screen;
    const [track] = (screen ?? this.#camera).getVideoTracks();
    track.addEventListener("ended", () => {
      if (this.#screen === screen && screen !== undefined)
        void this.toggleScreen().then(showButtons);
    });
    await this.#self.client.replaceTrack(track);
    this.#self.show(screen ?? this.#camera);
    this.#self.mirror(screen === undefined);
  }

  async #poll() {
    try {
      const names = await this.#listOthers();
      if (!this.#isLeft) this.#meet(names);
      find("meeting-problem").textContent = "";
    } catch (error) {
      if (!this.#isLeft) find("meeting-problem").textContent = toRtcError(error).message;
    }
  }

  async #listOthers() {
    const { origin, parameters } = readPlace();
    const query = new URLSearchParams([["app", this.#room], ...parameters]);
    const url = `${origin}/rtc/v1/streams/?${query}`;
    const signal = AbortSignal.timeout(2 * POLL_MS);
    const response = await fetch(url, { cache: "no-store", signal }).catch((cause) => {
      throw explainUnreachable(url, cause);
    });
    if (!response.ok) {
      const reason = `The server does not say who is in the room (${response.status}).`;
      throw new RtcError(reason, { kind: "refused" });
    }
    const { streams = [] } = await response.json();
    const names = streams.filter(({ app }) => app === this.#room).map(({ stream }) => stream);
    return names.filter((name) => name !== this.#name);
  }

  #meet(names) {
    for (const name of names) {
      const other = this.#others.get(name) ?? this.#welcome(name);
      other.absences = 0;
    }
    for (const [name, other] of this.#others) {
      if (!names.includes(name)) other.absences++;
      // One who could not be played is tried again, if still there.
      const isLost = other.tile.client.state === "failed";
      if (other.absences < ABSENCES_MAX && !isLost) continue;
      other.tile.close();
      this.#others.delete(name);
    }
    const count = this.#others.size + 1;
    find("status").textContent = count === 1 ? "Nobody else is here yet." : `${count} people`;
    find("tiles").dataset.count = String(count);
  }

  #welcome(name) {
    const client = new WhepClient({ endpoint: this.#endpoint(name, "whep") });
    const tile = new MeetingTile({ name, client, isSelf: false });
    const other = { tile, absences: 0 };
    this.#others.set(name, other);
    client.addEventListener("stream", () => tile.show(client.stream));
    find("tiles").append(tile.element);
    client.start();
    return other;
  }

  #refresh() {
    if (!find("tiles").classList.contains("with-figures")) return;
    for (const tile of [this.#self, ...[...this.#others.values()].map((other) => other.tile)]) {
      tile.refresh();
    }
  }

  #endpoint(name, protocol) {
    const place = readPlace();
    const parameters = new URLSearchParams(place.parameters);
    // The server tells others of those alone who say that they are there to be seen.
    if (protocol === "whip") parameters.set("meeting", "1");
    return endpointOf({ ...place, parameters, app: this.#room, stream: name }, protocol);
  }
}

/** The server, and what it is to know as well: all but what the page itself has in its address. */
function readPlace() {
  const { origin, parameters } = readPageAddress(page);
  parameters.delete("room");
  parameters.delete("name");
  return { origin, parameters };
}

/** Names are parts of a stream's address. */
function cleanName(text) {
  return text.trim().replace(/[/\\?#%&]+/g, "-");
}

async function join() {
  const room = cleanName(find("room").value);
  const name = cleanName(find("name").value);
  const cameraId = find("with-camera").checked ? "" : undefined;
  const camera = await captureUser({ microphoneId: "", cameraId, ...PICTURE });
  const own = new Meeting({ room, name, camera });
  meeting = own;
  try {
    await own.join();
  } catch (error) {
    own.leave();
    meeting = undefined;
    if (error.kind !== "busy") throw error;
    const reason = `Somebody called ${name} is in this room already. Choose another name.`;
    throw new RtcError(reason, { kind: "busy", cause: error });
  }
  enter(room, name);
  own.follow();
}

function enter(room, name) {
  const address = new URL(page);
  address.searchParams.set("room", room);
  address.searchParams.delete("name");
  find("invite").textContent = address.href;
  address.searchParams.set("name", name);
  history.replaceState(null, "", address);
  find("room-title").textContent = room;
  document.title = `${room} · Meeting · Sluice`;
  find("join").hidden = true;
  find("meeting").hidden = false;
  showButtons();
  find("microphone-off").focus();
}

function leave() {
  meeting?.leave();
  meeting = undefined;
  find("meeting").hidden = true;
  find("join").hidden = false;
  find("enter").focus();
}

const toggles = [
  wireTrackToggle(find("microphone-off"), "audio", () => meeting?.camera),
  wireTrackToggle(find("camera-off"), "video", () => meeting?.camera),
];

function showButtons() {
  for (const apply of toggles) apply();
  find("share").disabled = !meeting?.canShare;
  find("share").setAttribute("aria-pressed", String(meeting?.isSharing ?? false));
}

/** Does what a person asked for, and says why it does not work. */
async function attempt(action, problem) {
  problem.textContent = "";
  try {
    await action();
  } catch (error) {
    problem.textContent = toRtcError(error).message;
  }
}

function wire() {
  find("room").value = page.searchParams.get("room") ?? "";
  find("name").value = page.searchParams.get("name") ?? "";
  wireCopyButtons();
  find("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    find("enter").disabled = true;
    await attempt(join, find("problem"));
    find("enter").disabled = false;
  });
  find("share").addEventListener("click", async () => {
    await attempt(() => meeting?.toggleScreen(), find("meeting-problem"));
    showButtons();
  });
  find("figures").addEventListener("click", ({ currentTarget }) => {
    const isShown = find("tiles").classList.toggle("with-figures");
    currentTarget.setAttribute("aria-pressed", String(isShown));
  });
  find("leave").addEventListener("click", leave);
  addEventListener("pagehide", () => meeting?.leave());
}

wire();
