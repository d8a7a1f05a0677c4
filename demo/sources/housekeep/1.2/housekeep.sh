#!/bin/sh
# Looks for what is due in the house: housekeep [CONFIGURATION]
PATH="@PREFIX@/bin:$PATH"
if [ "$1" = --version ]; then
	echo "housekeep @VERSION@, $(drawer-report --version)"
	exit 0
fi
conf=${1:-@PREFIX@/share/housekeep/housekeep.conf}
drawer=$(mktemp)
trap 'rm -f "$drawer"' EXIT
while IFS='|' read -r days what place; do
	case $days in '' | '#'*) continue ;; esac
	drawerctl put "$drawer" "days=$days" "what=$what" "place=$place"
done < "$conf"
drawer-report "$drawer" days,what,place "What is due, soonest first"
