# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="A report of a drawer, with a title"
HOMEPAGE="https://demo.invalid/drawer-report"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"

RDEPEND="
	app-misc/drawerctl
	>=app-text/linewrap-1.0
"

# There are no tests.
RESTRICT="test"
