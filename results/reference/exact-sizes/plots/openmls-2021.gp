# OpenMLS's first benchmarks, in their form: what was published in 2021 and what is measured here.

figure = "openmls-2021"
width = 1300
height = 1290
title = "OpenMLS's benchmarks of 2021, measured here"
note = "Here: CPU time, median and range. In grey: the published times; draft 11 of MLS, a laptop of 2013. The commit that adds has no path."
xname = "members"
yname = "time"
xscale = "decade"
yscale = "duration"
columns = 3
load "style.gp"
load "panels.gp"
