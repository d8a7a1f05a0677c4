import type { FastifyReply } from "fastify";
import type { LiveHub } from "./liveHub.ts";

/** Answers with a stream of server-sent events that lasts until its reader goes. */
export function stream(
  reply: Pick<FastifyReply, "raw" | "hijack" | "getHeaders">,
  hub: LiveHub,
  role: string | null,
  lastId: string | undefined,
): void {
  const { raw } = reply;
  beginEvents(reply);
  if (raw.req.method === "HEAD") return void raw.end();
  const { drained, leave } = hub.join(raw, role, lastId);
  raw.on("drain", drained);
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
}
