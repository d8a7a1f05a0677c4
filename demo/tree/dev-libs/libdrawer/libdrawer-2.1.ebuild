# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Files of records, each with a checksum"
HOMEPAGE="https://demo.invalid/libdrawer"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0/2"
KEYWORDS="amd64 arm64"

RDEPEND="
	dev-libs/libcrumb:=
	dev-libs/libgrid:=
	dev-libs/libkeyval:=
	dev-libs/libstrand:=
"
DEPEND="${RDEPEND}"
