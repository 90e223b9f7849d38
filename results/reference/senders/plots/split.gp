# Ratios of costs as products of their causes, one panel an operation.

figure = "split"
width = 1400
height = 900
title = "Why does another backend cost more or less than MLS?"
note = "Least CPU time of the actor by that of MLS, as a product: parts right of 1 make it dearer than MLS, parts left of 1 cheaper. States: its own / MLS's."
xname = "times MLS"
xscale = "times"
columns = 2
load "style.gp"
load "bars.gp"
