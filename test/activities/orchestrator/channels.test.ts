import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SMTPServer } from "smtp-server";
import { describe, expect, onTestFinished, test } from "vitest";
import { beat, sendNotice } from "../../../activities/orchestrator/channels.ts";
import { type AlertChannel, alertsSchema, resolveAlerts } from "../../../config/alerts.ts";
import type { Alert, Notice } from "../../../model/alerts.ts";
import { receiver } from "../../support/receiver.ts";

const alert: Alert = {
  ...{ key: "drone-lost: izar", rule: "drone-lost", subject: "izar", severity: "warning" },
  ...{ title: "drone izar is lost — ✗", text: "It does not answer any more.", command: "swarm drones" },
  ...{ since: 1_000, endedAt: null },
};

const notice = (change: Partial<Notice> = {}): Notice => ({
  ...{ id: "abc-phone-7", at: 2_000, kind: "fired", severity: "warning", title: alert.title, text: alert.text },
  ...{ alerts: [alert], others: ["run x waits for finalize"] },
  ...change,
});

const over = notice({ kind: "recovered", title: "over: x", alerts: [{ ...alert, endedAt: 5_000 }], others: [] });

/** A channel as the configuration makes it. */
function channel(keys: Record<string, unknown>): AlertChannel {
  const file = alertsSchema.parse({ channel: [{ name: "phone", ...keys }] });
  const [only] = resolveAlerts(file, (path) => path ?? null).channels;
  if (!only) throw new Error("no channel");
  return only;
}

async function secretFile(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "swarm-secret-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "secret"), text);
  return join(directory, "secret");
}

const sender = (env: NodeJS.ProcessEnv = {}) => ({ swarm: "home", env });

