# What a message costs its reader when the sender's ratchet is far ahead.

figure = "late"
width = 1100
height = 640
title = "What does a message cost that comes late?"
note = "CPU time on the device of a reader. Megolm's ratchet jumps: 2^k steps are cheap, 2^k - 1 are not. MLS goes step by step, and a receiver bridges 1,000."
xname = "steps that the sender's ratchet is ahead"
yname = "CPU time"
xscale = "decade"
yscale = "duration"
columns = 1
load "style.gp"
load "panels.gp"
