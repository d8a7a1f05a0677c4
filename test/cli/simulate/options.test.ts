import { describe, expect, test } from "vitest";
import { readOptions, type TypedOptions } from "../../../cli/simulate/options.ts";
import { UserError } from "../../../model/errors.ts";

const typed = (options: Partial<TypedOptions>): TypedOptions => ({
  drones: "8",
  policy: "swarm",
  lose: [],
  ...options,
});

function problemsOf(options: Partial<TypedOptions>): readonly string[] {
  try {
    readOptions(typed(options));
  } catch (error) {
    if (error instanceof UserError && error.exitCode === 2) return error.problems;
    throw error;
  }
  return [];
}

test("drones by cores, by name, with speed; losses in seconds, minutes, hours", () => {
  const { drones } = readOptions(
    typed({ drones: "16, izar:8,tarn:4:0.5,9", lose: ["izar@10m", "tarn@1.5h", "drone4@90", "drone4@2d"] }),
  );
  expect(drones).toEqual([
    { name: "drone1", cores: 16, speed: 1 },
    { name: "izar", cores: 8, speed: 1, lostAt: 600 },
    { name: "tarn", cores: 4, speed: 0.5, lostAt: 5400 },
    { name: "drone4", cores: 9, speed: 1, lostAt: 90 },
  ]);
});

test("defaults: the swarm's policy, exact estimates, nothing fails", () => {
  expect(readOptions(typed({}))).toMatchObject({
    policies: ["swarm"],
    noise: 0,
    failRate: 0,
    speculate: false,
    seeds: [1],
  });
  expect(readOptions(typed({ speculate: true }))).toMatchObject({ speculate: true });
  expect(readOptions(typed({ noise: "0.7", seed: "5", seeds: "3" })).seeds).toEqual([5, 6, 7]);
  expect(readOptions(typed({ policy: "all" })).policies).toContain("portage");
});

describe("what is wrong is told, all of it", () => {
  test("together", () => {
    const { drones, ...rest } = typed({ policy: "swrm", noise: "-1", fail: "1", lose: ["x@1"] });
    expect(problemsOf({ drones: "8,0", ...rest })).toHaveLength(5);
  });

  test.for<[string, Partial<TypedOptions>, RegExp]>([
    ["no cores", { drones: "16,0" }, /"0": cores must be a whole number from 1 .*, not "0"/],
    ["cores that are none", { drones: "izar:many" }, /"izar:many": cores must .*, not "many"/],
    ["half a core", { drones: "2.5" }, /not "2.5"/],
    ["cores without end", { drones: "1e9" }, /not "1e9"/],
    ["no speed", { drones: "a:4:0" }, /speed must be a number from 0.01 to 100/],
    ["too many fields", { drones: "a:4:1:1" }, /"a:4:1:1" is no drone: .*CORES or NAME:CORES/],
    ["nothing between commas", { drones: "8,,4" }, /"" is no drone/],
    ["one name twice", { drones: "a:1,a:2" }, /two drones a/],
    ["a name that is given to a number", { drones: "8,drone1:4" }, /two drones drone1/],
    ["a strange name", { drones: "a b:4" }, /not "a b"/],
    ["an unknown policy, with the nearest", { policy: "critical" }, /"critical" is unknown\. There are swarm,/],
    ["an unknown policy, with the nearest", { policy: "portag" }, /Did you mean portage\?/],
    ["negative noise", { noise: "-0.1" }, /--noise must be a number from 0 to 3, not "-0.1"/],
    ["noise that is none", { noise: "much" }, /not "much"/],
    ["empty noise", { noise: "" }, /not ""/],
    ["negative rate", { fail: "-0.5" }, /--fail must be a number from 0 to 0.99, not "-0.5"/],
    ["everything fails for ever", { fail: "1" }, /--fail must .* not "1"/],
    ["half a seed", { noise: "1", seed: "1.5" }, /--seed must be a whole number/],
    ["no seeds", { noise: "1", seeds: "0" }, /--seeds must be a whole number from 1/],
    ["seeds of nothing", { seeds: "3" }, /go with --noise or --fail/],
    ["a loss without a time", { lose: ["drone1"] }, /say which drone and when/],
    ["a loss of a stranger", { drones: "izar:4,b:4", lose: ["izr@1m"] }, /no drone "izr"\. Did you mean izar\?/],
    ["a loss of all", { drones: "a:1,b:1", lose: ["a@1", "b@2h"] }, /takes every drone away/],
    ["a picture of many", { policy: "all", svg: "x.svg" }, /--svg draws one schedule/],
    ["a picture of many seeds", { noise: "1", seeds: "2", svg: "x.svg" }, /--svg draws one schedule/],
  ])("%s", ([, options, message]) => {
    const problems = problemsOf(options);
    expect(problems.filter((problem) => message.test(problem))).toHaveLength(1);
  });

  test("a second build of what other policies never begin twice", () => {
    expect(problemsOf({ policy: "portage", speculate: true })).toEqual([
      "--speculate goes with the swarm's own scheduler: the other policies begin nothing twice",
    ]);
    expect(problemsOf({ policy: "all", speculate: true })).toEqual([]);
  });

  test("no drones", () => {
    expect(() => readOptions({ policy: "swarm", lose: [] })).toThrow(/--drones is missing: .*--drones 16,14,24,8/);
  });
});
