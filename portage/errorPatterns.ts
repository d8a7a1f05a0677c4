/** What lines of build logs mean. Every pattern is of one line, cleaned as by `cleanLine`. */

/** Portage's own account of a failure begins here. */
export const DIED = /^ ?\* ERROR: \S+ failed(?: \((\w+) phase\))?:/;

/** A line without any of these is no error: spares the others almost all lines. */
export const HINT =
  /err|undef|defin|cannot|can't|not |no |fail|denied|memory|kill|space|quota|\*\*\*|hunk|fault|abort|assert|panic|illegal|alloc|\.go:\d|!!!|unexpected|corrupt|\*{4}|exception|exit|interrupt|timeout|missing|^e {3}/i;

/** What a command line quotes, a configure script tries, a compiler only warns of and a tool counts is no error. */
export const HARMLESS: readonly RegExp[] = [
  /^(?:checking|-- )/,
  /^\s*(?:\[\d+\/\d+\] )?(?:\S*\/)?(?:(?:\S+-)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|ld|ar)(?:-[\d.]+)?|rustc)\s+-/,
  /^(?:libtool: \w+:|\/bin\/(?:ba)?sh \S*libtool|\S*make\[\d+\]: Entering|\s*(?:echo|printf) )/,
  /\bwarning: |\(ignored\)\s*$/,
  /^\s*\d+ errors?\b|\b0 errors?\b/,
];

/** What the machine lacked: it makes everything else fail. */
export const LACKS: readonly RegExp[] = [
  /No space left on device|Disk quota exceeded/,
  /Killed signal terminated program|fatal error: Killed|\bout of memory\b|[Cc]annot allocate memory|memory exhausted|std::bad_alloc|memory allocation of \d+ bytes failed/,
];

/** Lines that name a cause. */
export const CAUSES: readonly RegExp[] = [
  // file:line: error: of compilers, error[E0425]: of rustc, configure: error:, ld.lld: error:, error: alone.
  /(?:^|[\s:\])])(?:fatal |internal compiler |syntax )?error(?:\[[A-Z]\d+\])?:(?:\s|$)/,
  /^\S+\(\d+(?:,\d+)?\): error\b|^ERROR: \S|: ERROR: \S|^\s*(?:Fatal )?Error: \S/,
  /undefined reference to |multiple definition of |undefined symbol: |: cannot find -l\S+/,
  /(?:^|[\s/])(?:\S*-)?ld(?:\.\w+)?: (?:cannot find|.*(?:relocation|unrecognized|file not recognized|error adding symbols))/,
  /^\S+\.go:\d+:\d+: /,
  /\*\*\* (?:No rule to make target |missing separator|commands commence|multiple target|target pattern)/,
  /^CMake Error\b/,
  /^No package '\S+' found|was not found in the pkg-config search path/,
  /\d+ out of \d+ hunks? (?:FAILED|ignored)|^Hunk #\d+ FAILED|^can't find file to patch|^patch: \*{4} /,
  /^Can't locate \S+ in @INC|^syntax error at \S+ line \d+|syntax error near unexpected token/,
  /^npm (?:ERR!|error) /,
  /^thread '.*' panicked at |^panic: /,
];

/** Lines that name a cause where nothing better does: scripts live with many of them. */
export const PERHAPS: readonly RegExp[] = [
  /^\S*sh: .*: (?:command )?not found$|^\S+: line \d+: .+: (?:command not found|No such file or directory|Permission denied)$/,
  /^\S*make(?:\[\d+\])?: (?:\S+: )?(?:No such file or directory|Permission denied|Command not found|No targets)/,
  /^(?:\S+\/)?(?:cp|mv|ln|rm|install|mkdir|chmod|chown|cat|sed|grep|rmdir|strip|find|python[\d.]*|perl): .*(?:No such file or directory|Permission denied|cannot|can't|not permitted)/,
  /^(?:tar|xz|gzip|bzip2|unzip|zstd): .*(?:[Uu]nexpected|corrupt|not in \w+ format|Cannot)/,
  /^!!! (?!Please attach|When you file|The following|All ebuilds|Copying)\S.*(?:fail|error|not |cannot|can't|missing)/i,
  /\b(?:Segmentation fault|Bus error|Illegal instruction)\b|^Aborted\b|^Assertion .* failed|: Assertion `.*' failed/,
  /\bKilled\b/,
];

/** A tool that tells of another's error. */
export const FOLLOWS: readonly RegExp[] = [
  /collect2: (?:fatal )?error: ld returned|error: linker command failed|failed with exit (?:status|code)/,
  /^error: (?:could not compile|aborting due to|build failed|linking with|\S+ failed\b|command |subprocess-exited|metadata-generation-failed)/,
  /^autoreconf: error: |^ERROR: Failed building |^ERROR: Could not build /,
];

/** A Python exception: what comes before it, and the line that names it. */
export const TRACEBACK = /^\s*Traceback \(most recent call last\):/;
export const EXCEPTION = /^\s*[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|NotFound\w*|Failure|Failed)(?::|$)/;

/** Tests that fail: told apart only where the test phase failed. */
export const TESTS: readonly RegExp[] = [
  /^(?:FAIL|XPASS|ERROR)(?:ED)?:? \S/,
  /^not ok \d+(?!.*# (?:TODO|SKIP))/i,
  /^\s*\d+\/\d+ .*(?:\*\*\*(?:Failed|Exception|Timeout|Not Run)|\b(?:FAIL|ERROR|TIMEOUT)\b)/,
  /^test \S+ \.\.\. FAILED|^--- FAIL: |^\[ {2}FAILED {2}\] /,
  /^E {3,}\S/,
  /The following tests FAILED/,
];

/** A build tool stops. What it stops for stands before it (make) or after it (ninja). */
export const MAKE_STOPS = /^\S+: \*\*\* \[?/;
export const NINJA_STOPS = /^FAILED: /;
/** What stopped without a cause that we know. */
export const STOPS: readonly RegExp[] = [NINJA_STOPS, MAKE_STOPS, /^ninja: (?:error|build stopped)/, ...FOLLOWS];
