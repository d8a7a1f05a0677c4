import type { ApplicationFailure } from "@temporalio/common";
import { describe, expect, test } from "vitest";
import { classified } from "../../../activities/drone/failure.ts";
import { UserError } from "../../../model/errors.ts";
import { BinhostError } from "../../../store/transport.ts";

describe("what is asked again at once", () => {
  test.each([
    ["a binhost that does not answer", new BinhostError("connection refused", 0), true],
    ["a binhost without space", new BinhostError("no space left", 507), true],
    ["a refusal of the binhost", new BinhostError("unknown target", 404), false],
    ["what a person must mend", new UserError("tree demo cannot be read"), false],
  ])("%s", (_, error, again) => {
    const failure = classified(error, "drone") as ApplicationFailure;
    expect(failure).toMatchObject({ message: error.message, nonRetryable: !again });
    expect(failure.type).toBe(error instanceof BinhostError ? "infrastructure" : "drone");
    expect(failure.nextRetryDelay).toBe(again ? "10s" : undefined);
  });
});
