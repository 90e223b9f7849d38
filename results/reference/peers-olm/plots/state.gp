# What a member has to store, one panel a sort of member.

figure = "state"
width = 1100
height = 620
title = "What does a member have to store?"
note = "MLS: the tree, its own keys, the ratchets. Megolm: the account; per device its keys and Olm session; the Megolm sessions; the same on either libolm."
xname = "members"
yname = "bytes stored"
xscale = "decade"
yscale = "volume"
columns = 2
load "style.gp"
load "panels.gp"
