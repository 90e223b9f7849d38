# What does creating a group cost in each implementation? A column for each role, a row for each state of the group.

figure = "implementations-create"
columns = 2
width = 1200
height = 600
title = "What does creating a group cost in each implementation?"
note = "CPU time of who creates the group, and of one who joins it. Bands: the interval of the median, or all samples of one process."
xname = "members"
yname = "CPU time"
xscale = "decade"
yscale = "duration"
load "style.gp"
load "panels.gp"
