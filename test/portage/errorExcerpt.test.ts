import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorExcerpt } from "../../portage/errorExcerpt.ts";

const noise = (
  count: number,
  line = "x86_64-pc-linux-gnu-gcc -O2 -pipe -Werror=format-security -c -o a.o a.c",
): string => `${line}\n`.repeat(count);

/** Portage's account of a failure, as it ends a log. */
const epilogue = (
  phase: string,
  reason = "emake failed",
): string => ` * ERROR: dev-libs/a-1.0::gentoo failed (${phase} phase):
 *   ${reason}
 * 
 * If you need support, post the output of \`emerge --info '=dev-libs/a-1.0::gentoo'\`,
 * the complete build log and the output of \`emerge -pqv '=dev-libs/a-1.0::gentoo'\`.
 * The complete build log is located at '/var/tmp/portage/dev-libs/a-1.0/temp/build.log'.
 * Working directory: '/var/tmp/portage/dev-libs/a-1.0/work/a-1.0'
 * S: '/var/tmp/portage/dev-libs/a-1.0/work/a-1.0'
>>> Failed to emerge dev-libs/a-1.0, Log file:
error: this is not it
`;

const PHASES: Record<string, string> = {
  unpack: ">>> Unpacking source...\n",
  prepare: ">>> Preparing source in /var/tmp/work/a-1.0 ...\n",
  configure: ">>> Configuring source in /var/tmp/work/a-1.0 ...\n",
  compile: ">>> Compiling source in /var/tmp/work/a-1.0 ...\n",
  test: ">>> Test phase: dev-libs/a-1.0\n",
  install: ">>> Install dev-libs/a-1.0 into /var/tmp/image\n",
};

/** A whole log: an earlier phase with lines that only look like errors, then the phase that failed. */
const logOf = (phase: string, text: string, reason?: string): string =>
  `>>> Emerging (1 of 1) dev-libs/a-1.0::gentoo\n>>> Unpacking source...\nerror: left over from another phase\n${PHASES[phase]}${text}${epilogue(phase, reason)}`;

