import { onTestFinished } from "vitest";
import { BinhostClient } from "../../store/client.ts";
import { createBinhostServer } from "../../store/server.ts";
import { newStore } from "./support.ts";

export const TOKEN = "secret-of-the-swarm";

/** A store with one target, and its server and client; until the test ends. */
export async function servedStore() {
  const { store, bundle } = await newStore();
  const server = createBinhostServer(store, { token: TOKEN, name: "main" });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  return { store, bundle, server, url, client: new BinhostClient(url, TOKEN) };
}
