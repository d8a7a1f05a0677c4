import { connect } from "node:net";
import { percentile } from "../swarmBench.ts";

/** Asks GET /status again and again on some connections, each waiting for its answer. */
export async function asFastAsItCan(
  port: number,
  token: string,
  { connections, ms }: { connections: number; ms: number },
): Promise<{ requestsPerSecond: number; p99: number }> {
  const request = `GET /status HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n\r\n`;
  const times: number[] = [];
  const begun = performance.now();
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect({ host: "127.0.0.1", port });
          let answer = "";
          let sentAt = 0;
          const send = (): void => {
            sentAt = performance.now();
            socket.write(request);
          };
          socket.setNoDelay(true);
          socket.on("error", reject);
          socket.on("connect", send);
          socket.on("data", (chunk) => {
            answer += chunk.toString("latin1");
            if (!isWhole(answer)) return;
            if (!answer.startsWith("HTTP/1.1 200")) return reject(new Error(answer.slice(0, 200)));
            answer = "";
            times.push(performance.now() - sentAt);
            if (performance.now() - begun < ms) return send();
            socket.destroy();
            resolve();
          });
        }),
    ),
  );
  const requestsPerSecond = Math.round(times.length / ((performance.now() - begun) / 1000));
  return { requestsPerSecond, p99: Math.round(percentile(times, 0.99) * 10) / 10 };
}

function isWhole(answer: string): boolean {
  const head = answer.indexOf("\r\n\r\n");
  const length = /^content-length: (\d+)/im.exec(answer)?.[1];
  return head >= 0 && length !== undefined && answer.length >= head + 4 + Number(length);
}
