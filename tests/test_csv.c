#include "analyse/csv.h"
#include "analyse/kept_file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static char path[] = "/tmp/groupbench-csv-XXXXXX";

static void write_file(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* Reads the whole file; records are joined by '|', fields by ';'. */
static void read_all(const char *bytes, size_t len, char *out, struct gb_failure *f)
{
	struct gb_csv *csv;

	out[0] = '\0';
	write_file(bytes, len);
	if (gb_csv_open(&csv, path, GB_CSV_LEADING_COMMENTS, f) < 0)
		return;
	while (gb_csv_next(csv, f) == 1) {
		strcat(out, "|");
		for (size_t i = 0; i < gb_csv_columns(csv); i++) {
			strcat(out, gb_csv_text(csv, i));
			strcat(out, ";");
		}
	}
	gb_csv_close(csv);
}

static void records_are_read_as_rfc4180_says(void **state)
{
	static const struct {
		const char *file;
		const char *want;
	} rows[] = {
		{"a,b\n1,2\n", "|1;2;"},
		{"a,b\r\n1,2\r\n", "|1;2;"},
		{"a,b\n1,2", "|1;2;"},
		{"a,b\n,\n", "|;;"},
		{"a,b\n1,", "|1;;"},
		{"a,b\n\"x,y\",\"p\"\"q\"\n", "|x,y;p\"q;"},
		{"a,b\n\"one\ntwo\r\n\",\"\"\n", "|one\ntwo\r\n;;"},
		{"a\n\nx\n", "|;|x;"},
		{"a,b\n", ""},
		{"# s, \"t\n# u\na,b\n#,2\n", "|#;2;"},
	};
	char is[256];

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct gb_failure f = {0};

		read_all(rows[i].file, strlen(rows[i].file), is, &f);
		assert_string_equal(f.text, "");
		assert_string_equal(is, rows[i].want);
	}
}

static void damage_is_named_with_its_place(void **state)
{
	static const struct {
		const char *file;
		size_t len;
		const char *want;
	} rows[] = {
		{"", 0, ":1:1: want a header, found the end"},
		{"# only\n", 7, ":2:1: want a header, found the end"},
		{"a,b\n1,2\n1\n", 10, ":3:1: 1 fields, want 2"},
		{"a,b\n1,2,3\n", 10, ":2:5: 3 fields, want 2"},
		{"a,b\n1,x\"y\n", 10, ":2:4: quote inside a field that does not begin with one"},
		{"a,b\n\"x\"y,2\n", 11,
		 ":2:4: text behind a closing quote, want a comma or line end"},
		{"a,b\n1,\"xy\n\n", 11, ":2:3: quote that is never closed"},
		{"a,b\n1,\0\n", 8, ":2:3: NUL byte"},
		{"a,b\n1,\"\0\"\n", 10, ":2:4: NUL byte"},
		{"a,b\n1\r2,3\n", 10, ":2:2: carriage return without a line feed behind it"},
		{"a,b,a\n", 6, ":1:5: column name that stood before"},
		{"a\n\"x\ny\"\nb,c\n", 12, ":4:3: 2 fields, want 1"},
	};
	char is[256], want[256];

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct gb_failure f = {0};

		read_all(rows[i].file, rows[i].len, is, &f);
		snprintf(want, sizeof(want), "%s%s", path, rows[i].want);
		assert_string_equal(f.text, want);
		assert_int_equal(f.status, GB_EXIT_INPUT);
	}
}

static void size_of_a_record_is_bounded(void **state)
{
	size_t len = 2 * GB_CSV_MAX_RECORD;
	char *file = malloc(len), is[16], want[256];
	struct gb_failure f = {0};

	(void)state;
	assert_non_null(file);
	memset(file, 'x', len);
	read_all(file, len, is, &f);
	snprintf(want, sizeof(want), "%s:1:%u: record longer than 1 MiB", path,
		 GB_CSV_MAX_RECORD + 2);
	assert_string_equal(f.text, want);

	f = (struct gb_failure){0};
	memset(file, ',', len);
	read_all(file, len, is, &f);
	snprintf(want, sizeof(want), "%s:1:%u: more than 1024 columns", path,
		 GB_CSV_MAX_COLUMNS + 1);
	assert_string_equal(f.text, want);
	free(file);
}

static char compressed[sizeof(path) + sizeof(".gz")];

