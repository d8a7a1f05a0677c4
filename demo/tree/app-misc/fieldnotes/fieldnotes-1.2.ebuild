# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Keeps dated notes in a plain file"
HOMEPAGE="https://demo.invalid/fieldnotes"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"
IUSE="color"

RDEPEND="
	dev-libs/libdial:=
	dev-libs/libgrid:=
	dev-libs/libkeyval:=
	dev-libs/libstrand:=
"
DEPEND="${RDEPEND}"

# There are no tests.
RESTRICT="test"

src_configure() {
	export COLOR=$(usex color yes no)
}
