# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Turns a file into a C array"
HOMEPAGE="https://demo.invalid/embedtext"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"

# There are no tests.
RESTRICT="test"
