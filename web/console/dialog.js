/**
 * The question before somebody is disconnected.
 *
 * @module
 */

/**
 * @param {HTMLDialogElement} dialog With a paragraph and the buttons `yes` and `no`.
 * @param {string} question
 * @returns {Promise<boolean>} Whether the answer is yes; Escape is no.
 */
export function ask(dialog, question) {
  const { promise, resolve } = Promise.withResolvers();
  dialog.querySelector("p").textContent = question;
  dialog.returnValue = "";
  for (const button of dialog.querySelectorAll("button")) {
    button.onclick = () => dialog.close(button.value);
  }
  dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  dialog.showModal();
  return promise;
}
