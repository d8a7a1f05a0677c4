# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="The next days' light, and the moon"
HOMEPAGE="https://demo.invalid/skywatch"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"
IUSE="+moon"

RDEPEND="
	dev-libs/libdial:=
	dev-libs/libgrid:=
	dev-libs/libstrand:=
"
DEPEND="${RDEPEND}"

# There are no tests.
RESTRICT="test"

src_configure() {
	export MOON=$(usex moon yes no)
}
