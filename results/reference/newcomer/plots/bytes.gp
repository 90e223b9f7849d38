# What the acting member uploads, one panel an operation.

figure = "bytes"
width = 1200
height = 900
title = "What does the member who changes the group have to send?"
note = "Bytes uploaded by the acting member, the same on either libolm. What the server multiplies counts once. MLS renews the keys of all at once; Megolm those of one sender."
xname = "members"
yname = "bytes sent"
xscale = "decade"
yscale = "volume"
columns = 2
load "style.gp"
load "panels.gp"
