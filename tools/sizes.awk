# awk -f tools/sizes.awk FILE...: reports functions over 80 lines and files over 700. A
# function is what stands between a "{" and a "}" in the first column.
FNR == 1 { end_of_file(); file = FILENAME; start = 0 }
{ lines = FNR; if (!/^[{}]/ && /^[A-Za-z_].*\(/) heading = $0 }
/^{/ { start = FNR }
/^}/ && start {
	if (FNR - start - 1 > 80) {
		sub(/\(.*/, "", heading)
		sub(/.*[ *]/, "", heading)
		print file ":" start ": function " heading " has " FNR - start - 1 " lines, at most 80"
		bad = 1
	}
	start = 0
}
END { end_of_file(); exit bad }

function end_of_file() {
	if (lines > 700) {
		print file ": " lines " lines, at most 700"
		bad = 1
	}
}
