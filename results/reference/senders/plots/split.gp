# Ratios of costs as products of their causes, one panel an operation.

figure = "split"
set datafile separator comma
stats figure . ".csv" using (column("panel")) nooutput
columns = STATS_max > 1 ? 2 : 1
width = columns > 1 ? 1400 : 1100
height = 900
title = "Why does another backend cost more or less than MLS?"
note = "Least CPU time of the actor by that of MLS, as a product: parts right of 1 make it dearer than MLS, parts left of 1 cheaper. States: its own / MLS's."
xname = "times MLS"
xscale = "times"
load "style.gp"
load "bars.gp"
