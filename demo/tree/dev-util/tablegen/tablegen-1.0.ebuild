# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Generates lookup tables of checksums as C"
HOMEPAGE="https://demo.invalid/tablegen"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"

BDEPEND="dev-util/embedtext"

# There are no tests.
RESTRICT="test"
