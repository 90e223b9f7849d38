# What all figures share: terminal, colours, dashes, markers, axes that are written out.
# A figure sets `figure`, `columns`, `width` and `height` and loads this file first. `format` is svg
# unless somebody says otherwise:
#
#   gnuplot -e "format='png'" honest.gp

set encoding utf8
set datafile separator comma
load "grid.gp"
if (!exists("format")) format = "svg"
if (format eq "png") {
	set terminal pngcairo size 2 * width, 2 * height font "DejaVu Sans,10" \
		fontscale 2 linewidth 2 pointscale 2 background "white"
} else {
	set terminal svg size width, height font "DejaVu Sans,Verdana,sans-serif,13" \
		background "white"
}
if (!exists("target")) target = figure . "." . format
set output target

# The eight colours of Okabe and Ito, which colour-blind readers can tell apart; the last
# is a grey for what others published. Each series also has a dash and a marker of its own.
array colour[8] = ["#0072B2", "#D55E00", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", \
	"#000000", "#8A8A8A"]
# Looks from 7 on are those from 1 on once more, thin and with hollow markers, for a series that may lie on
# top of one of them.
array marker[12] = [7, 5, 9, 13, 11, 2, 6, 4, 8, 12, 10, 1]
array thickness[12] = [1.6, 1.6, 1.6, 1.6, 1.6, 1.6, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]
do for [again = 0:6:6] {
	set dashtype again + 1 solid
	set dashtype again + 2 (12,5)
	set dashtype again + 3 (3,4)
	set dashtype again + 4 (12,4,3,4)
	set dashtype again + 5 (24,6)
	set dashtype again + 6 (18,4,3,4,3,4)
}

set border 3 linecolor "#444444"
set tics nomirror out scale 0.5
set grid xtics ytics linetype 1 dashtype 1 linecolor "#E2E2E2" linewidth 0.7
unset key
set logscale xy

array decade[17] = ["0.0001", "0.001", "0.01", "0.1", "1", "10", "100", "1,000", "10,000", \
	"100,000", "1,000,000", "10,000,000", "100,000,000", "10^9", "10^{10}", "10^{11}", "10^{12}"]
# Powers of ten of a second up to ten, then minutes, hours and days; in milliseconds.
array duration[21] = ["1 ns", "10 ns", "100 ns", "1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", \
	"1 s", "10 s", "1 min", "10 min", "1 h", "1 day", "10 days", "100 days", "1,000 days", \
	"10,000 days", "100,000 days", "10^6 days"]
array duration_ms[21] = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1e3, 1e4, 6e4, 6e5, 3.6e6, \
	8.64e7, 8.64e8, 8.64e9, 8.64e10, 8.64e11, 8.64e12, 8.64e13]
array volume[19] = ["1 B", "10 B", "100 B", "1 kB", "10 kB", "100 kB", "1 MB", "10 MB", "100 MB", \
	"1 GB", "10 GB", "100 GB", "1 TB", "10 TB", "100 TB", "1 PB", "10 PB", "100 PB", "1 EB"]
array binary[9] = ["1 B", "32 B", "256 B", "1 KiB", "4 KiB", "16 KiB", "64 KiB", "256 KiB", "1 MiB"]
array binary_exponent[9] = [0, 5, 8, 10, 12, 14, 16, 18, 20]
array ratio[13] = ["0.5", "0.8", "1", "1.5", "2", "3", "5", "10", "20", "50", "100", "1000", "10000"]