describe("webhook", () => {
  test("gets the whole message as JSON, the key to tell repetitions by, and its token", async () => {
    const { received, url } = await receiver();
    const token_file = await secretFile("tk_hidden\n");
    const hook = channel({ kind: "webhook", url: `${url}/in`, token_file });
    expect(await sendNotice(hook, notice(), sender())).toMatch(/^127\.0\.0\.1:\d+: HTTP 200$/);
    const [got] = received;
    expect(got).toMatchObject({ method: "POST", url: "/in" });
    expect(got?.headers).toMatchObject({ "idempotency-key": "abc-phone-7", authorization: "Bearer tk_hidden" });
    expect(JSON.parse(got?.body ?? "")).toEqual({ swarm: "home", ...notice() });
  });

  test("an answer that never ends is read no further than what is told of it", async () => {
    const closed = Promise.withResolvers<void>();
    const server = createServer((_, response) => {
      response.writeHead(500).on("close", closed.resolve);
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const hook = channel({ kind: "webhook", url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const began = performance.now();
    await expect(sendNotice(hook, notice(), sender())).rejects.toThrow(/HTTP 500: x{200}$/);
    expect(performance.now() - began).toBeLessThan(5_000);
    await closed.promise;
  });

  test("an answer that is no success is told, without the secrets in it", async () => {
    const token_file = await secretFile("tk_hidden");
    const { url } = await receiver(async ({ headers }) => ({ status: 403, text: `bad ${headers.authorization}` }));
    const url_file = await secretFile(`${url}/services/T0/xyz`);
    const hook = channel({ kind: "webhook", url_file, token_file });
    await expect(sendNotice(hook, notice(), sender())).rejects.toThrow(/HTTP 403: bad Bearer \*\*\*$/);
  });

  test("a redirection is not followed: the token goes to nobody else", async () => {
    const other = await receiver();
    const { url } = await receiver(async () => ({ status: 307, text: other.url }));
    await expect(sendNotice(channel({ kind: "webhook", url }), notice(), sender())).rejects.toThrow("HTTP 307");
    expect(other.received).toEqual([]);
  });

  test("nobody there, and a file that is missing or empty: the error says what and where", async () => {
    const nobody = channel({ kind: "webhook", url: "http://127.0.0.1:1/x" });
    await expect(sendNotice(nobody, notice(), sender())).rejects.toThrow(/^127\.0\.0\.1:1: /);
    const missing = channel({ kind: "webhook", url: "http://127.0.0.1:1", token_file: "/nowhere/token" });
    await expect(sendNotice(missing, notice(), sender())).rejects.toThrow("cannot read /nowhere/token: ENOENT");
    const empty = channel({ kind: "webhook", url_file: await secretFile("\n") });
    await expect(sendNotice(empty, notice(), sender())).rejects.toThrow("is empty");
    const nonsense = channel({ kind: "webhook", url_file: await secretFile("s3cret") });
    await expect(sendNotice(nonsense, notice(), sender())).rejects.toThrow(/no http:\/\/ or https:\/\/ address$/);
  });
});

test("ntfy: JSON to the server's root, with topic, priority, and the id that replaces a repetition", async () => {
  const { received, url } = await receiver();
  const phone = channel({ kind: "ntfy", url: `${url}/sub/my-swarm` });
  await sendNotice(phone, notice(), sender({ SWARM_ALERTS_PHONE_TOKEN: "tk_env" }));
  await sendNotice(phone, over, sender());
  expect(received.map((each) => each.url)).toEqual(["/sub/", "/sub/"]);
  expect(received[0]?.headers.authorization).toBe("Bearer tk_env");
  expect(received[1]?.headers.authorization).toBeUndefined();
  const [first, second] = received.map(({ body }) => JSON.parse(body));
  expect(first).toEqual({
    ...{ topic: "my-swarm", title: "[home] drone izar is lost — ✗", priority: 4, tags: ["warning"] },
    message: "It does not answer any more.\n\nRun: swarm drones\n\nLasts as well:\n- run x waits for finalize",
    sequence_id: "abc-phone-7",
  });
  expect(second).toMatchObject({ priority: 2, tags: ["white_check_mark"] });
});

test("ntfy: an address that ends with a slash has its topic before it; one without a topic is refused", async () => {
  const { received, url } = await receiver();
  const url_file = await secretFile(`${url}/my-swarm/\n`);
  await sendNotice(channel({ kind: "ntfy", url_file }), notice(), sender());
  expect(received[0]).toMatchObject({ url: "/" });
  expect(JSON.parse(received[0]?.body ?? "")).toMatchObject({ topic: "my-swarm" });
  const bare = channel({ kind: "ntfy", url_file: await secretFile(`${url}/`) });
  await expect(sendNotice(bare, notice(), sender())).rejects.toThrow("ends with the topic, and there is none");
});

test("ntfy: a message that is too long for it ends after a whole character, with the command that shows the rest", async () => {
  const { received, url } = await receiver();
  const phone = channel({ kind: "ntfy", url: `${url}/my-swarm` });
  const fits = "x".repeat(3_500);
  const texts = [fits, `${fits}x`, "✗".repeat(2_000), `a${"💥".repeat(2_000)}`];
  for (const text of texts) await sendNotice(phone, notice({ text, alerts: [], others: [] }), sender());
  const messages = received.map(({ body }): string => JSON.parse(body).message);
  expect(messages[0]).toBe(fits);
  for (const [i, message] of messages.entries()) {
    if (i === 0) continue;
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(3_500);
    expect(Buffer.byteLength(message)).toBeGreaterThan(3_490);
    const [kept = ""] = message.split("\n... swarm alerts");
    expect(message).toBe(`${kept}\n... swarm alerts`);
    expect(texts[i]?.startsWith(kept) && kept.isWellFormed()).toBe(true);
  }
});

describe("Uptime Kuma", () => {
  test("down with what is wrong, up when nothing is, and up regularly", async () => {
    const { received, url } = await receiver();
    const kuma = channel({ kind: "uptime-kuma", url: `${url}/api/push`, token_file: await secretFile("Push0") });
    await sendNotice(kuma, notice(), sender());
    await sendNotice(kuma, over, sender());
    await beat(kuma, [], sender());
    await beat(kuma, ["x".repeat(300)], sender());
    const asked = received.map((each) => new URL(each.url, url));
    expect(asked.map(({ pathname }) => pathname)).toEqual(Array(4).fill("/api/push/Push0"));
    expect(asked.map(({ searchParams }) => searchParams.get("status"))).toEqual(["down", "up", "up", "down"]);
    expect(asked[0]?.searchParams.get("msg")).toBe("drone izar is lost — ✗; run x waits for finalize");
    expect(asked[3]?.searchParams.get("msg")).toHaveLength(250);
  });

  test("the whole address from a file, as it is copied from its page; a token that is missing is told", async () => {
    const { received, url } = await receiver();
    const copied = await secretFile(`${url}/api/push/Push0?status=up&msg=OK&ping=`);
    await sendNotice(channel({ kind: "uptime-kuma", url_file: copied }), over, sender());
    expect(received[0]?.url).toBe("/api/push/Push0?status=up&msg=OK");
    const without = channel({ kind: "uptime-kuma", url: `${url}/api/push` });
    await expect(sendNotice(without, over, sender())).rejects.toThrow("token_file");
  });

  test("other kinds are not told regularly", async () => {
    const { received, url } = await receiver();
    await beat(channel({ kind: "webhook", url }), [], sender());
    expect(received).toEqual([]);
  });
});

describe("e-mail", () => {
  /** A real mail server that knows one user. */
  async function mailServer(options: { login?: boolean } = {}) {
    const mails: { from: string; to: string[]; text: string; user: unknown }[] = [];
    const server = new SMTPServer({
      authOptional: !options.login,
      // The tests' certificate is one that nobody trusts; without STARTTLS passwords are taken all the same.
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) =>
        username === "swarm" && password === "pw_hidden"
          ? done(null, { user: username })
          : done(new Error("who are you, pw_hidden")),
      onData: (stream, session, done) => {
        let text = "";
        stream.on("data", (chunk) => {
          text += String(chunk);
        });
        stream.on("end", () => {
          const { mailFrom, rcptTo } = session.envelope;
          const from = mailFrom ? mailFrom.address : "";
          mails.push({ from, to: rcptTo.map(({ address }) => address), text, user: session.user });
          done(null, "kept");
        });
      },
    });
    server.on("error", () => {});
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    onTestFinished(() => new Promise<void>((closed) => server.close(() => closed())));
    return { mails, port: (server.server.address() as AddressInfo).port };
  }

  const mail = (port: number, keys: Record<string, unknown> = {}): AlertChannel =>
    channel({
      ...{ name: "mail", kind: "email", smtp_host: "127.0.0.1", smtp_port: port, smtp_tls: "none" },
      ...{ from: "Swarm <swarm@example.org>", to: ["ann@example.org", "bob@example.org"], ...keys },
    });

  test("arrives with subject, text and an id of its own, sent by a user with a password", async () => {
    const { mails, port } = await mailServer({ login: true });
    const password_file = await secretFile("pw_hidden");
    const answer = await sendNotice(
      mail(port, { user: "swarm", password_file }),
      notice({ title: "x is lost" }),
      sender(),
    );
    expect(answer).toBe("127.0.0.1: 250 kept");
    expect(mails).toMatchObject([
      { from: "swarm@example.org", to: ["ann@example.org", "bob@example.org"], user: "swarm" },
    ]);
    expect(mails[0]?.text).toContain("Message-ID: <abc-phone-7@example.org>");
    expect(mails[0]?.text).toContain("Subject: [home] x is lost");
    expect(mails[0]?.text).toContain("Run: swarm drones");
  });

  test("a wrong password is told, and not shown", async () => {
    const { mails, port } = await mailServer({ login: true });
    const wrong = mail(port, { user: "swarm", password_file: await secretFile("pw_other") });
    const error: unknown = await sendNotice(wrong, notice(), sender()).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/Invalid login/);
    expect(JSON.stringify([String(error), error instanceof Error ? error.stack : ""])).not.toContain("pw_other");
    expect(mails).toEqual([]);
  });

  test("a certificate that nobody trusts is refused, and the password stays here", async () => {
    const { mails, port } = await mailServer({ login: true });
    const trusting = mail(port, { smtp_tls: "starttls", user: "swarm", password_file: await secretFile("pw_hidden") });
    await expect(sendNotice(trusting, notice(), sender())).rejects.toThrow(/certificate/);
    expect(mails).toEqual([]);
  });

  test("nobody there: the error says where", async () => {
    await expect(sendNotice(mail(1), notice(), sender())).rejects.toThrow("127.0.0.1:1");
  });
});
