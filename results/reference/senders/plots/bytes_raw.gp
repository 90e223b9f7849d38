# The same as bytes.gp, without what wraps the messages of the protocols.

figure = "bytes_raw"
width = 1200
height = 900
title = "How many bytes does a change of the group send, without envelopes?"
note = "Of Megolm its messages, keys and signatures without base64 and JSON around them; of MLS all bytes, it has no envelope. MLS renews keys of all, Megolm those of one sender."
xname = "members"
yname = "bytes sent"
xscale = "decade"
yscale = "volume"
columns = 2
load "style.gp"
load "panels.gp"
