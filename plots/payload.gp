# What a message costs its sender and a reader, by the length of its text.

figure = "payload"
width = 1100
height = 560
title = "What does a message cost?"
note = "CPU time on the device of the sender, and of one reader, in any state of the tree or of the Olm sessions."
xname = "length of the plaintext"
yname = "CPU time"
xscale = "binary"
yscale = "duration"
columns = 2
load "style.gp"
load "panels.gp"
