# Distributed under the terms of the MIT license

# @ECLASS: plainmake.eclass
# @MAINTAINER: demo@demo.invalid
# @SUPPORTED_EAPIS: 8
# @BLURB: builds packages that have a plain Makefile
# @DESCRIPTION:
# The Makefiles take their settings from the environment: CC, AR, CFLAGS, CPPFLAGS, LDFLAGS, PREFIX, and TOOLS (where
# programs of build tools are, with a slash at the end). An ebuild adds its own in src_configure, by export.

case ${EAPI} in
	8) ;;
	*) die "${ECLASS}: EAPI ${EAPI} is not supported" ;;
esac

if [[ -z ${_PLAINMAKE_ECLASS} ]]; then
_PLAINMAKE_ECLASS=1

# @FUNCTION: plainmake_make
# @USAGE: [targets]
# @DESCRIPTION:
# Runs make in the package's environment. Everything of the demo lives below EPREFIX, so headers, libraries and the
# run path must name it.
plainmake_make() {
	CC="${CC:-gcc}" AR="${AR:-ar}" \
	CPPFLAGS="${CPPFLAGS} -I${ESYSROOT}/usr/include" \
	LDFLAGS="${LDFLAGS} -L${ESYSROOT}/usr/lib -Wl,-rpath,${EPREFIX}/usr/lib" \
	PREFIX="${EPREFIX}/usr" TOOLS="${BROOT}/usr/bin/" \
	emake "$@"
}

plainmake_src_compile() {
	plainmake_make
}

plainmake_src_test() {
	plainmake_make check
}

plainmake_src_install() {
	plainmake_make install DESTDIR="${D}"
}

fi

EXPORT_FUNCTIONS src_compile src_test src_install
