# One commit of k members against k commits of one, and what the next rekey costs after each.

figure = "bulk"
width = 1200
height = 930
title = "Many members at once, or one by one?"
note = "CPU time on the device of the acting member: first for all k members together, then for the rekey that follows."
xname = "k"
yname = "CPU time"
xscale = "decade"
yscale = "duration"
columns = 2
load "style.gp"
load "panels.gp"
