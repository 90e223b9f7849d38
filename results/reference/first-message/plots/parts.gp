# The parts of Megolm's first message in a room, one panel a state of the Olm sessions.

figure = "parts"
set datafile separator comma
stats figure . ".csv" using (column("panel")) nooutput
columns = STATS_max > 1 ? 2 : 1
rows = int((STATS_max + columns - 1) / columns)
stats figure . ".csv" using (column("bar")) nooutput
width = columns > 1 ? 1500 : 1100
height = 195 + rows * (90 + 26 * int(STATS_max))
title = "What does the first message of a Megolm room consist of?"
note = "Creating a group, medians, divided by the members who are reached; the parts were measured one by one in the same run."
xname = "CPU time in microseconds for each member who is reached"
xscale = "linear"
load "style.gp"
load "bars.gp"