describe("the cause in the log of", () => {
  test.each<[string, string, string, string]>([
    [
      "gcc under make -j, with warnings and other jobs between",
      "compile",
      `${noise(30)}a.c:1:1: warning: implicit declaration of 'x' [-Wimplicit-function-declaration]
b.c: In function 'main':
b.c:3:10: error: 'undeclared_thing' undeclared (first use in this function)
    3 |   return undeclared_thing;
${noise(3)}b.c:4:1: error: control reaches end of non-void function
make[2]: *** [Makefile:12: b.o] Error 1
make[2]: *** Waiting for unfinished jobs....
${noise(5)}make[1]: *** [Makefile:5: all] Error 2
make: *** [Makefile:3: all-recursive] Error 1
`,
      "b.c:3:10: error: 'undeclared_thing' undeclared (first use in this function)",
    ],
    [
      "a fatal error of a header, with the include path",
      "compile",
      `In file included from src/main.c:1:
src/x.h:2:10: fatal error: openssl/ssl.h: No such file or directory
    2 | #include <openssl/ssl.h>
compilation terminated.
make: *** [Makefile:2: main.o] Error 1
`,
      "src/x.h:2:10: fatal error: openssl/ssl.h: No such file or directory",
    ],
    [
      "a harmless complaint long before, which nobody stopped for",
      "compile",
      `gen.py: error: cannot open cache, going on
${noise(200)}y.c:9:2: error: expected ';' before '}' token
make: *** [Makefile:2: y.o] Error 1
`,
      "y.c:9:2: error: expected ';' before '}' token",
    ],
    [
      "the linker",
      "compile",
      `/usr/lib/gcc/x86_64-pc-linux-gnu/14/../../../../x86_64-pc-linux-gnu/bin/ld: main.o: in function \`main':
main.c:(.text+0x5): undefined reference to \`frobnicate'
collect2: error: ld returned 1 exit status
make: *** [Makefile:2: main] Error 1
`,
      "main.c:(.text+0x5): undefined reference to `frobnicate'",
    ],
    [
      "a library that is not there",
      "compile",
      `/usr/lib/gcc/x86_64-pc-linux-gnu/14/../../../../x86_64-pc-linux-gnu/bin/ld: cannot find -lfoo: No such file or directory
collect2: error: ld returned 1 exit status
make: *** [Makefile:2: main] Error 1
`,
      "/usr/lib/gcc/x86_64-pc-linux-gnu/14/../../../../x86_64-pc-linux-gnu/bin/ld: cannot find -lfoo: No such file or directory",
    ],
    [
      "ninja, which names the command before what it said",
      "compile",
      `[1/3] clang++ -DMSG="error: no" -c -o a.o a.cc
FAILED: b.o
clang++ -c -o b.o b.cc
b.cc:7:3: error: no member named 'foo' in 'Bar'
1 error generated.
[3/3] clang++ -c -o c.o c.cc
ninja: build stopped: subcommand failed.
`,
      "b.cc:7:3: error: no member named 'foo' in 'Bar'",
    ],
    [
      "cargo",
      "compile",
      `   Compiling a v1.0.0
error[E0425]: cannot find value \`x\` in this scope
 --> src/main.rs:2:5
error: aborting due to 1 previous error
error: could not compile \`a\` (bin "a") due to 1 previous error
`,
      "error[E0425]: cannot find value `x` in this scope",
    ],
    ["go", "compile", "# example.org/a\n./main.go:5:2: undefined: foo\n", "./main.go:5:2: undefined: foo"],
    [
      "make without a rule",
      "compile",
      "make[1]: Entering directory '/x'\nmake[1]: *** No rule to make target 'b.c', needed by 'b.o'.  Stop.\nmake: *** [Makefile:1: all] Error 2\n",
      "make[1]: *** No rule to make target 'b.c', needed by 'b.o'.  Stop.",
    ],
    [
      "a command that is not there",
      "compile",
      "/bin/sh: line 1: gperf: command not found\nmake: *** [Makefile:4: x.h] Error 127\n",
      "/bin/sh: line 1: gperf: command not found",
    ],
    [
      "what make ignores, then what it does not",
      "install",
      "rm: cannot remove 'x': No such file or directory\nmake: [Makefile:2: clean] Error 1 (ignored)\ninstall: cannot stat 'prog': No such file or directory\nmake: *** [Makefile:9: install] Error 1\n",
      "install: cannot stat 'prog': No such file or directory",
    ],
    [
      "configure",
      "configure",
      "checking for error: no... yes\n./configure: line 12: pkg-config: command not found\nchecking for libfoo... no\nconfigure: error: libfoo is required\n!!! Please attach the following file when seeking support:\n!!! /var/tmp/config.log\n",
      "configure: error: libfoo is required",
    ],
    [
      "CMake",
      "configure",
      '-- Looking for error: - not found\nCMake Warning at CMakeLists.txt:3 (message):\n  careful\n\nCMake Error at CMakeLists.txt:5 (find_package):\n  By not providing "FindFoo.cmake" in CMAKE_MODULE_PATH ...\n\n-- Configuring incomplete, errors occurred!\n',
      "CMake Error at CMakeLists.txt:5 (find_package):",
    ],
    [
      "meson",
      "configure",
      'Run-time dependency foo found: NO (tried pkgconfig and cmake)\n\n../a-1.0/meson.build:12:0: ERROR: Dependency "foo" not found, tried pkgconfig and cmake\n\nA full log can be found at /x/meson-logs/meson-log.txt\n',
      '../a-1.0/meson.build:12:0: ERROR: Dependency "foo" not found, tried pkgconfig and cmake',
    ],
    [
      "a patch",
      "prepare",
      " * Applying a-1.0-fix.patch ...\npatching file src/a.c\nHunk #1 FAILED at 12.\n1 out of 1 hunk FAILED -- saving rejects to file src/a.c.rej\n [ !! ]\n",
      "Hunk #1 FAILED at 12.",
    ],
    [
      "Python",
      "compile",
      "running build\nTraceback (most recent call last):\n  File \"setup.py\", line 3, in <module>\n    import nothing_there\nModuleNotFoundError: No module named 'nothing_there'\n",
      "ModuleNotFoundError: No module named 'nothing_there'",
    ],
    [
      "automake's tests",
      "test",
      "PASS: a\nerror: what a test prints when it works\nFAIL: b\nPASS: c\n# TOTAL: 3\n# FAIL:  1\nmake[3]: *** [Makefile:700: test-suite.log] Error 1\n",
      "FAIL: b",
    ],
    [
      "TAP and its exceptions",
      "test",
      "ok 1 - a\nnot ok 2 - known # TODO later\nnot ok 3 - b is 4\n",
      "not ok 3 - b is 4",
    ],
    [
      "ctest",
      "test",
      " 1/2 Test #1: a .....   Passed    0.01 sec\n 2/2 Test #2: b .....***Failed    0.02 sec\n",
      "2/2 Test #2: b .....***Failed    0.02 sec",
    ],
    [
      "pytest",
      "test",
      "t.py F  [100%]\n=== FAILURES ===\n>       assert 1 == 2\nE       assert 1 == 2\nFAILED t.py::test_a - assert 1 == 2\n",
      "E       assert 1 == 2",
    ],
    [
      "a full disk, which breaks the compiler",
      "compile",
      "b.c:1:1: error: something else\n/tmp/ccX.s: fatal error: error writing to /tmp/ccX.o: No space left on device\nmake: *** [Makefile:2: b.o] Error 1\n",
      "/tmp/ccX.s: fatal error: error writing to /tmp/ccX.o: No space left on device",
    ],
    [
      "a compiler that was killed",
      "compile",
      "x86_64-pc-linux-gnu-g++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.\nmake: *** [Makefile:2: b.o] Error 1\n",
      "x86_64-pc-linux-gnu-g++: fatal error: Killed signal terminated program cc1plus",
    ],
    [
      "Portage's own helpers",
      "install",
      "!!! newconfd: a.confd does not exist, cannot install\n",
      "!!! newconfd: a.confd does not exist, cannot install",
    ],
  ])("%s", (_, phase, text, expected) => {
    const found = errorExcerpt(logOf(phase, text));
    expect(found?.errorLine.trim()).toBe(expected);
    expect(found?.isCause).toBe(true);
    expect(found?.around).toContain(found?.errorLine);
  });
});

