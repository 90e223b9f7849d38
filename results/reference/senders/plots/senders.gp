# A change of the group that several devices make together: a column for each number of senders that
# the run has, two rows for each change, of those who act and of all.

figure = "senders"
columns = 2
width = 1000
height = 900
title = "What does a change cost a group in which several members send?"
note = "CPU time of all who act, added up, and of the whole group. One commit of MLS renews the keys of all, whoever sends; a Megolm sender renews its own."
xname = "members"
yname = "CPU time"
xscale = "decade"
yscale = "duration"
load "style.gp"
load "panels.gp"
