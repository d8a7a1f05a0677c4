/** One message of a stream of server-sent events. */
export interface StreamMessage {
  event: string;
  data: string;
  /** The last id that was said so far; "" where there was none. */
  id: string;
}

/** Cuts a stream of server-sent events (WHATWG HTML, 9.2.6) into messages. */
export class EventStreamParser {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id: string;

  /** `id`: the last one of an earlier stream that this one goes on from. */
  constructor(id = "") {
    this.#id = id;
  }

  /** The messages that end in this piece of text. */
  push(text: string): StreamMessage[] {
    const messages: StreamMessage[] = [];
    const goesOn = !this.#rest.endsWith("\r") && !/[\r\n]/.test(text);
    this.#rest += text;
    // One line may be the packages of a whole tree: it is looked through once it is whole.
    if (goesOn) return messages;
    // A "\r" at the end may be the first half of "\r\n".
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line !== "") this.#field(line);
      else if (this.#data.length > 0) messages.push(this.#finish());
      else this.#event = "";
    }
    return messages;
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#event = value;
    else if (name === "data") this.#data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#id = value;
  }

  #finish(): StreamMessage {
    const message = { event: this.#event || "message", data: this.#data.join("\n"), id: this.#id };
    this.#event = "";
    this.#data = [];
    return message;
  }
}
