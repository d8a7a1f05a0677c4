# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Wraps text at a width, after a prefix"
HOMEPAGE="https://demo.invalid/linewrap"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"

# There are no tests.
RESTRICT="test"
