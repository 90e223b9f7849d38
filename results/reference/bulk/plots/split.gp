# Ratios of costs as products of their causes, one panel an operation; split.csv has the columns
# of panels.gp and a last one, label. x is the number of a bar, y a factor, low and high the ends of
# its part of the bar.

figure = "split"
width = 1200
height = 900
title = "Why does another backend cost more or less than MLS?"
note = "Least CPU time of the actor by that of MLS, as a product: parts right of 1 make it dearer than MLS, parts left of 1 cheaper. States: its own / MLS's."
columns = 2
load "style.gp"

csv = figure . ".csv"
stats csv using (column("panel")) nooutput
n_panels = int(STATS_max)
stats csv using (column("bar")) nooutput
n_bars = int(STATS_max)
array name[4]; array hue[4]; array heading[n_panels]; array bar[n_bars]
do for [i = 1:4] { name[i] = ""; hue[i] = 1 }
do for [p = 1:n_panels] { heading[p] = "" }
do for [i = 1:n_bars] { bar[i] = "" }
low = 1.0; high = 1.0; longest = 0
set table $unused
plot csv skip 1 using (heading[int($1)] = strcol(2), name[int($3)] = strcol(4), hue[int($3)] = int($6), \
	bar[int($10)] = strcol(14), \
	longest = strlen(strcol(14)) > longest ? strlen(strcol(14)) : longest, \
	low = $12 < low ? $12 : low, high = $13 > high ? $13 : high, 0):(0) with table
unset table
load "frame.gp"

# Whole powers of ten, written as the numbers they are.
set xrange [10.0**floor(log10(low) - 0.02):10.0**ceil(log10(high) + 0.02)]
unset logscale y
set yrange [-n_bars - 0.6:-0.4]
set xtics ()
do for [e = -4:8] { set xtics add (decade[e + 5] 10.0**e) }
unset grid
set grid xtics linetype 1 dashtype 1 linecolor "#E2E2E2" linewidth 0.7

do for [i = 1:4] {
	x0 = across(60 + (i - 1) % 2 * 480)
	y = up(54 - 21 * ((i - 1) / 2))
	if (i < 4) {
		set object i rectangle from screen x0, y - up(7.0) to screen x0 + across(44.0), y + up(7.0) \
			fillcolor rgb colour[hue[i]] fillstyle solid 1 noborder
	} else {
		set label 100 + i "" at screen x0 + across(22.0), y point linecolor rgb colour[hue[i]] \
			pointtype 9 pointsize 1.1
	}
	set label 200 + i name[i] at screen x0 + across(54.0), y left noenhanced
}

rows = (n_panels + columns - 1) / columns
at_left = 36 + 7.0 * longest
cell_w = (width + 40.0 - at_left) / columns
cell_h = (height - 104.0 - 70.0) / rows
do for [p = 1:n_panels] {
	c = (p - 1) % columns
	r = (p - 1) / columns
	top = height - 104.0 - cell_h * r
	set lmargin at screen across(at_left + cell_w * c)
	set rmargin at screen across(at_left + cell_w * (c + 1) - 70)
	set tmargin at screen up(top - 26)
	set bmargin at screen up(top - cell_h + 46)
	set title heading[p] font ":Bold" offset 0, -0.5 noenhanced
	set xlabel (p + columns > n_panels ? "times MLS" : "") offset 0, 0.4
	set arrow 1 from first 1, graph 0 to first 1, graph 1 nohead back linecolor "#444444" linewidth 1
	set ytics () scale 0
	do for [i = 1:n_bars] { set ytics add ((c == 0 ? bar[i] : "") -i) }
	plot for [i = 1:3] csv skip 1 using (int($1) == p && int($3) == i ? $12 : NaN):(-$10): \
			12:13:(-$10 - 0.34):(-$10 + 0.34) with boxxyerror \
			fillcolor rgb colour[hue[i]] fillstyle solid 1 noborder, \
		csv skip 1 using (int($1) == p && int($3) == 4 ? $11 : NaN):(-$10) with points \
			linecolor rgb "#FFFFFF" \
			pointtype 9 pointsize 1.7, \
		csv skip 1 using (int($1) == p && int($3) == 4 ? $11 : NaN):(-$10) with points \
			linecolor rgb colour[hue[4]] pointtype 9 pointsize 1.1
	unset label
	unset arrow
	unset object
}
unset multiplot
