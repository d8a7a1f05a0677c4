import { join } from "node:path";
import { parseCpv } from "../../portage/cpv.ts";
import type { TreePackage } from "./tree.ts";

/** A package of a swarm under test. It installs /usr/bin/<name>, a script that prints `<name>-<version>`. */
export interface SwarmPackage extends Pick<TreePackage, "cpv" | "slot" | "iuse"> {
  /** Atoms that it needs to be built and to run. */
  needs?: string[];
  /** Its compilation goes on, with a line of output five times a second, until the test releases it. */
  held?: boolean;
  /** More lines of its src_compile, in bash. */
  compile?: string;
  /** C source of a program /usr/bin/<name>, instead of the script. */
  program?: string;
  /** What the script prints after its name: expanded by bash when it is built. */
  says?: string;
}

/** Where the packages of a swarm under test tell of themselves, and listen to the test. */
export interface PackageSigns {
  /** Each compilation that really begins adds a line: its CPV. */
  compiled: string;
  /** A held compilation ends when a file with its category and name is here. */
  gates: string;
}

export const packageSigns = (directory: string): PackageSigns => ({
  compiled: join(directory, "compiled"),
  gates: join(directory, "gates"),
});

/** Name of the file that releases a held package. */
export const gateOf = (cpv: string): string => cpv.replace("/", "_");

/** A held compilation that nobody releases ends all the same: a failed test must not leave one for ever. seconds */
const HOLD_LIMIT = 240;

/** The ebuild of a package. */
export function treePackage(swarmPackage: SwarmPackage, { compiled, gates }: PackageSigns): TreePackage {
  const { needs = [], held = false, compile = "", program, says = "", ...rest } = swarmPackage;
  const { name } = parseCpv(rest.cpv);
  const wait = `local n=0
	until [[ -e "${gates}/${gateOf(rest.cpv)}" ]] || (( n >= ${HOLD_LIMIT * 5} )); do
		echo "compiling \${PF}: \${n}"
		n=$((n + 1))
		sleep 0.2
	done`;
  const body = `DEPEND="${needs.join(" ")}"
RDEPEND="\${DEPEND}"
${program === undefined ? `S="\${WORKDIR}"` : ""}
src_compile() {
	echo "\${CATEGORY}/\${PF}" >> "${compiled}" || die
	${held ? wait : ""}
	${compile}
	${program === undefined ? `printf '#!/bin/sh\\necho "%s"\\n' "\${P}${says && ` ${says}`}" > ${name} || die` : `gcc \${CFLAGS} -o ${name} ${name}.c || die "gcc failed"`}
}
src_install() {
	exeinto /usr/bin
	doexe ${name}
}`;
  return { ...rest, body, ...(program === undefined ? {} : { files: { [`${name}.c`]: program } }) };
}