/* Writes path.gz instead of path; its length. */
static size_t write_compressed(const char *text)
{
	gzFile out;
	FILE *file;
	long len;

	snprintf(compressed, sizeof(compressed), "%s.gz", path);
	unlink(path);
	out = gzopen(compressed, "w");
	assert_non_null(out);
	assert_int_equal(gzputs(out, text), strlen(text));
	assert_int_equal(gzclose(out), Z_OK);
	file = fopen(compressed, "r");
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	len = ftell(file);
	assert_int_equal(fclose(file), 0);
	return (size_t)len;
}

/* Reads all of path or path.gz: 0, or errno. */
static int read_kept(char *out, size_t len)
{
	FILE *file = gb_kept_file_open(path);
	size_t n;
	int why;

	if (!file)
		return errno;
	n = fread(out, 1, len - 1, file);
	why = ferror(file) ? errno : 0;
	out[n] = '\0';
	fclose(file);
	return why;
}

static void a_compressed_file_is_read_where_there_is_no_other(void **state)
{
	struct gb_failure f = {0};
	struct gb_csv *csv;
	char text[100];

	(void)state;
	write_compressed("a,b\n1,2\n");
	assert_int_equal(gb_csv_open(&csv, path, GB_CSV_NO_COMMENTS, &f), 0);
	assert_int_equal(gb_csv_next(csv, &f), 1);
	assert_string_equal(gb_csv_text(csv, 1), "2");
	assert_int_equal(gb_csv_next(csv, &f), 0);
	gb_csv_close(csv);
	write_file("c\n3\n", 4);
	assert_int_equal(read_kept(text, sizeof(text)), 0);
	assert_string_equal(text, "c\n3\n");
	unlink(compressed);
	unlink(path);
	assert_int_equal(read_kept(text, sizeof(text)), ENOENT);
}

static void damage_in_a_compressed_file_is_noticed(void **state)
{
	struct gb_failure f = {0};
	struct gb_csv *csv;
	char text[100], want[100];
	size_t len = write_compressed("a,b\n1,2\n");

	(void)state;
	for (size_t keep = 0; keep < len; keep++) {
		write_compressed("a,b\n1,2\n");
		assert_int_equal(truncate(compressed, (off_t)keep), 0);
		assert_int_equal(read_kept(text, sizeof(text)), EBADMSG);
	}
	assert_int_equal(gb_csv_open(&csv, path, GB_CSV_NO_COMMENTS, &f), 0);
	while (gb_csv_next(csv, &f) == 1)
		;
	gb_csv_close(csv);
	assert_int_equal(f.status, GB_EXIT_IO);
	snprintf(want, sizeof(want), "cannot read %s: %s", path, strerror(EBADMSG));
	assert_string_equal(f.text, want);
	assert_int_equal(rename(compressed, path), 0);
	write_file("a,b\n1,2\n", 8);
	assert_int_equal(rename(path, compressed), 0);
	assert_int_equal(read_kept(text, sizeof(text)), EBADMSG);
	assert_int_equal(rename(compressed, path), 0);
}

static void unreadable_files_are_io_errors(void **state)
{
	struct gb_failure f = {0};
	struct gb_csv *csv;

	(void)state;
	assert_int_equal(gb_csv_open(&csv, "/nowhere/x.csv", GB_CSV_NO_COMMENTS, &f), -1);
	assert_null(csv);
	assert_int_equal(f.status, GB_EXIT_IO);
	assert_string_equal(f.text, "cannot read /nowhere/x.csv: No such file or directory");

	f = (struct gb_failure){0};
	assert_int_equal(gb_csv_open(&csv, "/", GB_CSV_NO_COMMENTS, &f), -1);
	assert_int_equal(f.status, GB_EXIT_IO);
	assert_string_equal(f.text, "cannot read /: Is a directory");
}

static struct gb_csv *open_values(const char *values)
{
	struct gb_failure f = {0};
	struct gb_csv *csv;
	char file[256];

	snprintf(file, sizeof(file), "a,b\n1,%s\n", values);
	write_file(file, strlen(file));
	assert_int_equal(gb_csv_open(&csv, path, GB_CSV_NO_COMMENTS, &f), 0);
	assert_int_equal(gb_csv_next(csv, &f), 1);
	return csv;
}

