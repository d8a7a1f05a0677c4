# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Dates, and the phases of the moon"
HOMEPAGE="https://demo.invalid/libdial"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0/3"
KEYWORDS="amd64 arm64"

# There are no tests.
RESTRICT="test"
