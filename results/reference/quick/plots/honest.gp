# Each protocol from its best to its worst state, one panel an operation.

figure = "honest"
width = 1200
height = 900
title = "What does a change of the group cost the member who makes it?"
note = "CPU time on the device of the acting member (Megolm: of one sender). Bands go from the best to the worst state of the group or its sessions."
xname = "members"
yname = "CPU time"
xscale = "decade"
yscale = "duration"
columns = 2
load "style.gp"
load "panels.gp"
