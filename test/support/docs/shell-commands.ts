/**
 * Shell blocks cut into their commands.
 *
 * @module
 */

/** What a character is inside of: quotes, or the brackets of `$(...)`. */
type Context = "'" | '"' | "(";

/**
 * Cuts at line ends and at `&&` that stand outside of quotes and brackets; leaves out comments.
 *
 * @returns Commands as they stand, with their line ends if they have several lines.
 */
export function splitShell(block: string): string[] {
  const commands: string[] = [];
  const contexts: Context[] = [];
  let text = "";
  const close = (): void => {
    if (text.trim() !== "") commands.push(text.trim());
    text = "";
  };
  for (let i = 0; i < block.length; i++) {
    const character = block.charAt(i);
    const context = contexts.at(-1);
    if (context !== "'" && character === "\\") {
      text += block.slice(i, i + 2);
      i += 1;
    } else if (context === undefined && character === "#" && /(^|\s)$/.test(text)) {
      while (i + 1 < block.length && block.charAt(i + 1) !== "\n") i += 1;
    } else if (context === undefined && character === "\n" && !/\|\s*$/.test(text)) {
      close();
    } else if (context === undefined && block.startsWith("&&", i)) {
      close();
      i += 1;
    } else {
      step(contexts, context, character, block.charAt(i - 1));
      text += character;
    }
  }
  if (contexts.length > 0) throw new Error(`No end of ${contexts.join(" ")} in: ${block}`);
  close();
  return commands;
}

/** What a shell makes of a command of several lines. */
export function joinLines(command: string): string {
  return command.replaceAll(/\\\n\s*/g, "").replaceAll(/\|\n\s*/g, "| ");
}

/** Goes into or out of quotes and brackets. */
function step(
  contexts: Context[],
  context: Context | undefined,
  character: string,
  before: string,
): void {
  if (context === "'") {
    if (character === "'") contexts.pop();
  } else if (character === '"') {
    if (context === '"') contexts.pop();
    else contexts.push('"');
  } else if (character === "'" && context !== '"') {
    contexts.push("'");
  } else if (character === "(" && (before === "$" || context === "(")) {
    contexts.push("(");
  } else if (character === ")" && context === "(") {
    contexts.pop();
  }
}
