# What does a message cost in each implementation? A column for each role, a row for each state of the group.

figure = "implementations-send"
columns = 2
width = 1200
height = 600
title = "What does a message cost in each implementation?"
note = "CPU time of who sends it, and of two who read it. Bands: the interval of the median, or all samples of one process."
xname = "members"
yname = "CPU time"
xscale = "decade"
yscale = "duration"
load "style.gp"
load "panels.gp"
