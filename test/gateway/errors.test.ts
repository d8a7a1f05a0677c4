import { expect, test } from "vitest";
import { refusalOf } from "../../gateway/errors.ts";
import { Unanswered } from "../../model/errors.ts";
import { RunInProgress } from "../../operations/startRun.ts";
import { BinhostError } from "../../store/transport.ts";

test("what fails inside the binhost names none of its files to whoever asked", () => {
  const broken = new BinhostError("ENOENT: no such file, open '/var/lib/swarm/binhost/x.log.zst'", 500);
  const { status, error, isDefect } = refusalOf(broken, null);
  expect({ status, error, isDefect }).toEqual({ status: 502, error: "the binhost could not do that", isDefect: true });
  expect(refusalOf(new BinhostError("no such snapshot", 404), null)).toMatchObject({
    status: 404,
    error: "no such snapshot",
  });
});

test("a run in progress is no outage; that nobody is there to do it is one, whoever looked last", () => {
  const refusal = refusalOf(new RunInProgress("desktop", "desktop-1"), "the engine does not answer");
  expect(refusal).toMatchObject({ status: 409, error: expect.stringContaining("desktop-1") });
  expect(refusalOf(new Unanswered("no orchestrator is running."), null).status).toBe(503);
});
