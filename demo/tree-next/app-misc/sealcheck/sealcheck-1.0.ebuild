# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="The seals of a file: one for each kind of CRC"
HOMEPAGE="https://demo.invalid/sealcheck"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"

RDEPEND="
	dev-libs/libcrumb:=
	dev-libs/libstrand:=
"
DEPEND="${RDEPEND}"
BDEPEND="dev-util/tablegen"
