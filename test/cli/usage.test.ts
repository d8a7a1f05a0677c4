import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { VERBS } from "../../cli/verbs.ts";
import { configFile, NOWHERE, swarm, temporaryDirectory } from "./command.ts";

describe("help", () => {
  test("swarm --help names every verb", async () => {
    const { exitCode, stdout, stderr } = await swarm(["--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const { name, summary } of VERBS)
      expect(stdout).toMatch(new RegExp(`^ +${name} +${summary.slice(0, 20)}`, "m"));
  });

  test.for(VERBS.map(({ name }) => name))("swarm %s --help has an example", async (name) => {
    const { exitCode, stdout, stderr } = await swarm([name, "--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^ +\\$ swarm ${name}`, "m"));
    expect(stdout).toContain("--json");
  });

  test("each command of a verb has an example of its own", async () => {
    const verbs = await Promise.all(
      VERBS.map(async ({ name, load }) => {
        const verb = new Command(name);
        (await load()).register(verb, () => {
          throw new Error("there is no command line");
        });
        return verb;
      }),
    );
    for (const verb of verbs) {
      for (const each of verb.commands) {
        const help: string[] = [];
        each.configureOutput({ writeOut: (text) => void help.push(text) }).outputHelp();
        expect(help.join("")).toContain(`$ swarm ${verb.name()} ${each.name()}`);
      }
    }
  });

  test("swarm help VERB is the same as VERB --help", async () => {
    const [one, other] = await Promise.all([swarm(["help", "why"]), swarm(["why", "--help"])]);
    expect(one).toEqual(other);
  });
});

describe("a command line that is wrong: exit code 2, what is wrong, and nothing on stdout", () => {
  test.for<[string, string[], RegExp]>([
    ["no verb", [], /Usage: swarm/],
    ["unknown verb, with the nearest name", ["staus"], /unknown verb 'staus'. Did you mean 'status'\?/],
    ["unknown verb, and nothing is near", ["dance"], /unknown verb 'dance'\. All verbs: swarm --help/],
    [
      "unknown command of a verb, with the nearest name",
      ["dev-server", "strat"],
      /unknown command 'strat'\. Did you mean start\?/,
    ],
    [
      "... that has a default one",
      ["snapshots", "rolback"],
      /unknown command 'rolback' of swarm snapshots. Did you mean 'rollback'\?/,
    ],
    [
      "... and arguments of its own",
      ["drone", "paus", "izar"],
      /unknown command 'paus' of swarm drone. Did you mean 'pause'\?/,
    ],
    ["unknown option", ["status", "--verbose"], /unknown option '--verbose'/],
    [
      "unknown option, with the nearest name",
      ["status", "--targt", "x"],
      /unknown option '--targt'\. Did you mean --target\?/,
    ],
    [
      "unknown option before the verb",
      ["--confg", "x", "status"],
      /unknown option '--confg'\. Did you mean --config\?/,
    ],
    ["control characters are shown, not obeyed", ["sta\u001b[2Jtus"], /unknown verb 'sta\\x1b\[2Jtus'/],
    ["missing argument", ["why"], /missing required argument 'package'/],
    ["one argument too many", ["status", "now"], /too many arguments/],
    [
      "malformed atoms, each told",
      ["run-update", "--packages", "nonsense", "--packages", "=a/b"],
      /"nonsense"(.|\n)*"=a\/b"/,
    ],
    ["--accept-failed alone", ["run-update", "--accept-failed"], /goes with --auto-finalize/],
    ["--dry-run with --detach", ["run-update", "--dry-run", "--detach"], /builds nothing/],
    ["a list that is not there", ["init-from-list", "missing.txt"], /cannot read the list .*missing.txt: ENOENT/],
    ["reset without a terminal", ["reset"], /say --yes/],
    [
      "a reason that would write to others' screens",
      ["pause", "--reason", "a\u001b[2Jb"],
      /without control characters/,
    ],
    ["... of a drone", ["drone", "pause", "izar", "--reason", "a\nb"], /without control characters/],
    ["... of a schedule", ["schedule", "pause", "nightly", "--note", "a\u0007b"], /without control characters/],
    ["a limit that is none", ["runs", "--limit", "many"], /whole number/],
  ])("%s", async ([, args, message]) => {
    const { exitCode, stdout, stderr } = await swarm(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test("every bad line of a list, with its number", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, "list.txt"), "app-editors/vim\nnonsense # no slash\n\n=dev-libs/x\n");
    const { exitCode, stderr } = await swarm(["init-from-list", "list.txt"], {}, directory);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("list.txt:2:");
    expect(stderr).toContain("list.txt:4:");
  });

  test("a configuration with mistakes: all of them", async () => {
    const file = await configFile('[binhost]\nprot = 1\nkeep_snapshots = "ten"\n');
    const { exitCode, stderr } = await swarm(["status", "--config", file]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("prot");
    expect(stderr).toContain("keep_snapshots");
  });

  test("with --json the error is the answer", async () => {
    const { exitCode, stdout, stderr } = await swarm(["--json", "staus"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: "" });
    const { error, problems } = JSON.parse(stdout);
    expect(problems).toEqual([error]);
    expect(error).toContain("Did you mean 'status'?");
  });
});

test("with --json a verb without its command is an error as JSON, and nothing else", async () => {
  const { exitCode, stdout, stderr } = await swarm(["dev-server", "--json"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ error: "swarm dev-server needs a command: start, stop, status" });
});

describe("no server", () => {
  test("status is a screen all the same, with the command that helps", async () => {
    const { exitCode, stdout } = await swarm(["status"]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`✗ ${NOWHERE}`);
    expect(stdout).toContain("→ Run: swarm up");
  });

  test.for([["runs"], ["drones"], ["pause", "--target", "desktop"], ["why", "x", "--target", "desktop"]])(
    "swarm %s says where it looked and what to do",
    async (args) => {
      const { exitCode, stdout, stderr } = await swarm(args);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr).toContain(`no Temporal server at ${NOWHERE}`);
      expect(stderr).toContain("swarm up");
    },
  );

  test.for([["run-update"], ["snapshots"], ["target"], ["sync-verify"], ["fresh", "--yes"]])(
    "swarm %s without a binhost says where it looked and what to do",
    async (args) => {
      const file = await configFile('[binhost]\nurl = "http://127.0.0.1:1"\n');
      const { exitCode, stdout, stderr } = await swarm([...args, "--config", file]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr).toContain("binhost http://127.0.0.1:1: ");
      expect(stderr).toContain("Start it: swarm up (or swarm binhost, on its machine)");
    },
  );

  test("a stack trace only when it is asked for", async () => {
    const [without, withDebug] = await Promise.all([swarm(["runs"]), swarm(["runs"], { SWARM_DEBUG: "1" })]);
    expect(without.stderr).not.toMatch(/^ +at /m);
    expect(withDebug.stderr).toMatch(/^ +at /m);
  });
});
