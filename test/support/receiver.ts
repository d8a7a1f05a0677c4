import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request as it came. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** A real HTTP server that keeps what it gets. `answer` may be exchanged; null: the connection is cut. */
export async function receiver(
  answer: (request: Received) => Promise<{ status: number; text?: string } | null> = async () => ({ status: 200 }),
) {
  const received: Received[] = [];
  const it = { received, answer, url: "" };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { method = "", url = "", headers } = request;
    const got = { method, url, headers, body };
    received.push(got);
    const said = await it.answer(got);
    if (said === null) return void request.socket.destroy();
    response.writeHead(said.status).end(said.text ?? "");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  it.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return it;
}
