#!/bin/sh
# Wraps text at a width: linewrap [WIDTH] < TEXT
if [ "$1" = --version ]; then
	echo "linewrap @VERSION@"
	exit 0
fi
exec fold -s -w "${1:-72}"
