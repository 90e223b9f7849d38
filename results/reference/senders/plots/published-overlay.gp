# The same as published-form.gp, with the published curves and their shaded areas in grey.

figure = "published-overlay"
set datafile separator comma
stats figure . ".csv" using (column("panel")) nooutput
columns = STATS_max > 1 ? 2 : 1
width = 1200
height = 310 + 450 * int((STATS_max + columns - 1) / columns)
title = "MLS and Megolm, measured here and as published in 2023 (in JavaScript)"
note = "CPU time here; MLS tree full, Olm ratchet. Grey: arewemlsyet.com, machine unknown; shaded areas of its plot, presumably minimum to maximum of the runs."
xname = "group size"
yname = "milliseconds"
xscale = "decade"
yscale = "decade"
load "style.gp"
load "panels.gp"
