# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Checksums to keep beside what they are of"
HOMEPAGE="https://demo.invalid/libcrumb"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0/1"
KEYWORDS="amd64 arm64"
IUSE="sliced"

BDEPEND="dev-util/tablegen"

src_configure() {
	export SLICES=$(usex sliced 16 1)
}
