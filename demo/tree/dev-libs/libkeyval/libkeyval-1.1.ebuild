# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Reads lines of key and value"
HOMEPAGE="https://demo.invalid/libkeyval"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0/1"
KEYWORDS="amd64 arm64"

RDEPEND="dev-libs/libstrand:="
DEPEND="${RDEPEND}"

# There are no tests.
RESTRICT="test"
