import { connect } from "node:net";

/**
 * Whether nothing listens at `host:port`: the machine there says so at once, where the gRPC client keeps trying for
 * seconds. False where that cannot be told: no answer yet, a name that does not resolve.
 */
export function isRefused(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) });
    const done = (refused: boolean): void => {
      socket.destroy();
      resolve(refused);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.once("connect", () => done(false));
    socket.once("error", (error: NodeJS.ErrnoException) => done(isRefusal(error)));
  });
}

function isRefusal(error: NodeJS.ErrnoException): boolean {
  // A name with several addresses: each was tried.
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isRefusal);
  return error.code === "ECONNREFUSED";
}
