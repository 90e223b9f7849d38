# Draws FIGURE.csv as a grid of panels with one legend below. The columns of the file:
#
#   1 panel, 2 heading   which panel, counted from 1, and what stands above it; see grid.gp
#   3 series, 4 name     which series, counted from 1, and its name
#   5 kind               band: from low to high; line: y; both: y inside its band;
#                        published: a thin line that somebody else measured; published_band: in its band
#   6 colour, 7 look     which of the eight colours; which dash and marker
#   8 legend_column, 9 legend_row
#   10 x, 11 y, 12 low, 13 high; their names tell the units
#
# A figure sets before: title, note, xname, yname, columns (of the grid), xscale and yscale
# ("decade": numbers, "binary": x alone, bytes in KiB, and y alone: "duration": milliseconds,
# "volume": bytes, "ratio": around 1, which has a line of its own, and one a little above at `near_one`).

csv = figure . ".csv"
stats csv using (column("series")) nooutput
n = int(STATS_max)
array name[n]; array kind[n]; array hue[n]; array look[n]; array n_points[n]; array n_curves[n]; array panels[n]
array place_x[n]; array place_y[n]
do for [i = 1:n] { name[i] = ""; kind[i] = ""; hue[i] = 1; look[i] = 1; n_points[i] = 0; n_curves[i] = 0; panels[i] = 0 }
do for [i = 1:n] { place_x[i] = 1; place_y[i] = 1 }

least(a, b) = a < b ? a : b
most(a, b) = a > b ? a : b
panel = 0; x_first = 1e300; x_last = 0; y_least = 1e300; y_most = 0
legend_columns = 1; legend_rows = 1
set table $unused
plot csv skip 1 using (i = int($3), name[i] = strcol(4), kind[i] = strcol(5), hue[i] = int($6), \
	look[i] = int($7), place_x[i] = int($8), place_y[i] = int($9), \
	n_points[i] = n_points[i] + 1, \
	n_curves[i] = n_curves[i] + (n_points[i] == 1 || int($1) != panel), panel = int($1), \
	panels[i] = panels[i] | (1 << (int($1) % 60)), \
	legend_columns = most(legend_columns, int($8)), \
	legend_rows = most(legend_rows, int($9)), \
	x_first = least(x_first, $10), x_last = most(x_last, $10), \
	y_least = least(y_least, $12), y_most = most(y_most, $13), \
	0):(0) with table
unset table

array column_of[n]
do for [i = 1:n] { column_of[i] = place_x[i] }
n_columns = legend_columns

# Where the columns of the legend side by side are wider than the picture, they stand in several
# rows of columns.
array widest[legend_columns]
do for [c = 1:legend_columns] { widest[c] = 0 }
do for [i = 1:n] { widest[place_x[i]] = most(widest[place_x[i]], strlen(name[i])) }
needed = 0.0
do for [c = 1:legend_columns] { needed = needed + 8.0 + widest[c] }
tiers = int(ceil(7.4 * needed / (width - 40.0)))
per_tier = (legend_columns + tiers - 1) / tiers
do for [i = 1:n] {
	place_y[i] = place_y[i] + (place_x[i] - 1) / per_tier * legend_rows
	place_x[i] = (place_x[i] - 1) % per_tier + 1
}
legend_columns = per_tier
legend_rows = legend_rows * tiers

# About nine markers a curve, those of one series beside those of another.
array every[n]
do for [i = 1:n] { every[i] = n_curves[i] > 0 ? int(most(1, n_points[i] / n_curves[i] / 9)) : 1 }
# Solid lines lie below, dashed ones on top of them, so that both are seen where they coincide; thin ones
# on top of all.
array order[n]; array thick[n]
lies_below(i, j) = look[i] < look[j] || (look[i] == look[j] && i <= j)
do for [i = 1:n] {
	place = 0
	do for [j = 1:n] { place = place + lies_below(j, i) }
	order[place] = i
}
# The lines of a column of the legend are thinner than those of an earlier one that has the same dashes
# in the same panel.
array n_thicker[n_columns]
is_marked(i) = kind[i] eq "line" || kind[i] eq "both"
are_alike(i, j) = is_marked(i) && is_marked(j) && look[i] == look[j] && (panels[i] & panels[j]) != 0
do for [c = 1:n_columns] {
	n_thicker[c] = 0
	do for [other = 1:c - 1] {
		found = 0
		do for [i = 1:n] {
			do for [j = 1:n] {
				if (column_of[i] == c && column_of[j] == other && are_alike(i, j)) { found = 1 }
			}
		}
		n_thicker[c] = n_thicker[c] + found
	}
}
thinned(n_before) = n_before < 1 ? 1.2 : n_before < 2 ? 0.9 : 0.65
do for [i = 1:n] { thick[i] = thickness[look[i]] * thinned(n_thicker[column_of[i]]) }

