#include "records.h"

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
