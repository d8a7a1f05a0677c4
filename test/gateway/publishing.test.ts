import { expect, test } from "vitest";
import { failed } from "../../bench/noop/drone.ts";
import { pkg } from "../../bench/noop/plan.ts";
import type { FinalizePreview } from "../../model/finalize.ts";
import { stagePackage } from "../store/support.ts";
import { reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { gatewayOf, putTarget } from "./support.ts";

const FINALIZE = "/api/v1/runs/desktop/finalize";

test("what the binhost has not all of is not published, also not by who takes it without what failed", async () => {
  await using swarm = await noopSwarm({
    plan: { packages: [pkg("a/lib-1"), pkg("a/app-1"), pkg("a/broken-1")] },
    drones: [
      {
        name: "izar",
        build: async ({ cpv }) => {
          if (cpv === "a/broken-1") throw failed("package", "compile phase: no");
        },
      },
    ],
  });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  await swarm.run({ run: "desktop-1" });
  await reaches(swarm, "gate");
  await stagePackage(gateway.access.store, "desktop-1", { cpv: "a/lib-1" });
  const preview = await gateway.ask<FinalizePreview>(FINALIZE);
  expect(preview.body).toMatchObject({ risk: "do not", lost: ["a/app-1"] });
  const refused = await gateway.ask(FINALIZE, { body: { acceptFailed: true } });
  expect(refused).toMatchObject({
    status: 409,
    body: {
      error: `desktop-1 must not be published. ${preview.body.words[0]}`,
      hint: preview.body.words[1],
    },
  });
  expect(swarm.binhost.published).toEqual([]);
  await stagePackage(gateway.access.store, "desktop-1", { cpv: "a/app-1" });
  expect((await gateway.ask(FINALIZE, { body: {} })).body.error).toContain("--accept-failed");
  expect((await gateway.ask(FINALIZE, { body: { acceptFailed: true } })).status).toBe(200);
  expect(swarm.binhost.published).toEqual(["desktop-1"]);
});
