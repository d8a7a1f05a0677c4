import { randomInt } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer, isIPv6 } from "node:net";

/** Below are the ports of well-known services. */
const LOWEST = 10_240;
const TRIES = 50;

/**
 * A TCP port that nobody listens on now. Where it can, not one that the kernel gives away by itself: its user may take it
 * only in a minute, or come back to it after a crash.
 */
export async function freePort(host: string): Promise<number> {
  const room = kernelsLowest() - LOWEST;
  for (let tries = 0; room > TRIES && tries < TRIES; tries++) {
    const port = LOWEST + randomInt(room);
    if (await isPortFree(host, port)) return port;
  }
  return await anyPort(host);
}

/** The first of the ports that the kernel gives to outgoing connections and to whoever asks for any. */
function kernelsLowest(): number {
  try {
    return Number.parseInt(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8"), 10);
  } catch {
    return 0;
  }
}

function anyPort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Whether a port can be listened on. */
export function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** How a process of this machine reaches what listens on `ip`: `127.0.0.1:7233`, also where it listens on all. */
export function hostAndPort(ip: string, port: number): string {
  const host = ip === "0.0.0.0" ? "127.0.0.1" : ip === "::" ? "::1" : ip;
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Who listens on a port, as far as /proc tells: `temporal (process 123)`. */
export function portOwner(port: number): string | null {
  const inode = listeningInode(port);
  if (inode === null) return null;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) !== `socket:[${inode}]`) continue;
        return `${readFileSync(`/proc/${pid}/comm`, "utf8").trim()} (process ${pid})`;
      }
    } catch {
      // Gone meanwhile, or another user's.
    }
  }
  return null;
}

function listeningInode(port: number): string | null {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    try {
      for (const line of readFileSync(file, "utf8").split("\n").slice(1)) {
        const fields = line.trim().split(/\s+/);
        // Field 1 is the local address, 3 the state (0A: listening), 9 the socket's inode.
        if (fields[1]?.endsWith(`:${wanted}`) && fields[3] === "0A") return fields[9] ?? null;
      }
    } catch {
      // No such protocol here.
    }
  }
  return null;
}
