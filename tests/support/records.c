#include "records.h"

#include "run/columns.h"

#include <string.h>

void put_value_of(const char *name, const char *values, FILE *file)
{
	size_t len = strlen(name);

	while (*values != '\0') {
		size_t word = strcspn(values, " ");

		if (word > len && strncmp(values, name, len) == 0 && values[len] == '=')
			fwrite(values + len + 1, 1, word - len - 1, file);
		values += word;
		values += strspn(values, " ");
	}
}

void put_samples_header(FILE *file)
{
	for (size_t i = 0; i < GB_COLUMNS; i++)
		fprintf(file, "%s%s", i ? "," : "", gb_columns[i].name);
	putc('\n', file);
}

void put_actor_sample(FILE *file, const char *what, int size, int process, double cpu_ns)
{
	char values[300];

	snprintf(values, sizeof(values),
		 "%s size=%d role=actor phase=produce process=%d sample=1 device=0 cpu_ns=%.0f "
		 "restore=reopen",
		 what, size, process, cpu_ns);
	for (size_t i = 0; i < GB_COLUMNS; i++) {
		if (i > 0)
			putc(',', file);
		put_value_of(gb_columns[i].name, values, file);
	}
	putc('\n', file);
}
