import { ApplicationFailure } from "@temporalio/common";
import { expect, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import type { FailedAnswer, HistoryAnswer, LogsAnswer, PlanAnswer } from "../../model/answers.ts";
import type { RunEvent } from "../../model/events.ts";
import type { BuildFailure } from "../../model/failures.ts";
import type { LogFailure } from "../../model/logs.ts";
import { bundleBytes } from "../../portage/bundle.ts";
import { attemptAt, failureAt } from "../store/historySupport.ts";
import { reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { smallGraph, storedPlan } from "../web/support.ts";
import { gatewayOf, putTarget, type TestGateway } from "./support.ts";

const API = "/api/v1";

/** What a build fails with in a phase. */
function failedIn(phase: string, errorLine: string): ApplicationFailure {
  const failure: BuildFailure = {
    ...{ class: "package", message: `${phase} phase: ${errorLine}`, phase, errorLine },
    around: ["before", errorLine, "after"],
  };
  return ApplicationFailure.create({
    message: failure.message,
    type: "package",
    nonRetryable: true,
    details: [failure],
  });
}

async function bring(gateway: TestGateway, run: string, cpv: string, text: string, failed: LogFailure | null) {
  const { logs } = await gateway.access.binhost();
  const bytes = Buffer.from(text);
  await logs.append({ run, cpv, attempt: 1 }, { begun: 1, offset: 0, bytes });
  await logs.complete({ run, cpv, attempt: 1 }, { begun: 1, size: bytes.length, failed });
}

test("what failed is searched by phase, in a run of the engine and in one of which the logs alone are left", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const resolve = await storedPlan(gateway.access, smallGraph());
  const broken: Record<string, ApplicationFailure> = {
    "wide/part0-1": failedIn("compile", "undeclared_thing undeclared"),
    "wide/part2-1": failedIn("test", "1 of 7 tests failed"),
  };
  await swarm.addDrone({
    ...{ name: "izar", slots: 4, resolve: () => resolve },
    build: async ({ cpv }) => {
      if (broken[cpv]) throw broken[cpv];
    },
  });
  const run = "desktop-20261121-0101";
  await swarm.run({ run });
  await reaches(swarm, "gate");

  const failed = (query = "") => gateway.ask<FailedAnswer>(`${API}/runs/desktop/failed${query}`, { as: "viewer" });
  const { body: all } = await until("the gateway has seen the run", async () => {
    const answer = await failed();
    return answer.status === 200 && answer;
  });
  expect(all.phases.map(({ phase }) => phase).sort()).toEqual(["compile", "test"]);
  expect(all.total).toBe(all.attempts.length);
  const { body: compiled } = await failed(`?phase=compile&run=${run}&limit=1`);
  expect(compiled.attempts).toMatchObject([
    {
      ...{ cpv: "wide/part0-1", drone: "izar", phase: "compile", errorLine: "undeclared_thing undeclared" },
      around: ["before", "undeclared_thing undeclared", "after"],
    },
  ]);
  expect([compiled.run, compiled.phases]).toEqual([run, all.phases]);
  expect((await failed("?phase=install")).body).toMatchObject({ total: 0, attempts: [] });
  expect((await failed("?phase=../x")).status).toBe(400);
  expect((await failed("?run=desktop-20200101-0000")).status).toBe(404);

  const { body: events } = await gateway.ask<RunEvent[]>(`${API}/runs/desktop/events?kind=failed&kind=operator`);
  expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(["failed"]));
  const { body: plan } = await gateway.ask<PlanAnswer>(`${API}/runs/desktop/plan`);
  expect(plan).toMatchObject({ run, total: 6, waves: 3 });
  expect(plan.packages.find(({ cpv }) => cpv === "chain/link1-1")).toMatchObject({ wave: 2, needs: ["chain/link0-1"] });

  // A run of the past, which the engine has forgotten.
  const past = "desktop-20251121-0101";
  await bring(gateway, past, "dev-libs/a-1", "one\ntwo\n", null);
  await bring(gateway, past, "dev-libs/b-1", "bad\n", { phase: "compile", errorLine: "no such thing" });
  await bring(gateway, past, "dev-libs/c-1", "worse\n", { phase: "install" });
  const { body: then } = await failed(`?run=${past}&phase=compile`);
  expect(then).toMatchObject({
    ...{ run: past, total: 1, attempts: [{ cpv: "dev-libs/b-1", attempt: 1, errorLine: "no such thing" }] },
    phases: expect.arrayContaining([{ phase: "install", count: 1 }]),
  });
  const logs = async (query = "") =>
    (await gateway.ask<LogsAnswer>(`${API}/logs/${past}${query}`, { as: "viewer" })).body.logs.map(({ cpv }) => cpv);
  expect(await logs()).toEqual(["dev-libs/a-1", "dev-libs/b-1", "dev-libs/c-1"]);
  expect(await logs("?failed=true")).toEqual(["dev-libs/b-1", "dev-libs/c-1"]);
  expect(await logs("?phase=install")).toEqual(["dev-libs/c-1"]);
  expect(await logs("?package=a")).toEqual(["dev-libs/a-1"]);
  expect(await logs("?package=dev-libs/*&limit=1&offset=1")).toEqual(["dev-libs/b-1"]);
  expect((await gateway.ask(`${API}/logs/desktop-20200101-0000`)).status).toBe(404);
});

