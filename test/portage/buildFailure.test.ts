import { expect, test } from "vitest";
import { classifyBuild } from "../../portage/buildFailure.ts";
import { cleanLine, phaseBegun } from "../../portage/buildLog.ts";

const FAILED = { exitCode: 1, signal: null };
const died = (phase: string, message: string): string =>
  ` * ERROR: app-misc/a-1.0::demo failed (${phase} phase):\n *   ${message}\n * \n * Call stack:\n`;

test.each([
  [
    "a compiler's error",
    `a.c:3:5: error: 'x' undeclared\n${died("compile", "emake failed")}`,
    "package",
    "compile phase: a.c:3:5: error: 'x' undeclared",
  ],
  ["a test that fails", `FAIL: one\n${died("test", "make check failed")}`, "package", "test phase: make check failed"],
  [
    "an abort of Portage's checks, which has no phase",
    " * ERROR: app-misc/a-1.0::demo failed:\n *   files outside the prefix\n",
    "package",
    "build phase: files outside the prefix",
  ],
  [
    "a full disk, though the package seems broken",
    `as: No space left on device\n${died("compile", "emake failed")}`,
    "infrastructure",
    "disk full: no space left on the drone's device",
  ],
  [
    "no memory, though the package seems broken",
    `gcc: fatal error: Killed signal terminated program cc1plus\n${died("compile", "emake failed")}`,
    "memory",
    "out of memory: gcc: fatal error: Killed signal terminated program cc1plus",
  ],
  [
    "a source that is away",
    "!!! Couldn't download 'a-1.0.tar.gz'. Aborting.\n",
    "infrastructure",
    "source archive a-1.0.tar.gz cannot be fetched",
  ],
  [
    "a source that was changed",
    "!!! Fetched file: a-1.0.tar.gz VERIFY FAILED!\n!!! Reason: Failed on BLAKE2B verification\n!!! Couldn't download 'a-1.0.tar.gz'. Aborting.\n",
    "package",
    "a source archive is not what the Manifest says: Fetched file: a-1.0.tar.gz VERIFY FAILED",
  ],
  [
    "a dependency that cannot be installed",
    "!!! provision: app-misc/b-1.0: a device file\n",
    "infrastructure",
    "its dependencies cannot be installed: app-misc/b-1.0: a device file",
  ],
  [
    "a refusal of Portage",
    'emerge: there are no ebuilds to satisfy "=app-misc/a-1.0".\n',
    "package",
    'Portage ended with exit code 1: there are no ebuilds to satisfy "=app-misc/a-1.0".',
  ],
  ["nothing at all", "", "package", "Portage ended with exit code 1: no output"],
])("%s", (_, log, kind, message) => {
  expect(classifyBuild(FAILED, log)).toMatchObject({ class: kind, message });
});

test.each([
  "virtual memory exhausted: Cannot allocate memory",
  "/usr/bin/ld: final link failed: memory exhausted",
  "cc1plus: out of memory allocating 65536 bytes after a total of 1024 bytes",
  "LLVM ERROR: out of memory",
  "memory allocation of 3145728 bytes failed",
  "terminate called after throwing an instance of 'std::bad_alloc'",
])("no memory, in the words of a compiler or linker: %s", (line) => {
  const log = `${line}\n * ERROR: dev-lang/big-1.0::demo failed (compile phase):\n *   emake failed\n`;
  expect(classifyBuild({ exitCode: 1, signal: null }, log)).toMatchObject({ class: "memory", phase: "compile" });
});

test("a build that is killed without a word was killed for memory", () => {
  for (const exit of [
    { exitCode: null, signal: 9 },
    { exitCode: 137, signal: null },
  ]) {
    expect(classifyBuild(exit, "compiling\n").class).toBe("memory");
  }
  expect(classifyBuild({ exitCode: null, signal: 15 }, "compiling\n").class).toBe("infrastructure");
});

test("the tail has the line that tells, and at most 40", () => {
  const log = `${"noise\n".repeat(500)}${died("compile", "emake failed")}${"more\n".repeat(500)}`;
  const { logTail = [] } = classifyBuild(FAILED, log);
  expect(logTail).toHaveLength(40);
  expect(logTail.join("\n")).toContain("ERROR: app-misc/a-1.0::demo");
});

test("lines are cleaned of colours, control characters, overwritten parts and excess", () => {
  expect(cleanLine("\u001b[31;1mred\u001b[0m\tand\u0007 so\u0000 on  ")).toBe("red and  so  on");
  expect(cleanLine("  1%\r 50%\r100% done")).toBe("100% done");
  expect(cleanLine("windows\r")).toBe("windows");
  expect(cleanLine("x".repeat(500))).toHaveLength(200);
});

test("phases begin at Portage's marks only", () => {
  expect(phaseBegun(">>> Compiling source in /x/work/a-1.0 ...")).toBe("compile");
  expect(phaseBegun(">>> Install app-misc/a-1.0 into /x/image")).toBe("install");
  expect(phaseBegun("echo '>>> Compiling source'")).toBeNull();
});
