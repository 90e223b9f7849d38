#!/usr/bin/env bash
# The panels, the axes and the legend of a figure. Panels whose headings begin alike stand below each other. The columns
# of the legend stand side by side as long as the picture is wide enough for their names, and else in several rows of columns; no name leaves the picture or lies on another.
set -u
cd "$(dirname "$0")/.."
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cp plots/*.gp "$work"
printf 'fact,value\nmachine,a machine\nversions,a version\n' > "$work/facts.csv"
n=0

# figure COLUMNS ROWS LETTERS: honest.csv with a series for each place of the legend, drawn.
figure() {
	awk -v columns="$1" -v rows="$2" -v letters="$3" 'BEGIN {
		print "panel,heading,series,name,kind,colour,look,legend_column,legend_row,members,cpu_ms,low,high"
		for (c = 1; c <= columns; c++)
			for (r = 1; r <= rows; r++) {
				name = sprintf("name %d/%d ", c, r)
				while (length(name) < letters) name = name "m"
				series++
				for (x = 10; x <= 1000; x *= 10)
					printf "1,A panel,%d,%s,line,1,1,%d,%d,%d,%d,%d,%d\n", series, name, c, r, x, x, x, x
			}
	}' > "$work/honest.csv"
	(cd "$work" && gnuplot -d -e "format='svg'" honest.gp)
}

# places: x, y, letters and name of each in the legend.
places() {
	awk '/<g transform="translate\(/ { split($0, part, /[(,)]/) }
		match($0, /<text>name [0-9]+\/[0-9]+ ?m*<\/text>/) {
			name = substr($0, RSTART + 6, RLENGTH - 13)
			split(name, word, " ")
			print part[2], part[3], length(name), word[2]
		}' "$work/honest.svg" | sort -k2n -k1n
}

# legend NAME COLUMNS ROWS LETTERS TIERS: the names, each within the picture of 1200 x 900 and beside the
# others, in so many rows of columns. A letter is 7 pixels wide at least, and what stands before a name 52.
legend() {
	local wanted=$(($2 * $3)) lines=$(($3 * $5))
	n=$((n + 1))
	if said=$(figure "$2" "$3" "$4" 2>&1) && said=$(places | awk -v wanted="$wanted" -v lines="$lines" '
		{
			if ($1 < 52 || $1 + 7 * $3 > 1200) print "outside the picture: " $0
			if ($2 < 104 || $2 > 900) print "above or below it: " $0
			if ($2 == y && $1 - 52 < end) print "on another: " $0
			if ($2 != y) n_lines++
			y = $2; end = $1 + 7 * $3
			if (seen[$4]++) print "twice: " $0
		}
		END {
			if (NR != wanted) print NR " names, want " wanted
			if (n_lines != lines) print n_lines " lines, want " lines
		}') && [ -z "$said" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' <<< "$said"
	fi
}

# headings HEADING...: honest.csv with a panel for each that is not empty, drawn.
headings() {
	echo "panel,heading,series,name,kind,colour,look,legend_column,legend_row,members,cpu_ms,low,high" > "$work/honest.csv"
	local panel=0 heading
	for heading; do
		panel=$((panel + 1))
		[ -z "$heading" ] || for x in 10 100; do
			echo "$panel,$heading,1,name,line,1,1,1,1,$x,$x,$x,$x"
		done >> "$work/honest.csv"
	done
	(cd "$work" && gnuplot -d -e "format='svg'" honest.gp)
}

# texts WORD: "x y" of each text with the word, by y and x; the middle of the text, in tens of pixels.
texts() {
	awk -v word="$1" 'match($0, /translate\([^)]*/) { split(substr($0, RSTART + 10, RLENGTH - 10), part, ",") }
		match($0, "<text>.*(" word ").*</text>") { printf "%.0f %.0f\n", part[1] / 10, part[2] / 10 }' "$work/honest.svg" |
		sort -k2n -k1n
}

size() { grep -o 'viewBox="[^"]*"' "$work/honest.svg"; }

check() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		diff <(echo "$2") <(echo "$3") | sed 's/^/# /'
	fi
}

# columns_of WORD: how many texts with the word stand at how many x.
columns_of() { echo "$(texts "$1" | wc -l) at $(texts "$1" | cut -d' ' -f1 | sort -u | wc -l)"; }

headings Alpha Beta Gamma Delta
check panels_without_a_second_part_stand_two_by_two "$(size) $(columns_of 'Alpha|Gamma')" \
	'viewBox="0 0 1200 900" 2 at 1'
headings 'Alpha · one' 'Beta · one' 'Gamma · one' 'Alpha · two' '' 'Gamma · two' 'Alpha · three' 'Beta · three' 'Gamma · three'
check a_table_grows_downwards "$(size)" 'viewBox="0 0 1200 1160"'
check what_begins_alike_stands_in_one_column "$(columns_of Alpha), $(columns_of Beta), $(columns_of Gamma)" \
	'3 at 1, 2 at 1, 3 at 1'
check the_second_part_stands_below_the_first "$(texts two | cut -d' ' -f1)" "$(texts Alpha | head -1 | cut -d' ' -f1)
$(texts Gamma | head -1 | cut -d' ' -f1)"
headings 'Alpha · one' 'Alpha · two'
check one_column_of_two_is_a_row "$(size) $(columns_of Alpha)" 'viewBox="0 0 1200 900" 2 at 2'

