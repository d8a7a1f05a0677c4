#!/bin/sh
# generate.sh variants: prints the C file of the list of variants
# generate.sh NAME:     prints the C file of one variant
set -e
if [ "$1" = variants ]; then
	echo '#include "seal.h"'
	names=
	while read -r name width _ _ _ _ check; do
		case $name in '' | '#'*) continue ;; esac
		echo "uint32_t crc_$name(const unsigned char *bytes, size_t count);"
		names="$names{\"$name\", $width, crc_$name, 0x$check},"
	done < variants.list
	echo "const struct seal seals[] = {$names{0}};"
	exit 0
fi
grep "^$1 " variants.list | while read -r name width polynomial initial reflected final _; do
	"${TOOLS}tablegen" "table_$name" "$width" "$polynomial" "$reflected" 16
	echo "#define NAME crc_$name"
	echo "#define TABLE table_$name"
	echo "#define WIDTH $width"
	echo "#define INITIAL 0x$initial"
	echo "#define FINAL 0x$final"
	echo "#include \"crc_$reflected.h\""
done
