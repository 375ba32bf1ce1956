/**
 * The form in which a person chooses what to send.
 *
 * @module
 */

import { canCaptureScreen, captureScreen, captureUser, listDevices } from "./capture.js";
import { codecChoices } from "./encodings.js";

const CODEC_NAMES = { H264: "H.264", H265: "H.265" };

export class CaptureForm {
  #form;

  /** @param {HTMLFormElement} form Its fields are `source`, `camera`, `sound` and so on. */
  constructor(form) {
    this.#form = form;
    this.#offerCodecs();
    form.elements.source.forEach((radio) => {
      if (radio.value === "screen") radio.disabled = !canCaptureScreen();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.#adapt());
    this.#adapt();
  }

  get token() {
    return this.#form.elements.token.value;
  }

  /** @returns {import("./whip-client.js").VideoSettings} */
  get video() {
    const { codec, bitrate, simulcast } = this.#form.elements;
    return {
      codec: codec.value,
      bitrateKbps: Number(bitrate.value),
      isSimulcast: simulcast.checked,
    };
  }

  /** What a camera is asked for. */
  get picture() {
    const { height, frameRate } = this.#form.elements;
    return { height: Number(height.value), frameRate: Number(frameRate.value) };
  }

  /**
   * Switches on what was chosen; the browser asks for permission.
   *
   * @returns {Promise<MediaStream>}
   * @throws {import("./rtc-error.js").RtcError}
   */
  async capture() {
    const { source, camera, sound } = this.#form.elements;
    const isScreen = source.value === "screen";
    const hasMicrophone = sound.value !== "none" && sound.value !== "screen";
    const microphoneId = hasMicrophone ? sound.value : undefined;
    const cameraId = source.value === "camera" ? camera.value : undefined;
    const tracks = [];
    if (isScreen) {
      const hasSound = sound.value === "screen";
      tracks.push(...(await captureScreen({ ...this.picture, hasSound })).getTracks());
    }
    if (cameraId !== undefined || microphoneId !== undefined) {
      try {
        const stream = await captureUser({ cameraId, microphoneId, ...this.picture });
        tracks.push(...stream.getTracks());
      } catch (error) {
        for (const track of tracks) track.stop();
        throw error;
      }
    }
    return new MediaStream(tracks);
  }

  /** Names the devices, which the browser does once one of them may be used. */
  async offerDevices() {
    const { camera, sound } = this.#form.elements;
    await offer(camera, "videoinput", "Camera");
    await offer(sound, "audioinput", "Microphone");
  }

  #offerCodecs() {
    const { codecs = [] } = globalThis.RTCRtpSender?.getCapabilities?.("video") ?? {};
    const options = codecChoices(codecs).map((name) => new Option(CODEC_NAMES[name] ?? name, name));
    this.#form.elements.codec.append(...options);
  }

  /** Shows what has a meaning for the source. */
  #adapt() {
    const { source, sound } = this.#form.elements;
    const isShown = {
      camera: source.value === "camera",
      screen: source.value === "screen",
      picture: source.value !== "none",
    };
    for (const element of this.#form.querySelectorAll("[data-for]")) {
      element.hidden = !isShown[element.dataset.for];
      if (element instanceof HTMLOptionElement) element.disabled = element.hidden;
    }
    if (sound.value === "screen" && !isShown.screen) sound.value = "";
    // Nothing at all is no stream.
    const none = sound.querySelector("[value=none]");
    none.disabled = source.value === "none";
    if (none.disabled && sound.value === "none") sound.value = "";
  }
}

/** Replaces the devices in a list, and leaves the choice as it was. */
async function offer(select, kind, title) {
  const devices = await listDevices(kind);
  const chosen = select.value;
  for (const option of select.querySelectorAll("[data-device]")) option.remove();
  const options = devices.map(({ deviceId, label }, index) => {
    const option = new Option(label || `${title} ${index + 1}`, deviceId);
    option.dataset.device = "";
    return option;
  });
  select.options[0].after(...options);
  select.value = [...select.options].some(({ value }) => value === chosen) ? chosen : "";
}
