/**
 * A log line for people.
 *
 * @module
 */

const COLOURS: Record<string, string> = {
  warn: "\u001b[33m",
  error: "\u001b[31m",
  debug: "\u001b[2m",
};
const RESET = "\u001b[0m";

/** A value longer than this is cut: it came from outside and would flood the terminal. */
const VALUE_LENGTH_MAX = 500;

/**
 * Turns one JSON line into `2026-01-02 03:04:05.678 INFO  [k2x8a0bq] stream published url=/live/a`.
 * Control characters in values are escaped, so that nobody can write to the terminal by a stream's
 * name.
 */
export function prettyLine(json: string, hasColour: boolean): string {
  const { time, level, event, clientId, error, ...fields } = JSON.parse(json) as Record<
    string,
    unknown
  >;
  const words = [
    String(time).replace("T", " ").replace("Z", ""),
    String(level).toUpperCase().padEnd(5),
  ];
  if (clientId !== undefined) words.push(`[${format(clientId)}]`);
  words.push(format(event));
  for (const [name, value] of Object.entries(fields)) words.push(`${name}=${format(value)}`);
  const line = `${words.join(" ")}${formatError(error)}`;
  const colour = hasColour ? COLOURS[String(level)] : undefined;
  return colour === undefined ? `${line}\n` : `${colour}${line}${RESET}\n`;
}

function format(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return escapeControl(
    text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}…` : text,
  );
}

/** An error's message on the line, its stack below. */
function formatError(error: unknown): string {
  if (error === undefined) return "";
  if (typeof error !== "object" || error === null) return ` error=${format(error)}`;
  const { message, stack } = error as { message?: unknown; stack?: unknown };
  const text = ` error=${format(message ?? error)}`;
  return typeof stack === "string"
    ? `${text}\n${stack.split("\n").map(escapeControl).join("\n")}`
    : text;
}

function escapeControl(text: string): string {
  let escaped = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
    escaped += isControl ? `\\x${code.toString(16).padStart(2, "0")}` : character;
  }
  return escaped;
}
