# Distributed under the terms of the MIT license

EAPI=8

DESCRIPTION="The programs of a desk (meta package)"
HOMEPAGE="https://demo.invalid/desk"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"

RDEPEND="
	app-misc/drawer-report
	app-misc/fieldnotes
	app-misc/sealcheck
	app-misc/skywatch
	app-text/outline
	sys-apps/housekeep
"
