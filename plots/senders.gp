# New keys for one sender, for ten and for one in ten: above at those who act, below at all.

figure = "senders"
width = 1200
height = 900
title = "What do new keys cost a group in which several members send?"
note = "CPU time of all who act, added up (above), and of the whole group (below). One commit of MLS renews the keys of all, whoever sends; a Megolm sender renews its own."
xname = "members"
yname = "CPU time"
xscale = "decade"
yscale = "duration"
columns = 3
load "style.gp"
load "panels.gp"