# The y axis goes from one of its marks to another.
n_marks = yscale eq "duration" ? |duration| : yscale eq "volume" ? |volume| : |decade|
mark(i) = yscale eq "duration" ? duration_ms[i] : yscale eq "volume" ? 10.0**(i - 1) : 10.0**(i - 5)
mark_text(i) = yscale eq "duration" ? duration[i] : yscale eq "volume" ? volume[i] : decade[i]
y_low = 1; y_high = n_marks
do for [i = 1:n_marks] {
	if (mark(i) <= 1.001 * y_least) { y_low = i }
	if (mark(n_marks + 1 - i) >= 0.999 * y_most) { y_high = n_marks + 1 - i }
}
if (y_low >= y_high) { y_low = y_high > 1 ? y_high - 1 : 1; y_high = y_low + 1 }

load "frame.gp"

# In pixels of the picture.
n_rows = (n_panels + columns - 1) / columns
legend_top = 24.0 + 21 * legend_rows
cell_w = (width + 0.0) / columns
cell_h = (height - head - legend_top) / n_rows

# A hair wider than the outermost tics, which rounding would lose.
set xrange [0.999 * x_first:1.001 * x_last]
set yrange [least(0.999 * mark(y_low), y_least):most(1.001 * mark(y_high), y_most)]
set xtics ()
set ytics ()
# Long numbers in a narrow panel are written smaller.
if (columns * log10(1.0 * x_last / x_first) > 14) {
	small = format eq "png" ? ",8.5" : ",11"
	set xtics font small
}
# The ends of the x axis have a number too, where no power of ten stands close by.
written(x) = x < 1000 ? sprintf("%g", x) : sprintf("%d,%03d", int(x) / 1000, int(x) % 1000)
is_apart(x) = abs(log10(x) - floor(log10(x) + 0.5)) > 0.05 * columns * log10(1.0 * x_last / x_first)
if (xscale eq "decade" && is_apart(x_first)) { set xtics add (written(x_first) x_first) }
if (xscale eq "decade" && is_apart(x_last)) { set xtics add (written(x_last) x_last) }
do for [i = 1:|decade|] {
	if (xscale ne "binary" && 10.0**(i - 5) >= x_first) { set xtics add (decade[i] 10.0**(i - 5)) }
}
# A number needs 15 pixels. Where there are less, marks in between have none.
panel_h = cell_h - 50 - (is_table ? 46 : 24)
apart = int(ceil(15.0 * (y_high - y_low) / panel_h))
if (yscale eq "volume" && apart == 2) { apart = 3 }
# An axis of one power of ten has a 2 and a 5 in it too: "20 MB" behind "10 MB".
is_short = yscale eq "volume" && y_high - y_low == 1 && panel_h > 100
if (is_short) {
	times(i) = sprintf("%d %s", i * int(word(mark_text(y_low), 1)), word(mark_text(y_low), 2))
	set ytics add (times(2) 2 * mark(y_low), times(5) 5 * mark(y_low))
}
if (yscale ne "ratio") {
	do for [i = y_low:y_high] {
		set ytics add (((i - 1) % apart == 0 ? mark_text(i) : "") mark(i))
	}
} else {
	r_low = least(0.9, 0.97 * y_least); r_high = most(2, 1.05 * y_most)
	set yrange [r_low:r_high]
	set ytics add ("1" 1)
	is_near(a, b) = abs(log(a / b)) * panel_h < 15 * log(r_high / r_low)
	above = 1.0; below = 1.0
	do for [i = 1:|ratio|] {
		up_to = 1.0 * ratio[i]
		down_to = 1.0 * ratio[|ratio| + 1 - i]
		if (up_to > 1 && !is_near(up_to, above)) { set ytics add (ratio[i] up_to); above = up_to }
		if (down_to < 1 && !is_near(down_to, below)) {
			set ytics add (ratio[|ratio| + 1 - i] down_to)
			below = down_to
		}
	}
}
if (xscale eq "binary") {
	do for [i = 1:|binary|] { set xtics add (binary[i] 2.0**binary_exponent[i]) }
}

# The columns of the legend share the width as their longest names need it.
array letters[legend_columns]; array column_at[legend_columns]
do for [c = 1:legend_columns] { letters[c] = 0 }
do for [i = 1:n] { letters[place_x[i]] = most(letters[place_x[i]], strlen(name[i])) }
needed = 0.0
do for [c = 1:legend_columns] { needed = needed + 8.0 + letters[c] }
column_at[1] = 30.0
do for [c = 2:legend_columns] {
	column_at[c] = column_at[c - 1] + (width - 40.0) * (8.0 + letters[c - 1]) / needed
}

