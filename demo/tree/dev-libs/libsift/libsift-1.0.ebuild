# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Finds and orders records of a drawer"
HOMEPAGE="https://demo.invalid/libsift"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0/1"
KEYWORDS="amd64 arm64"

RDEPEND="
	dev-libs/libdrawer:=
	dev-libs/libkeyval:=
	dev-libs/libstrand:=
"
DEPEND="${RDEPEND}"

# There are no tests.
RESTRICT="test"
