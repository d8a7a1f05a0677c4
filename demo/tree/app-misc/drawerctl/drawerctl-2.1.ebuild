# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Puts records into drawers and lists them"
HOMEPAGE="https://demo.invalid/drawerctl"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"
IUSE="json"

RDEPEND="
	dev-libs/libdrawer:=
	dev-libs/libkeyval:=
	dev-libs/libsift:=
	dev-libs/libstrand:=
"
DEPEND="${RDEPEND}"
BDEPEND="dev-util/embedtext"

# There are no tests.
RESTRICT="test"

src_configure() {
	export JSON=$(usex json yes no)
}
