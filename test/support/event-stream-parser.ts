/**
 * Reads an event stream as browsers do: WHATWG HTML, sections 9.2.5 and 9.2.6.
 *
 * @module
 */

export interface ParsedEvent {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

export class EventStreamParser {
  readonly events: ParsedEvent[] = [];
  /** The last event ID string: what a client says when it comes again. */
  lastEventId = "";
  retryMs: number | undefined;
  comments = 0;
  #rest = "";
  #type = "";
  #data = "";
  #id = "";

  /** Takes some more text, cut anywhere but between the two characters of a line end. */
  push(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  /** The data of all events, as objects. */
  get values(): Record<string, unknown>[] {
    return this.events.map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  }

  #line(line: string): void {
    if (line === "") {
      this.#dispatch();
      return;
    }
    if (line.startsWith(":")) {
      this.comments += 1;
      return;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    switch (name) {
      case "event":
        this.#type = value;
        break;
      case "data":
        this.#data += `${value}\n`;
        break;
      case "id":
        if (!value.includes("\0")) this.#id = value;
        break;
      case "retry":
        if (/^\d+$/.test(value)) this.retryMs = Number(value);
        break;
    }
  }

  #dispatch(): void {
    this.lastEventId = this.#id;
    const [type, data] = [this.#type, this.#data];
    this.#type = "";
    this.#data = "";
    if (data === "") return;
    const event = { type: type || "message", data: data.slice(0, -1) };
    this.events.push({ ...event, lastEventId: this.lastEventId });
  }
}
