import { EventStreamParser, type StreamMessage as ServerSentEvent } from "../model/eventStream.ts";

export type { ServerSentEvent };

/** Reads a stream of server-sent events to its end. */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder("utf-8");
  const parser = new EventStreamParser();
  for await (const bytes of body) yield* parser.push(decoder.decode(bytes, { stream: true }));
}
