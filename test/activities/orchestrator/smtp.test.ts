import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { sendNotice } from "../../../activities/orchestrator/channels.ts";
import { type AlertChannel, alertsSchema, resolveAlerts } from "../../../config/alerts.ts";
import type { Notice } from "../../../model/alerts.ts";
import { mailServer } from "../../support/mailServer.ts";

const NOTICE: Notice = {
  ...{ id: "abc-mail-1", at: 2_000, kind: "fired", severity: "warning", title: "x is lost", text: "It is." },
  ...{ alerts: [], others: [] },
};

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "swarm-smtp-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A certificate that has signed itself, and its key. */
function certificate(name: string, host: string): { key: string; cert: string } {
  const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.crt`)];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=${host}`];
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", [...made, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

/** As NODE_EXTRA_CA_CERTS has a process do from its start. */
function trust(cert: string): void {
  const before = getCACertificates("default");
  setDefaultCACertificates([...before, cert]);
  onTestFinished(() => setDefaultCACertificates(before));
}

/** @param tls none: and without a user. */
function channel(port: number, tls: "starttls" | "tls" | "none", to = ["ann@example.org"]): AlertChannel {
  const password_file = join(directory, "password");
  writeFileSync(password_file, "pw_hidden");
  const user = tls === "none" ? {} : { user: "swarm", password_file };
  const keys = { smtp_host: "127.0.0.1", smtp_port: port, smtp_tls: tls, ...user };
  const file = alertsSchema.parse({
    channel: [{ name: "mail", kind: "email", from: "swarm@example.org", to, ...keys }],
  });
  const [only] = resolveAlerts(file, (path) => path ?? null).channels;
  if (!only) throw new Error("no channel");
  return only;
}

const send = (port: number, tls: "starttls" | "tls") =>
  sendNotice(channel(port, tls), NOTICE, { swarm: "home", env: {} });

test.each(["starttls", "tls"] as const)(
  "%s: a certificate of its own is refused, and taken where the machine trusts it; the password goes over the secured line only",
  async (tls) => {
    const made = certificate(`own-${tls}`, "IP:127.0.0.1");
    const { mails, logins, port } = await mailServer({ ...made, secure: tls === "tls" });
    await expect(send(port, tls)).rejects.toThrow(/self-signed certificate/);
    expect([mails, logins]).toEqual([[], []]);
    trust(made.cert);
    expect(await send(port, tls)).toBe("127.0.0.1: 250 kept");
    expect(mails[0]).toContain("Subject: [home] x is lost");
    expect(logins).toEqual([{ password: "pw_hidden", secure: true }]);
  },
);

test("a certificate that is trusted, but another host's, is refused", async () => {
  const made = certificate("elsewhere", "DNS:mail.example.org");
  const { mails, logins, port } = await mailServer(made);
  trust(made.cert);
  await expect(send(port, "starttls")).rejects.toThrow(/does not match certificate's altnames/);
  expect([mails, logins]).toEqual([[], []]);
});

test("a server that offers no STARTTLS, or somebody between who hides it, gets no password", async () => {
  const { mails, logins, port } = await mailServer({ hideSTARTTLS: true, disabledCommands: ["STARTTLS"] });
  await expect(send(port, "starttls")).rejects.toThrow(/STARTTLS/);
  expect([mails, logins]).toEqual([[], []]);
});

test("whom the server refuses is named, with what it said; tried again, the others do not get it once more", async () => {
  const refusals = new Map([
    ["bob@example.org", 450],
    ["eve@example.org", 550],
  ]);
  const { mails, receivers, port } = await mailServer({
    ...{ authOptional: true, disabledCommands: ["STARTTLS"] },
    onRcptTo: ({ address }, _session, done) => {
      const responseCode = refusals.get(address);
      done(responseCode ? Object.assign(new Error("not now"), { responseCode }) : null);
    },
  });
  const mail = channel(port, "none", ["Ann <ann@example.org>", "Bob <bob@example.org>", "eve@example.org"]);
  const tried = (left?: string[]) =>
    sendNotice(mail, NOTICE, { swarm: "home", env: {} }, left).catch((error: unknown) => error);
  const addresses = ["bob@example.org", "eve@example.org"];
  const refused = await tried();
  expect(refused).toMatchObject({ addresses, isFinal: false });
  expect(String(refused)).toMatch(
    /127\.0\.0\.1 refuses it for bob@example\.org \(450 .*not now\), eve@example\.org \(550/,
  );
  expect(await tried(addresses)).toMatchObject({ addresses, isFinal: false });
  refusals.delete("bob@example.org");
  expect(await tried(addresses)).toMatchObject({ addresses: ["eve@example.org"], isFinal: true });
  expect(receivers).toEqual([["ann@example.org"], ["bob@example.org"]]);
  expect(mails[1]).toMatch(/^To: Ann <ann@example\.org>, Bob/m);
});

test("where nobody is taken, the message is tried like any other that was not sent", async () => {
  const { port } = await mailServer({
    ...{ authOptional: true, disabledCommands: ["STARTTLS"] },
    onRcptTo: (_address, _session, done) => done(Object.assign(new Error("not now"), { responseCode: 450 })),
  });
  const error = await sendNotice(channel(port, "none"), NOTICE, { swarm: "home", env: {} }).catch((e: unknown) => e);
  expect(error).toMatchObject({ message: expect.stringContaining("all recipients were rejected") });
  expect(error).not.toHaveProperty("addresses");
});