test("a history is exported from one binhost and imported by another, both over HTTP; what is none is refused with its place", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using one = await gatewayOf(swarm);
  await using other = await gatewayOf(swarm);
  const many = Array.from({ length: 1_300 }, (_, i) => attemptAt(i, { cpv: `app-misc/p${i}-1` }));
  one.access.store.history.import([...many, failureAt(2_000)]);
  const exported = await one.ask<string>(`${API}/history/export`, { as: "viewer" });
  expect(exported.status).toBe(200);
  expect(exported.headers.get("content-type")).toContain("application/x-ndjson");
  const lines = exported.body.trimEnd().split("\n");
  expect(lines).toHaveLength(1_302);

  const put = (body: string, type = "application/x-ndjson") =>
    other.ask(`${API}/history/import`, { method: "POST", body, headers: { "content-type": type } });
  expect((await put(exported.body)).body).toEqual({ added: 1_301, known: 0 });
  expect((await put(exported.body)).body).toEqual({ added: 0, known: 1_301 });
  const { body } = await other.ask<HistoryAnswer>(`${API}/history?limit=1`);
  expect(body).toMatchObject({ total: 1_301, attempts: [failureAt(2_000)] });
  const document = JSON.stringify({ ...JSON.parse(lines[0] ?? ""), attempts: [attemptAt(3_000)] });
  expect((await put(document, "application/json")).body).toEqual({ added: 1, known: 0 });

  const cut = await put(exported.body.slice(0, -20));
  expect(cut).toMatchObject({ status: 400, body: { error: "the body:1302: not JSON" } });
  expect((await put("{}")).status).toBe(400);
  const endless = JSON.stringify(attemptAt(4_000, { cpv: `app-misc/${"x".repeat(100_000)}-1` }));
  expect((await put(`${lines[0]}\n${endless}\n`)).status).toBe(400);
  expect((await put("")).status).toBe(400);
  expect((await put(exported.body, "text/plain")).status).toBe(415);
  expect((await put("x".repeat(5 * 1024 * 1024))).status).toBe(413);
  expect((await other.ask<HistoryAnswer>(`${API}/history?limit=1`)).body.total).toBe(1_302);
});

test("a binhost that is away is said to be away before an export is begun", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  gateway.gateway.services.config.binhost.url = "http://127.0.0.1:1";
  const { status, body } = await gateway.ask(`${API}/history/export`);
  expect([status, typeof body.error]).toEqual([503, "string"]);
});

test("targets are shown with profile and world, and the files of their configuration by name only", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  const { store } = gateway.access;
  const bundle = bundleBytes({
    ...{ format: 1, name: "desktop", profile: { repository: "demo", path: "demo/amd64" }, world: ["app-misc/a"] },
    files: { "make.conf": 'FETCHCOMMAND="wget --password=very-hidden"\n', "package.use/all": "*/* X\n" },
  });
  await store.putTarget("desktop", await store.putBlob(bundle));
  const list = await gateway.ask<{ name: string }[]>(`${API}/targets`, { as: "viewer" });
  expect(list.body).toMatchObject([{ name: "desktop", current: null }]);
  const one = await until("it is there", async () => gateway.ask(`${API}/targets/desktop`, { as: "viewer" }));
  expect(one.body).toMatchObject({
    ...{ name: "desktop", profile: { repository: "demo", path: "demo/amd64" }, world: ["app-misc/a"] },
    files: [
      { path: "make.conf", bytes: 43 },
      { path: "package.use/all", bytes: 6 },
    ],
  });
  expect(JSON.stringify(one.body)).not.toContain("very-hidden");
  expect((await gateway.ask(`${API}/targets/laptop`)).status).toBe(404);
});
