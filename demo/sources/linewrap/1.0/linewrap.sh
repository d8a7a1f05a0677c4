#!/bin/sh
# Wraps text at a width, each line after a prefix: linewrap [WIDTH [PREFIX]] < TEXT
if [ "$1" = --version ]; then
	echo "linewrap @VERSION@"
	exit 0
fi
width=${1:-72}
prefix=$2
fold -s -w $((width - ${#prefix})) | while IFS= read -r line; do
	printf '%s%s\n' "$prefix" "$line"
done
