# What the acting member uploads and what the server gives out, one above the other, a column an
# operation: the bodies of requests and events as they are.

figure = "bytes"
width = 1200
height = 900
title = "How many bytes does a change of the group send?"
note = "Uploads of the actor, and all that the server gives out for them, an event once a member. Megolm's are base64 in JSON. MLS renews keys of all, Megolm those of one sender."
xname = "members"
yname = "bytes sent"
xscale = "decade"
yscale = "volume"
columns = 2
load "style.gp"
load "panels.gp"
