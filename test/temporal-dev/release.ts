import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { onTestFinished } from "vitest";
import { archiveName } from "../../temporal-dev/download.ts";
import { TEMPORAL_VERSION } from "../../temporal-dev/find.ts";

/** A program that says what `temporal --version` says. */
export const PROGRAM = `#!/bin/sh\necho "temporal version ${TEMPORAL_VERSION} (Server 1.29.1, UI 2.42.1)"\n`;

/** An archive as the release has it. */
export async function archiveOf(files: Record<string, string>): Promise<Buffer> {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name, mode: 0o755 }, text);
  tar.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of tar) pieces.push(Buffer.from(piece as Uint8Array));
  return gzipSync(Buffer.concat(pieces));
}

/** Lines as `sha256sum` prints them, the wanted one among others. */
export function checksumsOf(archive: Buffer): string {
  const digest = createHash("sha256").update(archive).digest("hex");
  return `${"0".repeat(64)}  temporal_cli_${TEMPORAL_VERSION}_windows_amd64.zip\n${digest}  ${archiveName(TEMPORAL_VERSION)}\n`;
}

/** A web server with these answers by file name; ends with the test. Gives its address. */
export async function serve(answers: Record<string, string | Buffer | RequestListener>): Promise<string> {
  const server = createServer((request, response) => {
    const name = request.url?.replace(`/v${TEMPORAL_VERSION}/`, "") ?? "";
    const answer = answers[name];
    if (answer === undefined) response.writeHead(404).end();
    else if (typeof answer === "function") answer(request, response);
    else response.end(answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}
