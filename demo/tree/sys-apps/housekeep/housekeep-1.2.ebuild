# Distributed under the terms of the MIT license

EAPI=8

inherit plainmake

DESCRIPTION="Looks for what is due in the house"
HOMEPAGE="https://demo.invalid/housekeep"
SRC_URI="https://demo.invalid/distfiles/${P}.tar"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"

RDEPEND="
	app-misc/drawer-report
	app-misc/drawerctl
"

# There are no tests.
RESTRICT="test"
