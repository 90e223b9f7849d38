# The same as published-form.gp, with the published curves in grey.

figure = "published-overlay"
width = 1150
height = 760
title = "MLS and Megolm, measured here and as published in 2023"
note = "Here: C, CPU time, MLS tree full, Olm sessions in state ratchet. In grey: arewemlsyet.com, JavaScript and WebAssembly, machine unknown."
xname = "group size"
yname = "milliseconds"
xscale = "decade"
yscale = "decade"
columns = 1
load "style.gp"
load "panels.gp"