is_published(i) = kind[i] eq "published" || kind[i] eq "published_band"
do for [i = 1:n] {
	x0 = across(column_at[place_x[i]])
	x1 = x0 + across(44.0)
	y = up(legend_top - 21.0 * place_y[i])
	if (kind[i] eq "band" || kind[i] eq "both") {
		set object i rectangle from screen x0, y - up(7.0) to screen x1, y + up(7.0) \
			fillcolor rgb colour[hue[i]] fillstyle transparent solid 0.2 noborder
		set arrow 400 + i from screen x0, y - up(7.0) to screen x1, y - up(7.0) nohead \
			linecolor rgb colour[hue[i]] linewidth 0.6
		set arrow 500 + i from screen x0, y + up(7.0) to screen x1, y + up(7.0) nohead \
			linecolor rgb colour[hue[i]] linewidth 0.6
	}
	if (kind[i] eq "published_band") {
		set object i rectangle from screen x0, y - up(7.0) to screen x1, y + up(7.0) \
			fillcolor rgb colour[hue[i]] fillstyle transparent solid 0.25 noborder
	}
	if (is_published(i)) {
		set arrow i from screen x0, y to screen x1, y nohead \
			linecolor rgb colour[hue[i]] dashtype look[i] linewidth 1
	}
	if (kind[i] eq "line" || kind[i] eq "both") {
		set arrow i from screen x0, y to screen x1, y nohead \
			linecolor rgb colour[hue[i]] dashtype look[i] linewidth 0.2 + thick[i]
		set label 100 + i "" at screen (x0 + x1) / 2, y point linecolor rgb colour[hue[i]] \
			pointtype marker[look[i]] pointsize 0.6
	}
	set label 200 + i name[i] at screen x1 + across(8.0), y left noenhanced
}

mine(p, i) = int($1) == p && int($3) == i
is_filled(i) = kind[i] eq "band" || kind[i] eq "both"
n_before = 0
# A point of a series that has a marker. Those before it in the panel are counted from the first line of
# the file on.
has_marker(p, i) = (n_before = column(0) < 1 ? 0 : n_before, !mine(p, i) || !is_marked(i) ? 0 : \
	(n_before = n_before + 1, (n_before + 2 * i) % every[i] == 0))
# A heading of two parts has two lines, the second as small as it must be. A place of a table may
# be empty.
do for [p = 1:n_panels] {
	if (strlen(heading[p]) == 0) { continue }
	c = (p - 1) % columns
	r = (p - 1) / columns
	y = height - head - cell_h * r
	set lmargin at screen across(cell_w * c + (columns == 1 ? 120 : 112))
	set rmargin at screen across(cell_w * (c + 1) - 40)
	set tmargin at screen up(y - (is_table ? 46 : 24))
	set bmargin at screen up(y - cell_h + 50)
	set title first(heading[p]) font ":Bold" offset 0, (is_table ? 1.0 : -0.5) noenhanced
	room = (cell_w - 72) / (strlen(second(heading[p])) + 1)
	second_font = format eq "png" ? (room < 5.6 ? ",7" : room < 6.6 ? ",8.5" : "") : \
		(room < 5.6 ? ",9" : room < 6.6 ? ",11" : "")
	if (strlen(second(heading[p])) > 0) {
		set label 300 second(heading[p]) at graph 0.5, graph 1 center offset 0, 1.1 \
			font second_font noenhanced
	}
	set xlabel (p + columns > n_panels ? xname : "") offset 0, 0.4
	if (c == 0) {
		set label 302 yname at screen across(20), up(y - cell_h / 2) center rotate by 90
	}
	if (yscale eq "ratio") {
		set label 301 sprintf("%g", near_one) at graph 1.02, first near_one left font (format eq "png" ? ",8" : ",10") textcolor "#444444"
	}
	plot yscale eq "ratio" ? 1 : NaN with lines linecolor "#444444" dashtype 1 linewidth 1, \
		yscale eq "ratio" ? near_one : NaN with lines linecolor "#444444" dashtype 3 linewidth 1, \
		for [i = 1:n] csv skip 1 using (mine(p, i) && is_filled(i) ? $10 : NaN):12:13 \
			with filledcurves fillcolor rgb colour[hue[i]] \
			fillstyle transparent solid 0.18 noborder, \
		for [edge = 12:13] for [i = 1:n] \
			csv skip 1 using (mine(p, i) && is_filled(i) ? $10 : NaN):edge \
			with lines linecolor rgb colour[hue[i]] linewidth 0.6, \
		for [i = 1:n] csv skip 1 \
			using (mine(p, i) && kind[i] eq "published_band" ? $10 : NaN):12:13 \
			with filledcurves fillcolor rgb colour[hue[i]] \
			fillstyle transparent solid 0.25 noborder, \
		for [i = 1:n] csv skip 1 using (mine(p, i) && is_published(i) ? $10 : NaN):11 \
			with lines linecolor rgb colour[hue[i]] dashtype look[i] linewidth 1, \
		for [j = 1:n] csv skip 1 using (i = order[j], mine(p, i) && is_marked(i) ? $10 : NaN):11 \
			with lines linecolor rgb colour[hue[order[j]]] dashtype look[order[j]] \
			linewidth thick[order[j]], \
		for [j = 1:n] csv skip 1 using (has_marker(p, order[j]) ? $10 : NaN):11 \
			with points linecolor rgb colour[hue[order[j]]] linewidth 1 \
			pointtype marker[look[order[j]]] pointsize 0.5
	unset label
	unset arrow
	unset object
}
unset multiplot
