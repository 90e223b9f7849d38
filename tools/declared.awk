# awk -f tools/declared.awk HEADER...: the functions that headers of mls/ declare. They are
# what libmls.so exports. A type in front of a pointer to a function has a space behind it.
{
	line = line $0 "\n"
}
END {
	while ((start = index(line, "/*")) > 0) {
		rest = substr(line, start + 2)
		line = substr(line, 1, start - 1) " " substr(rest, index(rest, "*/") + 2)
	}
	while (match(line, /[A-Za-z0-9_]+\(/)) {
		name = substr(line, RSTART, RLENGTH - 1)
		if (name ~ /^mls_/ && !(name in seen))
			print name
		seen[name] = 1
		line = substr(line, RSTART + RLENGTH)
	}
}
