# What does adding one member cost in each implementation? A column for each role, a row for each state of the group.

figure = "implementations-add"
columns = 2
width = 1200
height = 600
title = "What does adding one member cost in each implementation?"
note = "CPU time of the actor (both phases), its neighbour in the tree, a member of the other half, and who joins. Bands: the interval of the median, or all samples of one process."
xname = "members"
yname = "CPU time"
xscale = "decade"
yscale = "duration"
load "style.gp"
load "panels.gp"
