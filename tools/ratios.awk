# What tools/peers-table and tools/vodozemac-table have in common: the columns of summary.csv by name
# (a column that is not there ends the program, and is_wrong says so), times in microseconds, and
# ratios of medians with the least and the greatest that both intervals allow.
function of(name) {
	if (!(name in at)) { print "no column " name > "/dev/stderr"; exit is_wrong = 1 }
	return $at[name]
}
function time(cell, who) { return (cell, who) in median ? sprintf("%.0f", median[cell, who] / 1e3) : "" }
function ratio(cell, a, b) {
	if (!((cell, a) in median) || !((cell, b) in median)) return ""
	if (low[cell, a] == "" || low[cell, b] == "") return sprintf("%.2f", median[cell, a] / median[cell, b])
	return sprintf("%.2f [%.2f .. %.2f]", median[cell, a] / median[cell, b], low[cell, a] / high[cell, b],
		high[cell, a] / low[cell, b])
}
