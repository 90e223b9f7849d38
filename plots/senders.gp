# New keys for one sender, for ten, for those who send by Zipf's law and for one in ten: above at
# those who act, below at all. There are as many columns as the run has of these.

figure = "senders"
set datafile separator comma
stats figure . ".csv" using (column("panel")) nooutput
columns = (int(STATS_max) + 1) / 2
width = columns < 3 ? 1000 : 400 * columns
height = 900
title = "What do new keys cost a group in which several members send?"
note = "CPU time of all who act, added up (above), and of the whole group (below). One commit of MLS renews the keys of all, whoever sends; a Megolm sender renews its own."
xname = "members"
yname = "CPU time"
xscale = "decade"
yscale = "duration"
load "style.gp"
load "panels.gp"
