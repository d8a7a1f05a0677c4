import type { FastifyReply } from "fastify";
import type { LiveHub } from "./liveHub.ts";
import type { Caller } from "./roles.ts";

/** Answers with a stream of server-sent events that lasts until its reader goes. */
export function stream(
  reply: Pick<FastifyReply, "raw" | "hijack" | "getHeaders">,
  hub: LiveHub,
  { caller, target, lastId }: { caller: Caller; target: string | undefined; lastId: string | undefined },
): void {
  const { raw } = reply;
  const { socket, method } = raw.req;
  beginEvents(reply);
  if (method === "HEAD") return void raw.end();
  // Gone while it waited for the first look: nothing would ever say so again.
  if (raw.destroyed || socket.destroyed) return;
  const { role, isStill } = caller;
  // Past the response, which would put each chunk together anew for each reader.
  const { drained, leave } = hub.join(socket, { role, isStill, target, isChunked: raw.chunkedEncoding }, lastId);
  socket.on("drain", drained);
  raw.on("close", leave);
  // A connection that breaks while it is written to ends with `close`, too.
  raw.on("error", leave);
}

/** Takes the response out of fastify's hands and begins a stream of events. */
export function beginEvents(reply: Pick<FastifyReply, "raw" | "hijack" | "getHeaders">): void {
  const { raw } = reply;
  const headers = reply.getHeaders();
  reply.hijack();
  raw.writeHead(200, {
    ...Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    // nginx keeps answers back otherwise.
    "x-accel-buffering": "no",
  });
  raw.flushHeaders();
  raw.socket?.setNoDelay(true);
  // Who is slow, and who has stopped, SlowReaders tells apart.
  raw.socket?.setTimeout(0);
}
