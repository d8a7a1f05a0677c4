# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Prints the headings of a text"
HOMEPAGE="https://demo.invalid/outline"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"

RDEPEND="dev-libs/libstrand:="
DEPEND="${RDEPEND}"

# There are no tests.
RESTRICT="test"