static void numbers_are_read_exactly_or_refused(void **state)
{
	static const struct {
		const char *text;
		int count_found;
		uint64_t count;
		int number_found;
		double number;
	} rows[] = {
		{"", 0, 0, 0, 0},
		{"0", 1, 0, 1, 0},
		{"18446744073709551615", 1, UINT64_MAX, 1, 18446744073709551616.0},
		{"18446744073709551616", -1, 0, 1, 18446744073709551616.0},
		{"99999999999999999999", -1, 0, 1, 1e20},
		{"0.25", -1, 0, 1, 0.25},
		{"1e6", -1, 0, 1, 1e6},
		{"-1", -1, 0, -1, 0},
		{" 1", -1, 0, -1, 0},
		{"1 ", -1, 0, -1, 0},
		{"0x10", -1, 0, -1, 0},
		{"nan", -1, 0, -1, 0},
		{"1e999", -1, 0, -1, 0},
		{"\x1b[31m", -1, 0, -1, 0},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct gb_csv *csv = open_values(rows[i].text);
		struct gb_failure f = {0};
		uint64_t count = 0;
		double number = 0;

		assert_int_equal(gb_csv_count(csv, 1, &count, &f), rows[i].count_found);
		assert_true(count == rows[i].count);
		assert_int_equal(f.status, rows[i].count_found < 0 ? GB_EXIT_INPUT : 0);
		f = (struct gb_failure){0};
		assert_int_equal(gb_csv_number(csv, 1, &number, &f), rows[i].number_found);
		assert_true(number >= rows[i].number && number <= rows[i].number);
		gb_csv_close(csv);
	}
}

static void complaints_show_what_was_found_without_control_bytes(void **state)
{
	struct gb_csv *csv = open_values("\x1b[31mred");
	struct gb_failure f = {0};
	uint64_t count;
	char want[256];

	(void)state;
	assert_int_equal(gb_csv_count(csv, 1, &count, &f), -1);
	snprintf(want, sizeof(want), "%s:2:3: b is \"?[31mred\", want a whole number below 2^64",
		 path);
	assert_string_equal(f.text, want);
	gb_csv_close(csv);
}

static void columns_are_found_by_name(void **state)
{
	struct gb_csv *csv = open_values("x");
	struct gb_failure f = {0};
	char want[256];

	(void)state;
	assert_int_equal(gb_csv_find(csv, "b", &f), 1);
	assert_int_equal(gb_csv_find(csv, "c", &f), -1);
	snprintf(want, sizeof(want), "%s:1:1: no column c", path);
	assert_string_equal(f.text, want);
	assert_int_equal(f.status, GB_EXIT_INPUT);
	gb_csv_close(csv);
}

static void written_fields_read_back(void **state)
{
	static const char *const fields[] = {"", "plain", "a,b", "say \"x\"", "two\nlines", "\r"};
	struct gb_failure f = {0};
	struct gb_csv *csv;
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	fputs("a,b\n", file);
	for (size_t i = 0; i < N(fields); i++) {
		gb_csv_put(file, fields[i]);
		fputs(",\n", file);
	}
	assert_int_equal(fclose(file), 0);
	assert_int_equal(gb_csv_open(&csv, path, GB_CSV_NO_COMMENTS, &f), 0);
	for (size_t i = 0; i < N(fields); i++) {
		assert_int_equal(gb_csv_next(csv, &f), 1);
		assert_string_equal(gb_csv_text(csv, 0), fields[i]);
	}
	assert_int_equal(gb_csv_next(csv, &f), 0);
	gb_csv_close(csv);
}

static int make_file(void **state)
{
	int file = mkstemp(path);

	(void)state;
	return file < 0 ? -1 : close(file);
}

static int drop_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_read_as_rfc4180_says),
		cmocka_unit_test(damage_is_named_with_its_place),
		cmocka_unit_test(size_of_a_record_is_bounded),
		cmocka_unit_test(unreadable_files_are_io_errors),
		cmocka_unit_test(a_compressed_file_is_read_where_there_is_no_other),
		cmocka_unit_test(damage_in_a_compressed_file_is_noticed),
		cmocka_unit_test(numbers_are_read_exactly_or_refused),
		cmocka_unit_test(complaints_show_what_was_found_without_control_bytes),
		cmocka_unit_test(columns_are_found_by_name),
		cmocka_unit_test(written_fields_read_back),
	};

	return cmocka_run_group_tests_name("csv", tests, make_file, drop_file);
}
