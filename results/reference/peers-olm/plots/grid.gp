# How large a figure is whose panels are a table, before its terminal is opened. There a heading
# has two parts with " · " between them; panels with the same first part stand below each other.
# The picture grows with the table. Other figures stay as they set `columns`, `width` and `height`.

# "1000 members" as axes write it, "1,000 members"; the file's own fields have no commas.
is_digit(text, at) = strstrt("0123456789", substr(text, at, at)) > 0
parted(text, at) = at > 4 && is_digit(text, at - 4) && is_digit(text, at - 1) ? \
	parted(substr(text, 1, at - 4) . "," . substr(text, at - 3, strlen(text)), at - 3) : text
with_commas(text) = parted(text, 1 + (sum [d = 0:9] strstrt(text, sprintf("%d members", d))))

stats figure . ".csv" using (column("panel")) nooutput
n_panels = int(STATS_max)
array heading[n_panels]
do for [p = 1:n_panels] { heading[p] = "" }
set table $unused
plot figure . ".csv" skip 1 using (heading[int($1)] = with_commas(strcol(2)), 0):(0) with table
unset table

# Both parts of a heading; the second is empty where there is one.
dot = " · "
first(text) = strstrt(text, dot) > 0 ? substr(text, 1, strstrt(text, dot) - 1) : text
second(text) = strstrt(text, dot) > 0 ? substr(text, strstrt(text, dot) + 3, strlen(text)) : ""
firsts = "|"
n_firsts = 0
do for [p = 1:n_panels] {
	is_new = strstrt(firsts, "|" . first(heading[p]) . "|") == 0
	if (strlen(second(heading[p])) > 0 && is_new) {
		firsts = firsts . first(heading[p]) . "|"
		n_firsts = n_firsts + 1
	}
}
is_table = n_firsts > 0
if (is_table) {
	# One column would be a tower: its panels stand side by side.
	columns = n_firsts > 1 ? n_firsts : n_panels < columns ? n_panels : columns
	grown = 380 * columns
	width = grown > width ? grown : width
	n_rows = (n_panels + columns - 1) / columns
	grown = 230 + (n_rows > 6 ? 240 : 310) * n_rows
	height = grown > height ? grown : height
}