# The lines of facts are 14 pixels apart.
cp "$work/facts.csv" "$work/short.csv"
printf 'fact,value\nmachine,a machine\nversions,groupbench%s\n' "$(printf ' · library %d' {1..20})" > "$work/facts.csv"
headings 'Alpha · one' 'Beta · two'
check no_heading_stands_on_a_second_line_of_versions "$(awk '
	/<g transform="translate\(/ { sub(/.*<g transform="translate\(/, ""); split($0, part, /[,)]/) }
	/<text>.*library 20</ { above = part[2] }
	/<text>.*Alpha</ { heading = part[2] }
	END { print (above && heading - above >= 14 ? "below it" : above " " heading) }' "$work/honest.svg")" 'below it'
mv "$work/short.csv" "$work/facts.csv"

# marks SCALE LOW HIGH PANELS: the numbers of the y axis of the first panel from below, where the one line
# goes from LOW to HIGH, and "too close" behind one that is less than 13 pixels above the one before.
marks() {
	sed "s/^yscale = .*/yscale = \"$1\"; near_one = 1.15/" plots/honest.gp > "$work/honest.gp"
	{
		echo "panel,heading,series,name,kind,colour,look,legend_column,legend_row,members,cpu_ms,low,high"
		for panel in $(seq "$4"); do
			echo "$panel,Panel,1,name,line,1,1,1,1,10,$2,$2,$2"
			echo "$panel,Panel,1,name,line,1,1,1,1,100,$3,$3,$3"
		done
	} > "$work/honest.csv"
	(cd "$work" && gnuplot -d -e "format='svg'" honest.gp)
	awk '/text-anchor="end"/ { sub(/.*<g transform="translate/, ""); split($0, part, /[(,)]/) }
		/<text>/ && part[2] > 0 {
			gsub(/<[^>]*>|^[ \t]*/, "")
			if (n++ == 0) x = part[2]
			if (part[2] != x) exit
			if ($0 != "") print part[3], $0
			part[2] = 0
		}' "$work/honest.svg" | sort -rn | awk '{
			printf "%s%s; ", substr($0, index($0, " ") + 1), (NR > 1 && y - $1 < 13 ? " too close" : "")
			y = $1
		}'
	cp plots/honest.gp "$work"
}

check bytes_are_named_to_the_end_of_their_axis "$(marks volume 600 2e13 2)" \
	'100 B; 1 kB; 10 kB; 100 kB; 1 MB; 10 MB; 100 MB; 1 GB; 10 GB; 100 GB; 1 TB; 10 TB; 100 TB; '
check a_low_panel_has_fewer_numbers "$(marks volume 600 2e13 8)" '1 kB; 1 MB; 1 GB; 1 TB; '
check times_are_seconds_minutes_hours_days "$(marks duration 0.2 1e10 2)" \
	'100 µs; 1 ms; 10 ms; 100 ms; 1 s; 10 s; 1 min; 10 min; 1 h; 1 day; 10 days; 100 days; 1,000 days; '
check an_axis_has_two_marks_at_least "$(marks duration 1 1 2)" '100 µs; 1 ms; '
check no_ratio_stands_on_another "$(marks ratio 0.7 12 4)" '0.8; 1; 1.5; 2; 3; 5; 10; '
check no_ratio_stands_on_another_in_a_low_panel "$(marks ratio 0.7 12 10)" '1; 2; 5; 10; '

# drawn LOOK:COLUMN:PANEL...: colours and widths of the lines of series with these looks, columns of the legend
# and panels, in the order in which they are drawn. The colours are the first ones.
drawn() {
	awk -v series="$*" 'BEGIN {
		print "panel,heading,series,name,kind,colour,look,legend_column,legend_row,members,cpu_ms,low,high"
		n = split(series, one, " ")
		for (i = 1; i <= n; i++)
			for (x = 10; x <= 100; x *= 10) {
				split(one[i], is, ":")
				printf "%d,A panel,%d,name,line,%d,%d,%d,%d,%d,1,1,1\n", is[3], i, i, is[1], is[2], i, x
			}
	}' > "$work/honest.csv"
	(cd "$work" && gnuplot -d -e "format='svg'" honest.gp)
	awk '/id="gnuplot_plot_/ { is_line = /order\[j\], mine/ }
		match($0, /stroke-width="[0-9.]*/) { width = substr($0, RSTART + 14, RLENGTH - 14) }
		is_line && /<path/ && match($0, /rgb\([ 0-9,]*\)/) {
			colour = substr($0, RSTART, RLENGTH)
			gsub(" ", "", colour)
			print colour, width
		}' "$work/honest.svg"
}

check dashed_lines_are_drawn_over_solid_ones_and_thin_ones_last "$(drawn 2:1:1 7:1:1 1:1:1)" \
	'rgb(230,159,0) 1.92
rgb(0,114,178) 1.92
rgb(213,94,0) 0.96'
check columns_whose_lines_look_like_those_of_earlier_ones_have_thinner_ones \
	"$(drawn 1:1:1 1:2:1 1:3:1 2:2:1 1:4:2)" 'rgb(0,114,178) 1.92
rgb(213,94,0) 1.44
rgb(230,159,0) 1.04
rgb(0,158,115) 1.44
rgb(204,121,167) 1.92'

legend columns_that_fit_stand_side_by_side 3 4 30 1
legend one_column_is_a_list 1 5 40 1
legend columns_that_do_not_fit_are_folded 4 3 50 2
legend many_columns_are_folded_more_than_once 6 2 60 3
echo "1..$n"
