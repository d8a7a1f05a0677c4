import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { listRuns } from "../../operations/runs.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { nextAsked, ordering, quietSwarm } from "../support/orderedSwarm.ts";
import { type Answer, gatewayOf, putTarget, type TestGateway } from "./support.ts";

const SECRET = "a secret of the overlay";
const HOOK = `[[gateway.hook]]
name = "overlay"
secret_file = "secret"
action = "update"
target = "desktop"
ref = "refs/heads/main"
`;

interface Said {
  done: string;
  run: string | null;
  text: string;
}

const LAPTOP = HOOK.replace('"overlay"', '"overlay-laptop"').replace('"desktop"', '"laptop"');

/** A push, as GitHub and Gitea send it. */
function push(
  gateway: TestGateway,
  {
    id,
    after = "1",
    ref = "refs/heads/main",
    event = "push",
    secret = SECRET,
    signature,
    hook = "overlay",
    commits = "",
  }: Partial<Record<"id" | "after" | "ref" | "event" | "secret" | "signature" | "hook" | "commits", string>>,
): Promise<Answer<Said & { error?: string }>> {
  const body = JSON.stringify({ ref, after, commits });
  return gateway.ask(`/api/v1/hooks/${hook}`, {
    as: null,
    body,
    headers: {
      "x-hub-signature-256": signature ?? `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
      "x-github-event": event,
      ...(id === undefined ? {} : { "x-github-delivery": id }),
    },
  });
}

test("a push starts an update once, however often and to however many gateways it is sent; during a run it is queued, once", async () => {
  await using swarm = await quietSwarm();
  await using gateway = await gatewayOf(swarm, HOOK);
  const { directory } = gateway.access;
  const asked = await ordering(swarm, gateway.access, { config: await gateway.access.config() });
  expect((await push(gateway, {})).status).toBe(503);
  expect(gateway.log.join("\n")).toContain("cannot read its secret");
  await writeFile(join(directory, "secret"), `${SECRET}\n`, { mode: 0o600 });
  await using other = await gatewayOf(swarm, HOOK);
  await putTarget(other.access);
  await writeFile(join(other.access.directory, "secret"), readFileSync(join(directory, "secret")));

  const answers = await Promise.all([gateway, gateway, other].map((each) => push(each, { id: "d-1", after: "1" })));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
  const [run] = [...new Set(answers.map(({ body }) => body.run))];
  expect(run).toMatch(/^desktop-\d{8}-\d{4}/);
  expect(new Set(answers.map(({ body }) => body.run)).size).toBe(1);
  // The engine's list of runs comes a moment after them.
  const [started] = await until("it is listed", async () => {
    const runs = await listRuns(swarm.client, 10);
    return runs.length > 0 && runs;
  });
  expect(started).toMatchObject({ run, startedBy: "hook overlay" });

  // Another push while that one is in progress, and again: the same, the same body by another name, the same name.
  expect((await push(gateway, { id: "d-2", after: "2" })).body).toMatchObject({ done: "queued", run });
  const queued = [
    { id: "d-2", after: "2" },
    { id: "d-8", after: "2" },
    { id: "d-2", after: "8" },
  ];
  for (const again of queued) expect((await push(other, again)).body).toMatchObject({ done: "already", run });
  expect((await push(other, { id: "d-3", after: "3" })).body).toMatchObject({ done: "queued", run });
  expect((await swarm.view()).queued).toMatchObject([{ atoms: ["@world"], by: "hook overlay" }]);
  await until("it is at the gate", async () => (await swarm.view()).step === "gate");
  await swarm.current().executeUpdate("cancel", { args: [{ by: "a test" }] });
  const next = await nextAsked(asked, [run ?? ""]);
  expect(next.atoms).toEqual(["@world"]);
  await until("two runs are listed", async () => (await listRuns(swarm.client, 10)).length === 2);
  for (const again of [
    { id: "d-1", after: "1" },
    { id: "d-9", after: "1" },
    { id: "d-1", after: "9" },
  ]) {
    expect((await push(other, again)).body).toMatchObject({ done: "already", run });
  }
  // What was queued started the next one.
  for (const again of [...queued, { id: "d-3", after: "3" }]) {
    expect((await push(gateway, again)).body).toMatchObject({ done: "already", run: next.run });
  }
  expect((await swarm.view()).queued).toBeUndefined();
  await swarm.current().executeUpdate("cancel", { args: [{ by: "a test" }] });
  await until("it has ended", async () => (await swarm.view()).step === "cancelled");
  expect((await push(gateway, { id: "d-4", after: "4" })).body).toMatchObject({ done: "started" });
  await until("three runs are listed", async () => (await listRuns(swarm.client, 10)).length === 3);
});

test("a push of very many commits is taken; what no forge sends is not", async () => {
  await using swarm = await noopSwarm({});
  await using gateway = await gatewayOf(swarm, HOOK);
  await writeFile(join(gateway.access.directory, "secret"), SECRET);
  const ref = "refs/heads/other";
  expect((await push(gateway, { ref, commits: "c".repeat(5_000_000) })).body.done).toBe("nothing");
  expect((await push(gateway, { ref, commits: "c".repeat(9_000_000) })).status).toBe(413);
});

test("what is not signed, or not meant, starts nothing", async () => {
  await using swarm = await noopSwarm({});
  await using gateway = await gatewayOf(swarm, HOOK);
  await writeFile(join(gateway.access.directory, "secret"), SECRET);
  for (const signature of [
    "",
    "sha256=",
    `sha256=${"0".repeat(64)}`,
    "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "sha256=x",
  ]) {
    const { status, body } = await push(gateway, { signature });
    expect([status, body.error]).toEqual([401, "the signature is wrong or missing"]);
  }
  expect((await push(gateway, { secret: "another secret of another" })).status).toBe(401);
  expect((await push(gateway, { event: "ping" })).body).toMatchObject({ done: "nothing" });
  expect((await push(gateway, { ref: "refs/heads/topic" })).body).toMatchObject({ done: "nothing" });
  expect((await gateway.ask("/api/v1/hooks/nothing", { as: null, body: {} })).status).toBe(404);
  expect((await gateway.ask("/api/v1/hooks/overlay", { as: "operator", body: {} })).status).toBe(401);
  await writeFile(join(gateway.access.directory, "secret"), "short");
  expect((await push(gateway, {})).status).toBe(503);
  expect(await listRuns(swarm.client, 10)).toEqual([]);
});

test("one push for two hooks starts both their targets", async () => {
  await using swarm = await noopSwarm({ plan: chain(1), drones: [{ name: "izar" }] });
  await using gateway = await gatewayOf(swarm, HOOK + LAPTOP);
  await putTarget(gateway.access);
  await putTarget(gateway.access, "laptop");
  await writeFile(join(gateway.access.directory, "secret"), SECRET);
  const answers = await Promise.all(["overlay", "overlay-laptop"].map((hook) => push(gateway, { hook })));
  expect(answers.map(({ body }) => body.done)).toEqual(["started", "started"]);
  await until("both are listed", async () => {
    const targets = (await listRuns(swarm.client, 10)).map(({ target }) => target);
    return targets.sort().join() === "desktop,laptop";
  });
});