describe("without a cause", () => {
  test("a build tool that stopped, else Portage's reason, else nothing", () => {
    const stopped = logOf("compile", "quiet\nmake: *** [Makefile:2: x] Error 1\n");
    expect(errorExcerpt(stopped)).toMatchObject({ errorLine: "make: *** [Makefile:2: x] Error 1", isCause: false });
    const died = logOf("install", "quiet\n", "files outside the prefix");
    expect(errorExcerpt(died)).toMatchObject({ errorLine: " *   files outside the prefix", isCause: false });
    expect(errorExcerpt("all is well\n")).toBeNull();
    expect(errorExcerpt("")).toBeNull();
  });

  test("an error in a log that nobody ended is found, too", () => {
    expect(errorExcerpt("one\na.c:1:1: error: x\ntwo")?.around).toEqual(["one", "a.c:1:1: error: x", "two"]);
  });
});

describe("bounds", () => {
  test("20 lines before and after, cleaned and cut; colours are no part of what is recognised", () => {
    const text = `${noise(100, "y".repeat(5000))}\u001b[1ma.c:1:1: \u001b[31merror: \u001b[m${"z".repeat(5000)}\n${noise(100)}make: *** [x] Error 1\n`;
    const { errorLine = "", around = [] } = errorExcerpt(logOf("compile", text)) ?? {};
    expect(errorLine).toMatch(/^a\.c:1:1: error: z+$/);
    expect(around).toHaveLength(41);
    expect(around[20]).toBe(errorLine);
    expect(Math.max(...around.map((line) => line.length))).toBeLessThanOrEqual(300);
  });

  test("4 MiB of long lines that nearly match take little time", () => {
    const lines = [
      "error ".repeat(30),
      "a: ".repeat(60),
      "ld: cannot ".repeat(20),
      `${"/x".repeat(90)}: not found?`,
      " ".repeat(190),
    ];
    const text = lines
      .join("\n")
      .concat("\n")
      .repeat(Math.ceil((4 * 2 ** 20) / 900));
    const began = performance.now();
    errorExcerpt(logOf("compile", text));
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test("invalid UTF-8 is no obstacle", () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from("a.c:1:1: error: \x80 x\n", "latin1")]);
    expect(errorExcerpt(bytes.toString("utf8"))?.errorLine).toMatch(/^a\.c:1:1: error: . x$/);
  });
});

test("the tools of this machine say it as expected", () => {
  const directory = mkdtempSync(join(tmpdir(), "swarm-error-"));
  try {
    writeFileSync(join(directory, "Makefile"), "all: good.o bad.o\n%.o: %.c\n\tgcc -Wall -c -o $@ $<\n");
    writeFileSync(join(directory, "good.c"), "int f(void) { int unused; return 1; }\n");
    writeFileSync(join(directory, "bad.c"), "int main(void) { return undeclared_thing; }\n");
    const make = "make -j2 2>&1 || true";
    const output = execFileSync("sh", ["-c", make], { cwd: directory, encoding: "utf8" });
    expect(errorExcerpt(logOf("compile", output))?.errorLine).toMatch(
      /^bad\.c:1:\d+: error: .undeclared_thing. undeclared/,
    );
    writeFileSync(join(directory, "bad.c"), "int f(void); int main(void) { return f(); }\n");
    const link = execFileSync("sh", ["-c", "gcc bad.c 2>&1 || true"], { cwd: directory, encoding: "utf8" });
    expect(errorExcerpt(link)?.errorLine).toContain("undefined reference to");
    writeFileSync(join(directory, "bad.py"), "def f():\n    return {}['x']\nf()\n");
    const python = execFileSync("sh", ["-c", "python3 bad.py 2>&1 || true"], { cwd: directory, encoding: "utf8" });
    expect(errorExcerpt(python)?.errorLine).toBe("KeyError: 'x'");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
