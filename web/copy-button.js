/**
 * Buttons that copy the text before them.
 *
 * @module
 */

/** How long a button says that it has copied. */
const COPIED_MS = 1500;

async function copy(code) {
  const selection = getSelection();
  selection.selectAllChildren(code);
  // The clipboard proper needs HTTPS or localhost; the selection serves everywhere else.
  if (navigator.clipboard) await navigator.clipboard.writeText(code.textContent);
  else if (!document.execCommand("copy")) return false;
  selection.removeAllRanges();
  return true;
}

function wireCopyButton(button) {
  button.addEventListener("click", async () => {
    const isCopied = await copy(button.previousElementSibling).catch(() => false);
    button.textContent = isCopied ? "Copied" : "Press Ctrl+C";
    setTimeout(() => {
      button.textContent = "Copy";
    }, COPIED_MS);
  });
}

/** Wires all of them. */
export function wireCopyButtons() {
  for (const button of document.querySelectorAll(".copy button")) wireCopyButton(button);
}
