# What keeping keys on the server costs, and what restoring them does.

figure = "kept"
width = 1200
height = 900
title = "What do keys cost that are kept on the server?"
note = "CPU time of the device that uploads, and of the one that restores. pk: to a public key, not authenticated; pk_mac: the same with a MAC; sym: under a key that all devices share."
xname = "sessions in the backup"
yname = "CPU time"
xscale = "decade"
yscale = "duration"
columns = 2
load "style.gp"
load "panels.gp"
