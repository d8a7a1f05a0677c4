import { readFile } from "node:fs/promises";

/** The ports of a connection, its own and the other side's, or null where there is none. */
export type Ports = { readonly localPort?: number | undefined; readonly remotePort?: number | undefined };

/**
 * What the system has got for each connection and the other side has not taken yet, by their ports. bytes. A process that may
 * write no more hears of it again only when a third of some MB was taken: on a slow line that is minutes. Only Linux tells;
 * elsewhere nothing is known. Format: Documentation/networking/proc_net_tcp.rst of the kernel's sources.
 */
export async function sendQueues(): Promise<(ports: Ports) => number | undefined> {
  const read = (name: string): Promise<string> => readFile(`/proc/self/net/${name}`, "latin1").catch(() => "");
  const table = (await Promise.all([read("tcp"), read("tcp6")])).join("\n");
  const queues = new Map<string, number>();
  const row = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):/gm;
  for (const [, own = "", other = "", queue = ""] of table.matchAll(row)) {
    if (queue === "00000000") continue;
    const key = `${Number.parseInt(own, 16)} ${Number.parseInt(other, 16)}`;
    // Two that have the same ports live as long as one of them takes something.
    queues.set(key, (queues.get(key) ?? 0) + Number.parseInt(queue, 16));
  }
  return ({ localPort, remotePort }) => queues.get(`${localPort} ${remotePort}`);
}
