# Begins a picture of `width` x `height` pixels: its title, its note, and what facts.csv says of the run
# stand at the top, in the first `head` pixels. Everything is placed by across() and up().

across(pixels) = 1.0 * pixels / width
up(pixels) = 1.0 * pixels / height
set table $unused
machine = ""; versions = ""; drawn = ""
drawn_here = "drawn in " . figure
plot "facts.csv" skip 1 using (machine = strcol(1) eq "machine" ? strcol(2) : machine, \
	versions = strcol(1) eq "versions" ? strcol(2) : versions, \
	drawn = strcol(1) eq drawn_here ? strcol(2) : drawn, 0):(0) with table
unset table
if (strlen(drawn) > 0) { machine = machine . " · of several drawn here: " . drawn }

set multiplot
set label 1 "{/:Bold=17 " . title . "}" at screen across(16), up(height - 24.0) left
set label 2 note at screen across(16), up(height - 49.0) left noenhanced
set label 3 machine at screen across(16), up(height - 68.0) left noenhanced \
	font ",10" textcolor "#666666"
# Too long for one line, it goes on in a second one behind the last library that fits.
fits = int((width - 32) / 6.9)
end = strlen(versions)
if (end > fits) {
	do for [i = 2:fits] { if (substr(versions, i, i + 2) eq " · ") { end = i - 1 } }
}
set label 4 substr(versions, 1, end) at screen across(16), up(height - 83.0) left noenhanced \
	font ",10" textcolor "#666666"
set label 5 substr(versions, end + 4, strlen(versions)) at screen across(16), up(height - 97.0) \
	left noenhanced font ",10" textcolor "#666666"
head = strlen(versions) > end ? 116.0 : 104.0
