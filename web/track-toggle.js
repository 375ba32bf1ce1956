/**
 * Buttons that switch one's own microphone and camera off and on, while the connection stays.
 *
 * @module
 */

/**
 * @param {HTMLButtonElement} button Pressed: it is off.
 * @param {"audio" | "video"} kind
 * @param {() => MediaStream | undefined} find What is captured at present.
 * @returns {() => void} Makes another stream, or none, follow the button.
 */
export function wireTrackToggle(button, kind, find) {
  const apply = () => {
    const tracks =
      find()
        ?.getTracks()
        .filter((track) => track.kind === kind) ?? [];
    const isOff = button.getAttribute("aria-pressed") === "true";
    for (const track of tracks) track.enabled = !isOff;
    button.disabled = tracks.length === 0;
  };
  button.addEventListener("click", () => {
    const isOff = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!isOff));
    apply();
  });
  apply();
  return apply;
}
