# The same changes as in honest.gp, at all who take part together.

figure = "group_cost"
width = 1200
height = 900
title = "What does a change of the group cost all its members together?"
note = "CPU time of the actor, of every member who follows and of every newcomer, added up from one measured member of each role: bands from the best to the worst state."
xname = "members"
yname = "CPU time"
xscale = "decade"
yscale = "duration"
columns = 2
load "style.gp"
load "panels.gp"
