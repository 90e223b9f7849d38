# The form of the comparison that arewemlsyet.com published in 2023, drawn from this machine.

figure = "published-form"
width = 1100
height = 720
title = "MLS and Megolm, in the form of the comparison published in 2023"
note = "Median and range of all samples, for the one state that is nearest to the published: MLS tree full, Olm sessions in state ratchet."
xname = "group size"
yname = "CPU time in milliseconds"
xscale = "decade"
yscale = "decade"
columns = 1
load "style.gp"
load "panels.gp"
