# Draws FIGURE.csv as panels of bars whose parts lie end to end, with one legend below. The file has the
# columns of panels.gp and a last one, label. x is the number of a bar in its panel, y its part, low
# and high the ends of that. The last series is a mark on the bar.
#
# A figure sets before: title, note, xname, columns (of the grid) and xscale ("times": factors on a
# logarithmic axis from 1 on; "linear": from 0 on).

csv = figure . ".csv"
stats csv using (column("panel")) nooutput
n_panels = int(STATS_max)
stats csv using (column("bar")) nooutput
n_bars = int(STATS_max)
stats csv using (column("series")) nooutput
n_series = int(STATS_max)
array name[n_series]; array hue[n_series]; array heading[n_panels]; array last[n_panels]; array bar[n_panels * n_bars]
do for [i = 1:n_series] { name[i] = ""; hue[i] = 1 }
do for [p = 1:n_panels] { heading[p] = ""; last[p] = 1 }
do for [i = 1:n_panels * n_bars] { bar[i] = "" }
low = 1.0; high = 1.0; longest = 0
set table $unused
plot csv skip 1 using (p = int($1), heading[p] = with_commas(strcol(2)), name[int($3)] = strcol(4), hue[int($3)] = int($6), \
	bar[(p - 1) * n_bars + int($10)] = with_commas(strcol(14)), \
	last[p] = int($10) > last[p] ? int($10) : last[p], \
	longest = strlen(with_commas(strcol(14))) > longest ? strlen(with_commas(strcol(14))) : longest, \
	low = $12 < low ? $12 : low, high = $13 > high ? $13 : high, 0):(0) with table
unset table
power(e) = e < 3 ? sprintf("%d", int(10**e)) : e < 6 ? sprintf("%d,000", int(10**(e - 3))) : \
	sprintf("%d,000,000", int(10**(e - 6)))
load "frame.gp"

rows = (n_panels + columns - 1) / columns
at_left = 36 + 7.0 * longest
cell_w = (width + 0.0) / columns
legend_h = 28.0 + 21 * ((n_series + 1) / 2)
cell_h = (height - 104.0 - legend_h) / rows

unset logscale y
set xtics ()
if (xscale eq "times") {
	# Whole powers of ten, written as the numbers or fractions they are, as many as have room.
	first_e = int(floor(log10(low) - 0.02))
	last_e = int(ceil(log10(high) + 0.02))
	set xrange [10.0**first_e:10.0**last_e]
	every = int(ceil(86.0 * (last_e - first_e) / (cell_w - at_left - 40)))
	do for [e = first_e:last_e] {
		set xtics add ((abs(e) % every > 0 ? "" : e < 0 ? "1/" . power(-e) : power(e)) 10.0**e)
	}
} else {
	unset logscale x
	set xrange [0:1.03 * high]
	step = 10.0**floor(log10(high / 2))
	step = step * (high / step > 14 ? 5 : high / step > 7 ? 2 : 1)
	do for [i = 0:int(1.03 * high / step)] {
		x = i * step
		set xtics add ((x < 1000 ? sprintf("%g", x) : \
			sprintf("%d,%03d", int(x) / 1000, int(x) % 1000)) x)
	}
}
unset grid
set grid xtics linetype 1 dashtype 1 linecolor "#E2E2E2" linewidth 0.7

do for [i = 1:n_series] {
	x0 = across(60 + (i - 1) % 2 * 480)
	y = up(legend_h - 16.0 - 21 * ((i - 1) / 2))
	if (i < n_series) {
		set object i rectangle from screen x0, y - up(7.0) to screen x0 + across(44.0), y + up(7.0) \
			fillcolor rgb colour[hue[i]] fillstyle solid 1 noborder
	} else {
		set label 100 + i "" at screen x0 + across(22.0), y point linecolor rgb colour[hue[i]] \
			pointtype 9 pointsize 1.1
	}
	set label 200 + i name[i] at screen x0 + across(54.0), y left noenhanced
}

do for [p = 1:n_panels] {
	c = (p - 1) % columns
	r = (p - 1) / columns
	top = height - 104.0 - cell_h * r
	set lmargin at screen across(at_left + cell_w * c)
	set rmargin at screen across(cell_w * (c + 1) - 40)
	set tmargin at screen up(top - 26)
	set bmargin at screen up(top - cell_h + 46)
	set title heading[p] font ":Bold" offset 0, -0.5 noenhanced
	set xlabel (p + columns > n_panels ? xname : "") offset 0, 0.4
	if (xscale eq "times") {
		set arrow 1000 from first 1, graph 0 to first 1, graph 1 nohead back \
			linecolor "#444444" linewidth 1
	}
	set yrange [-last[p] - 0.6:-0.4]
	set ytics () scale 0
	do for [i = 1:last[p]] { set ytics add (bar[(p - 1) * n_bars + i] -i) }
	plot for [i = 1:n_series - 1] csv skip 1 using (int($1) == p && int($3) == i ? $12 : NaN):(-$10): \
			12:13:(-$10 - 0.34):(-$10 + 0.34) with boxxyerror \
			fillcolor rgb colour[hue[i]] fillstyle solid 1 noborder, \
		csv skip 1 using (int($1) == p && int($3) == n_series ? $11 : NaN):(-$10) with points \
			linecolor rgb "#FFFFFF" \
			pointtype 9 pointsize 1.7, \
		csv skip 1 using (int($1) == p && int($3) == n_series ? $11 : NaN):(-$10) with points \
			linecolor rgb colour[hue[n_series]] pointtype 9 pointsize 1.1
	unset label
	unset arrow
	unset object
}
unset multiplot
