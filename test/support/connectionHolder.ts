import { connect, type Socket } from "node:net";

/** What whoever forks this sends it: the port, and how many connections. */
export interface Held {
  port: number;
  count: number;
}

/** What it sends: how many are open, and how many the other side has ended. */
export interface Holding {
  open: number;
  ended: number;
}

/** Opened at the same time: fewer than wait at a server to be taken. */
const AT_ONCE = 500;

/** Opens connections to this machine and holds them: one half says nothing, the other half begins a request and goes on with it, little by little. */
async function hold({ port, count }: Held): Promise<void> {
  const dripping: Socket[] = [];
  const told: Holding = { open: 0, ended: 0 };
  const tell = (): void => void process.send?.(told);
  const open = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port });
      socket.once("connect", () => {
        told.open++;
        // After the handshake an error is an end.
        socket.off("error", reject).on("error", () => {});
        if (index % 2 === 0) {
          socket.write("GET /status HTTP/1.1\r\nhost: x\r\n");
          dripping.push(socket);
        }
        resolve();
      });
      socket.once("error", reject);
      socket.on("close", () => {
        told.open--;
        told.ended++;
      });
      socket.resume();
    });
  for (let begun = 0; begun < count; begun += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - begun) }, (_, i) => open(begun + i)));
  }
  tell();
  setInterval(() => {
    for (const socket of dripping) if (socket.writable) socket.write("x-more: y\r\n");
    tell();
  }, 1_000);
}

process.once("message", (held: Held) => void hold(held));
// With whoever forked it.
process.once("disconnect", () => process.exit());
