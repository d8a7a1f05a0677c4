import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { configRows } from "../../config/show.ts";
import { UserError } from "../../model/errors.ts";

async function load(toml: string) {
  const directory = await mkdtemp(join(tmpdir(), "swarm-config-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "swarm.toml"), toml);
  return loadConfig({ path: "swarm.toml", env: { HOME: "/home/ada" }, cwd: directory });
}

async function problemsOf(toml: string): Promise<string[]> {
  const error: unknown = await load(toml).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw new Error("the configuration was accepted");
  return error.problems.map((problem) => problem.replace(/^[^:]*\//, ""));
}

const channel = (name: string, ...lines: string[]): string =>
  ["[[alerts.channel]]", `name = "${name}"`, ...lines, ""].join("\n");

test("rules have defaults, each may be off, and config show tells the files of secrets, and from where", async () => {
  const loaded = await load(
    `[alerts]\npaused_minutes = 0\nrun_failed = false\n${channel("phone", 'kind = "ntfy"', 'url = "https://n.example/x/"', 'token_file = "~/t"', 'min_severity = "critical"')}`,
  );
  expect(loaded.config.alerts).toMatchObject({ pausedMinutes: 0, runFailed: false, droneLost: true, quietMinutes: 60 });
  expect(loaded.config.alerts.channels).toMatchObject([
    { name: "phone", url: "https://n.example/x", tokenFile: "/home/ada/t", minSeverity: "critical" },
  ]);
  const rows = new Map(configRows(loaded).map(({ key, value, origin }) => [key, [value, origin.replace(/^.*:/, ":")]]));
  expect(rows.get("alerts.paused_minutes")).toEqual([0, ":2"]);
  expect(rows.get("alerts.channel.0.token_file")).toEqual(["/home/ada/t", ":8"]);
  expect(rows.get("alerts.channel.0.smtp_port")).toEqual([587, "default"]);
});

test("channels that cannot work are refused, each with its line and what it needs", async () => {
  const toml = [
    channel("a", 'kind = "webhook"'),
    channel("a", 'kind = "ntfy"', 'url = "https://n.example/x"', 'url_file = "u"', 'to = ["x@y.org"]'),
    channel("mail", 'kind = "email"', 'url = "https://n.example"', 'password_file = "p"'),
    channel("push", 'kind = "ntfy"', 'url = "https://n.example/"'),
    channel("kuma", 'kind = "uptime-kuma"', 'url = "https://k.example/api/push/secret"'),
  ].join("");
  expect(await problemsOf(toml)).toEqual([
    "swarm.toml:1: alerts.channel[1] (a): webhook needs its address: either url, or url_file where the address is a secret",
    "swarm.toml:5: alerts.channel[2] (a): another channel has that name: names must differ",
    "swarm.toml:7: alerts.channel[2] (a): ntfy needs its address: either url, or url_file where the address is a secret",
    "swarm.toml:9: alerts.channel[2] (a): to means nothing for ntfy",
    "swarm.toml:10: alerts.channel[3] (mail): e-mail needs smtp_host, the mail server",
    "swarm.toml:10: alerts.channel[3] (mail): e-mail needs from, the sender's address",
    "swarm.toml:10: alerts.channel[3] (mail): e-mail needs to, the list of who gets it",
    "swarm.toml:10: alerts.channel[3] (mail): password_file is there, and no user",
    "swarm.toml:13: alerts.channel[3] (mail): url means nothing for e-mail",
    "swarm.toml:18: alerts.channel[4] (push): the url of ntfy ends with the topic: https://ntfy.example.org/my-swarm",
    expect.stringContaining("What comes after that is a secret: put it into token_file"),
  ]);
});

test("a mail server and mail addresses are what they must be, alone or with a name, and nothing else", async () => {
  const mail = (host: string, from: string, to: string): string =>
    channel("mail", 'kind = "email"', `smtp_host = ${host}`, `from = ${from}`, `to = ${to}`);
  expect(await problemsOf(mail('"http://mail.example"', '"nonsense"', '["no address", "ann@example.org"]'))).toEqual([
    'swarm.toml:4: alerts.channel[1].smtp_host must be a host\'s name or IP address, without a port, not "http://mail.example" (default: none)',
    'swarm.toml:5: alerts.channel[1].from must be an address like swarm@example.org or "Build Swarm <swarm@example.org>", not "nonsense" (default: none)',
    'swarm.toml:6: alerts.channel[1].to[1] must be an address like swarm@example.org or "Build Swarm <swarm@example.org>", not "no address"',
  ]);
  for (const wrong of ["a@b@c", "<a@b>", "a <b>", "a <b@c> d", "a@b, c@d", "a\\u000d\\u000ab@c"]) {
    expect(await problemsOf(mail('"::1"', '"a@b"', `["${wrong}"]`)), wrong).toHaveLength(1);
  }
  expect(await problemsOf(mail('"mail:25"', '"a@b"', '["a@b"]'))).toHaveLength(1);
  const { config } = await load(mail('"mail_relay.local"', '"Build Swarm <swarm@izar>"', '["root@localhost"]'));
  expect(config.alerts.channels).toMatchObject([{ from: "Build Swarm <swarm@izar>", to: ["root@localhost"] }]);
});

test("a secret itself is no key: a token in the configuration is refused", async () => {
  const toml = channel("phone", 'kind = "ntfy"', 'url = "https://n.example/x"', 'token = "tk_secret"', "smtp_port = 0");
  expect(await problemsOf(toml)).toEqual([
    expect.stringMatching(/^swarm\.toml:5: unknown key "alerts\.channel\[1\]\.token"/),
    expect.stringMatching(/^swarm\.toml:6: alerts\.channel\[1\]\.smtp_port must be a TCP port/),
  ]);
});
