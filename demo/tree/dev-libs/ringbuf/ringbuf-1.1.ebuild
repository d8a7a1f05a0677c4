# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Ring buffers of any type, header only"
HOMEPAGE="https://demo.invalid/ringbuf"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"

# There are no tests.
RESTRICT="test"
