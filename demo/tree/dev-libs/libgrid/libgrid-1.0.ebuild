# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Tables of text"
HOMEPAGE="https://demo.invalid/libgrid"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0/1"
KEYWORDS="amd64 arm64"
IUSE="unicode"

RDEPEND=">=dev-libs/libstrand-1.4:="
DEPEND="
	${RDEPEND}
	dev-libs/ringbuf
"
BDEPEND="dev-libs/ringbuf"

# There are no tests.
RESTRICT="test"

src_configure() {
	export UNICODE=$(usex unicode yes no)
}
