import type { TreePackage } from "../../support/tree.ts";

const make = (rules: string): Record<string, string> => ({
  Makefile: rules.replaceAll(/^ {8}/gm, "\t").replaceAll(/^ {4}/gm, ""),
});
const INSTALL = `src_compile() { emake EPREFIX="\${EPREFIX}" TOOL="\${BROOT}/usr/bin/tool"; }
src_install() { emake install DESTDIR="\${ED}" EPREFIX="\${EPREFIX}"; }`;

/** Small packages with every way to depend on another, and every way to go wrong. */
export const PACKAGES: TreePackage[] = [
  {
    cpv: "dev-libs/alpha-1.0",
    slot: "0/1",
    body: INSTALL,
    files: {
      ...make(`
    all:
        gcc -shared -fPIC -Wl,-soname,libalpha.so.1 -o libalpha.so.1 alpha.c
    install:
        install -D -m755 libalpha.so.1 $(DESTDIR)/usr/lib/libalpha.so.1
        ln -s libalpha.so.1 $(DESTDIR)/usr/lib/libalpha.so
        ln $(DESTDIR)/usr/lib/libalpha.so.1 $(DESTDIR)/usr/lib/libalpha.twin
        install -D -m644 alpha.h $(DESTDIR)/usr/include/alpha.h
        install -D -m4755 alpha.h $(DESTDIR)/usr/lib/special
    `),
      "alpha.c": "int alpha(void) { return 40; }\n",
      "alpha.h": "int alpha(void);\n",
    },
  },
  {
    // Its own phase runs when it is installed: only Portage can do that.
    cpv: "dev-util/tool-1.0",
    body: `src_install() { exeinto /usr/bin; doexe tool; insinto /etc/env.d; doins 50tool; }
pkg_postinst() { mkdir -p "\${EROOT}/var/lib/tool"; echo ready > "\${EROOT}/var/lib/tool/state"; }`,
    files: {
      tool: '#!/bin/sh\n[ -f "$(dirname "$0")/../../var/lib/tool/state" ] || exit 3\necho "int two(void) { return 2; }"\n',
      "50tool": 'TOOL_HOME="/usr/share/tool"\n',
    },
  },
  {
    cpv: "dev-libs/beta-1.0",
    body: `RDEPEND="dev-libs/alpha:="\nDEPEND="dev-libs/alpha:="\nBDEPEND="dev-util/tool"\n${INSTALL}`,
    files: {
      ...make(`
    all:
        $(TOOL) > two.c
        gcc -I$(EPREFIX)/usr/include -L$(EPREFIX)/usr/lib -Wl,-rpath,$(EPREFIX)/usr/lib -o beta beta.c two.c -lalpha
    install:
        install -D -m755 beta $(DESTDIR)/usr/bin/beta
    `),
      "beta.c":
        '#include <alpha.h>\n#include <stdio.h>\nint two(void);\nint main(void) { printf("%d\\n", alpha() + two()); }\n',
    },
  },
  { cpv: "app-misc/bystander-1.0" },
  {
    cpv: "app-misc/slow-1.0",
    body: INSTALL,
    files: make(`
    all:
        @for i in $$(seq 1 600); do echo step $$i; test -e /proc/$$PPID || exit 1; test ! -e $(EPREFIX)/go || exit 0; sleep 0.1; done
    install:
        install -D -m644 Makefile $(DESTDIR)/usr/share/slow/Makefile
    `),
  },
  {
    cpv: "app-misc/patient-1.0",
    body: `src_configure() { until [[ -e \${EPREFIX}/go ]]; do sleep 0.1; done; }
src_compile() { until [[ -e \${EPREFIX}/compiled ]]; do sleep 0.1; done; }`,
    files: { "patient.txt": "" },
  },
  { cpv: "app-misc/silent-1.0", body: `S="\${WORKDIR}"\nsrc_compile() { sleep 600; }` },
  {
    cpv: "app-err/broken-1.0",
    body: INSTALL,
    files: {
      ...make("\n    all:\n        gcc -c broken.c\n    install:\n"),
      "broken.c": "int main(void) { return undeclared_thing; }\n",
    },
  },
  { cpv: "app-err/gone-1.0", body: "", files: { "gone.txt": "gone\n" } },
  { cpv: "app-err/forged-1.0", body: "", files: { "forged.txt": "forged\n" } },
  {
    cpv: "app-err/greedy-1.0",
    body: `S="\${WORKDIR}"\nsrc_compile() { dd if=/dev/zero of=big bs=1M count=200 || die "dd failed"; }`,
  },
];

export const WORLD = PACKAGES.map((it) => it.cpv.replace(/-1\.0$/, ""));
