# Each protocol from its best to its worst state, one panel an operation.

figure = "honest"
width = 1200
height = 900
title = "What does a change of the group cost the member who makes it?"
note = "CPU time of the acting member: bands from the best to the worst state. MLS renews the keys of all at once; Megolm those of one sender, of all by one such change each."
xname = "members"
yname = "CPU time"
xscale = "decade"
yscale = "duration"
columns = 2
load "style.gp"
load "panels.gp"
