# How many times the crypto floor each operation takes, one panel an operation and role.

figure = "time_over_floor"
width = 1200
height = 1050
title = "How much is avoidable?"
note = "Least CPU time by the crypto floor: the primitives that the protocol demands of the role, at the prices of raw library calls in the same run. Dotted: 1.15 times that."
xname = "members"
yname = "time / floor"
xscale = "decade"
yscale = "ratio"
near_one = 1.15
columns = 3
load "style.gp"
load "panels.gp"
