# What the acting member uploads, one panel an operation.

figure = "bytes"
width = 1100
height = 900
title = "How much does a change of the group make the member who makes it upload?"
note = "Bytes sent by the acting member. What the server multiplies counts once. Each band goes from the best to the worst state."
xname = "members"
yname = "bytes sent"
xscale = "decade"
yscale = "volume"
columns = 2
load "style.gp"
load "panels.gp"
