import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { onTestFinished } from "vitest";

/** A real mail server, which keeps what it is told, and whom each mail was for. */
export async function mailServer(options: SMTPServerOptions) {
  const mails: string[] = [];
  const receivers: string[][] = [];
  const logins: { password: string | null | undefined; secure: boolean }[] = [];
  const server = new SMTPServer({
    ...options,
    onAuth: ({ username, password }, session, done) => {
      logins.push({ password, secure: session.secure });
      done(null, { user: username });
    },
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
      stream.on("end", () => {
        receivers.push(envelope.rcptTo.map(({ address }) => address));
        mails.push(Buffer.concat(chunks).toString());
        done(null, "kept");
      });
    },
  });
  server.on("error", () => {});
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  onTestFinished(() => new Promise<void>((closed) => server.close(() => closed())));
  return { mails, receivers, logins, port: (server.server.address() as AddressInfo).port };
}
