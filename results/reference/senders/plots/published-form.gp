# The form of the comparison that arewemlsyet.com published in 2023, drawn from this machine.

figure = "published-form"
set datafile separator comma
stats figure . ".csv" using (column("panel")) nooutput
columns = STATS_max > 1 ? 2 : 1
width = 1100
height = 270 + 450 * int((STATS_max + columns - 1) / columns)
title = "MLS and Megolm, in the form of the comparison published in 2023"
note = "Median and range of all samples, for the one state that is nearest to the published: MLS tree full, Olm sessions in state ratchet."
xname = "group size"
yname = "CPU time in milliseconds"
xscale = "decade"
yscale = "decade"
load "style.gp"
load "panels.gp"
