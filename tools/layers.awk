# awk -f tools/layers.awk mls/LAYERS mls/*.[ch]: reports every #include that points to a
# higher layer, and every file that no layer names.
FNR == NR {
	if ($1 !~ /^#/)
		for (i = 1; i <= NF; i++)
			layer[$i] = FNR
	next
}
FNR == 1 {
	me = FILENAME
	sub(/.*\//, "", me)
	sub(/\..*/, "", me)
	if (!(me in layer)) {
		print FILENAME ": in no layer of mls/LAYERS"
		bad = 1
		layer[me] = 1000000
	}
}
/^#include "/ {
	header = $2
	gsub(/"|\.h/, "", header)
	if (header in layer && layer[header] > layer[me]) {
		print FILENAME ":" FNR ": includes " header ".h of a higher layer"
		bad = 1
	}
}
END { exit bad }
