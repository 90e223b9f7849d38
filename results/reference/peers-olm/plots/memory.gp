# How much memory each process of the run had at most, against the size of its group.

figure = "memory"
width = 1200
height = 760
title = "How much memory does measuring a group take?"
note = "Largest resident set of one process: the members of all roles, the keys of all others, the harness, and a plugin's own process."
xname = "members"
yname = "memory of a process"
xscale = "decade"
yscale = "volume"
columns = 1
load "style.gp"
load "panels.gp"
