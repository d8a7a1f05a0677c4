#!/bin/sh
# A report of a drawer: drawer-report FILE FIELD,... TITLE...
PATH="@PREFIX@/bin:$PATH"
if [ "$1" = --version ]; then
	echo "drawer-report @VERSION@, $(linewrap --version), $(drawerctl --version)"
	exit 0
fi
if [ $# -lt 3 ]; then
	echo "usage: drawer-report FILE FIELD,... TITLE..." >&2
	exit 2
fi
file=$1
fields=$2
shift 2
echo "$*" | linewrap 60 "# "
drawerctl list "$file" "$fields"
