import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * A C project as packages are: a configure of many small programs, one after another; object files that compile side by
 * side; one large file and the link, one after another again. About 40% of its processor time can only use one core: in
 * the shipped graph of a whole tree that part is 93% at the median package, and 26% of all work.
 */
export interface Project {
  directory: string;
  /** What drives its compilation. */
  tool: "make" | "ninja";
}

/** Small programs that configure compiles and runs: 30 ms each on the machine where this was written. */
const CHECKS = 100;
/** Object files, and functions in each: 0.8 s each there. */
const UNITS = 10;
const FUNCTIONS = 100;
/** Functions of the large file: 2.1 s. */
const LARGE = 250;

const CONFIGURE = `i=0
while [ $i -lt ${CHECKS} ]; do
  echo "int main(void) { return 0; }" > check.c
  gcc -O0 -o check check.c && ./check
  i=$((i + 1))
done
`;
/** Its arguments are the command that compiles. */
const BUILD = `set -e
echo ">>> Configuring source"
sh ./configure
echo ">>> Compiling source"
"$@"
echo ">>> Install program into here"
gcc -O2 -c large.c -o large.o
gcc -o program u*.o large.o
`;
const units = Array.from({ length: UNITS }, (_, i) => `u${i}`);
const MAKEFILE = `all: ${units.map((it) => `${it}.o`).join(" ")}
%.o: %.c
\tgcc -O2 -c $< -o $@
`;
const NINJA = `rule cc
  command = gcc -O2 -c $in -o $out
${units.map((it) => `build ${it}.o: cc ${it}.c\n`).join("")}`;

/** Work for a compiler: branches, loops, arithmetic, calls. */
function source(unit: string, functions: number): string {
  const bodies = Array.from(
    { length: functions },
    (_, i) => `int ${unit}_${i}(int *a, int n) {
  int s = ${i};
  for (int k = 0; k < n; k++) {
    switch ((a[k] ^ ${i}) & 7) {
    case 0: s += a[k] * ${i + 3}; break;
    case 1: s ^= k << 2; break;
    case 2: s -= a[(k + ${i}) % n]; break;
    case 3: s = s * 31 + k; break;
    default: a[k] = s >> 1;
    }
    for (int j = 0; j < k % 7; j++) s += a[j] * j;
  }
  char text[64];
  snprintf(text, sizeof text, "%d", s);
  return s + (int)strlen(text);
}
`,
  );
  return `#include <stdio.h>\n#include <string.h>\n${bodies.join("")}`;
}

export async function makeProject(directory: string, tool: Project["tool"]): Promise<Project> {
  await mkdir(directory, { recursive: true });
  const files = [
    ["configure", CONFIGURE],
    ["build.sh", BUILD],
    ["Makefile", MAKEFILE],
    ["build.ninja", NINJA],
    ["large.c", `${source("large", LARGE)}int main(void) { return 0; }\n`],
    ...units.map((it) => [`${it}.c`, source(it, FUNCTIONS)]),
  ] as const;
  await Promise.all(files.map(([name, text]) => writeFile(join(directory, name ?? ""), text ?? "")));
  return { directory, tool };
}

/** Takes away what an earlier build left. */
export async function clean({ directory }: Project): Promise<void> {
  for (const name of await readdir(directory)) {
    if (/\.o$|^(check|check\.c|program|\.ninja.*)$/.test(name)) await rm(join(directory, name));
  }
}
