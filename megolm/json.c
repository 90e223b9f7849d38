#include "json.h"

#include "internal.h"
#include <stdio.h>

#define MAX_DEPTH   32
#define MAX_MEMBERS 64 /* of an object that is made canonical */

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static void advance(struct megolm_slice *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

static void skip_space(struct megolm_slice *s)
{
	while (s->len > 0 && is_space(*s->p))
		advance(s, 1);
}

/* Skips space, then the character `c` if it is there. */
static bool accept(struct megolm_slice *s, char c)
{
	skip_space(s);
	if (s->len == 0 || *s->p != (uint8_t)c)
		return false;
	advance(s, 1);
	return true;
}

/* Length of the UTF-8 sequence at the start of `s` (RFC 3629); 0 if it is none. */
static size_t utf8_length(struct megolm_slice s)
{
	uint8_t c = s.p[0], low = 0x80, high = 0xbf;
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

	if (c < 0xc2 || c > 0xf4 || s.len < n)
		return 0;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < n; i++, low = 0x80, high = 0xbf)
		if (s.p[i] < low || s.p[i] > high)
			return 0;
	return n;
}

/* The four hexadecimal digits behind "\\u" at the start of `s`; UINT32_MAX if it is no such
 * escape. */
static uint32_t code_unit(struct megolm_slice s)
{
	uint32_t value = 0;

	if (s.len < 6 || s.p[0] != '\\' || s.p[1] != 'u')
		return UINT32_MAX;
	for (size_t i = 2; i < 6; i++) {
		uint32_t letter = s.p[i] | 0x20u;
		if (!is_digit(s.p[i]) && (letter < 'a' || letter > 'f'))
			return UINT32_MAX;
		value = value << 4 | (letter >= 'a' ? letter - 'a' + 10 : letter - '0');
	}
	return value;
}

/* Length of the escape at the start of `s`, which is a backslash; 0 if it is none. Half a
 * surrogate pair is none. */
static size_t escape_length(struct megolm_slice s)
{
	uint32_t unit = code_unit(s), low;

	if (s.len < 2)
		return 0;
	if (s.p[1] != 'u')
		return s.p[1] != '\0' && strchr("\"\\/bfnrt", s.p[1]) != NULL ? 2 : 0;
	if (unit < 0xd800 || (unit > 0xdfff && unit != UINT32_MAX))
		return 6;
	if (unit > 0xdbff)
		return 0;
	low = code_unit(megolm_slice(s.p + 6, s.len - 6));
	return low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

/* Length of what at the start of `s` needs no second look. */
static size_t plain_length(struct megolm_slice s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] >= 0x20 && s.p[n] < 0x80 && s.p[n] != '"' && s.p[n] != '\\')
		n++;
	return n;
}

static bool check_string(struct megolm_slice *s)
{
	if (!accept(s, '"'))
		return false;
	for (;;) {
		size_t n = plain_length(*s);
		advance(s, n);
		if (s->len == 0 || *s->p == '"')
			return accept(s, '"');
		n = *s->p == '\\' ? escape_length(*s) : utf8_length(*s);
		if (n == 0)
			return false;
		advance(s, n);
	}
}

static bool check_digits(struct megolm_slice *s)
{
	if (s->len == 0 || !is_digit(*s->p))
		return false;
	while (s->len > 0 && is_digit(*s->p))
		advance(s, 1);
	return true;
}

static bool check_number(struct megolm_slice *s)
{
	if (*s->p == '-')
		advance(s, 1);
	if (s->len > 0 && *s->p == '0')
		advance(s, 1);
	else if (!check_digits(s))
		return false;
	if (s->len > 0 && *s->p == '.') {
		advance(s, 1);
		if (!check_digits(s))
			return false;
	}
	if (s->len > 0 && (*s->p == 'e' || *s->p == 'E')) {
		advance(s, 1);
		if (s->len > 0 && (*s->p == '+' || *s->p == '-'))
			advance(s, 1);
		return check_digits(s);
	}
	return true;
}

static bool check_word(struct megolm_slice *s, const char *word)
{
	size_t n = strlen(word);

	if (s->len < n || memcmp(s->p, word, n) != 0)
		return false;
	advance(s, n);
	return true;
}

static bool check_value(struct megolm_slice *s, unsigned depth);

static bool check_object(struct megolm_slice *s, unsigned depth)
{
	if (accept(s, '}'))
		return true;
	do {
		if (!check_string(s) || !accept(s, ':') || !check_value(s, depth))
			return false;
	} while (accept(s, ','));
	return accept(s, '}');
}

static bool check_array(struct megolm_slice *s, unsigned depth)
{
	if (accept(s, ']'))
		return true;
	do {
		if (!check_value(s, depth))
			return false;
	} while (accept(s, ','));
	return accept(s, ']');
}

/* Recursion ends at MAX_DEPTH. */
static bool check_value(struct megolm_slice *s, unsigned depth)
{
	skip_space(s);
	if (s->len == 0)
		return false;
	switch (*s->p) {
	case '{':
		advance(s, 1);
		return depth < MAX_DEPTH && check_object(s, depth + 1);
	case '[':
		advance(s, 1);
		return depth < MAX_DEPTH && check_array(s, depth + 1);
	case '"':
		return check_string(s);
	case 't':
		return check_word(s, "true");
	case 'f':
		return check_word(s, "false");
	case 'n':
		return check_word(s, "null");
	default:
		return check_number(s);
	}
}

static enum megolm_err check_text(struct megolm_slice text, char opening)
{
	skip_space(&text);
	if (text.len == 0 || *text.p != (uint8_t)opening || !check_value(&text, 0))
		return MEGOLM_ERR_JSON;
	skip_space(&text);
	return text.len == 0 ? MEGOLM_OK : MEGOLM_ERR_JSON;
}

enum megolm_err megolm_json_check(struct megolm_slice text)
{
	return check_text(text, '{');
}

enum megolm_err megolm_json_check_array(struct megolm_slice text)
{
	return check_text(text, '[');
}

/* Skips a string, whose first character is a quote, in checked JSON; with its quotes. A quote is
 * looked for again only behind an escaped one: of nothing but escapes that would be n^2 steps. */
static struct megolm_slice take_string(struct megolm_slice *s)
{
	const uint8_t *start = s->p, *quote = s->p, *escape;
	size_t n;

	advance(s, 1);
	for (;;) {
		if (quote != NULL && quote < s->p)
			quote = memchr(s->p, '"', s->len);
		n = quote != NULL ? (size_t)(quote - s->p) : s->len;
		escape = memchr(s->p, '\\', n);
		if (escape == NULL) {
			advance(s, quote != NULL ? n + 1 : n);
			break;
		}
		advance(s, (size_t)(escape - s->p));
		advance(s, s->len < 2 ? s->len : 2);
	}
	return megolm_slice(start, (size_t)(s->p - start));
}

/* Skips an object or array in checked JSON. */
static void skip_nested(struct megolm_slice *s)
{
	size_t depth = 0;

	while (s->len > 0) {
		uint8_t c = *s->p;
		if (c == '"') {
			(void)take_string(s);
			continue;
		}
		advance(s, 1);
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			return;
	}
}

/* The value at the start of checked JSON. */
static struct megolm_slice take_value(struct megolm_slice *s)
{
	const uint8_t *start;

	skip_space(s);
	start = s->p;
	if (s->len == 0)
		return *s;
	if (*s->p == '"')
		return take_string(s);
	if (*s->p == '{' || *s->p == '[')
		skip_nested(s);
	else
		while (s->len > 0 && *s->p != ',' && *s->p != '}' && *s->p != ']' &&
		       !is_space(*s->p))
			advance(s, 1);
	return megolm_slice(start, (size_t)(s->p - start));
}

/* A string without its quotes. */
static struct megolm_slice inside(struct megolm_slice quoted)
{
	return megolm_slice(quoted.p + 1, quoted.len - 2);
}

enum megolm_err megolm_json_open(struct megolm_json_members *members, struct megolm_slice value)
{
	if (!accept(&value, '{'))
		return MEGOLM_ERR_JSON_MEMBER;
	*members = (struct megolm_json_members){.rest = value};
	return MEGOLM_OK;
}

bool megolm_json_next(struct megolm_json_members *members)
{
	struct megolm_slice *rest = &members->rest;

	(void)accept(rest, ',');
	skip_space(rest);
	if (rest->len == 0 || *rest->p != '"')
		return false;
	members->name = inside(take_string(rest));
	(void)accept(rest, ':');
	members->value = take_value(rest);
	return true;
}

enum megolm_err megolm_json_open_array(struct megolm_slice *rest, struct megolm_slice value)
{
	if (!accept(&value, '['))
		return MEGOLM_ERR_JSON_MEMBER;
	*rest = value;
	return MEGOLM_OK;
}

bool megolm_json_next_item(struct megolm_slice *rest, struct megolm_slice *item)
{
	(void)accept(rest, ',');
	skip_space(rest);
	if (rest->len == 0 || *rest->p == ']')
		return false;
	*item = take_value(rest);
	return true;
}

static bool has_escapes(struct megolm_slice s)
{
	return s.len > 0 && memchr(s.p, '\\', s.len) != NULL;
}

enum megolm_err megolm_json_optional(struct megolm_slice object, struct megolm_slice name,
				     struct megolm_slice *value)
{
	struct megolm_json_members m;
	struct megolm_slice found = {0};
	enum megolm_err err = megolm_json_open(&m, object);

	if (err != MEGOLM_OK)
		return err;
	while (megolm_json_next(&m)) {
		if (has_escapes(m.name))
			return MEGOLM_ERR_JSON_MEMBER;
		if (!megolm_equal(m.name, name))
			continue;
		if (found.p != NULL)
			return MEGOLM_ERR_JSON_MEMBER;
		found = m.value;
	}
	*value = found;
	return MEGOLM_OK;
}

enum megolm_err megolm_json_member(struct megolm_slice object, struct megolm_slice name,
				   struct megolm_slice *value)
{
	struct megolm_slice found = {0};
	enum megolm_err err = megolm_json_optional(object, name, &found);

	if (err != MEGOLM_OK)
		return err;
	if (found.p == NULL)
		return MEGOLM_ERR_JSON_MEMBER;
	*value = found;
	return MEGOLM_OK;
}

enum megolm_err megolm_json_string(struct megolm_slice value, struct megolm_slice *string)
{
	if (value.len < 2 || *value.p != '"' || has_escapes(value))
		return MEGOLM_ERR_JSON_MEMBER;
	*string = inside(value);
	return MEGOLM_OK;
}

enum megolm_err megolm_json_string_member(struct megolm_slice object, const char *name,
					  struct megolm_slice *string)
{
	struct megolm_slice value;
	enum megolm_err err = megolm_json_member(object, megolm_slice_of(name), &value);

	return err != MEGOLM_OK ? err : megolm_json_string(value, string);
}

static enum megolm_err put_canonical(struct megolm_text *out, struct megolm_slice value);

struct member {
	struct megolm_slice name, value;
};

/* By code points, which in UTF-8 is by bytes. */
static int compare(struct megolm_slice a, struct megolm_slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Puts a member where it belongs among n sorted ones. */
static enum megolm_err insert(struct member *sorted, size_t n, struct member m)
{
	size_t at = n;

	if (n == MAX_MEMBERS || has_escapes(m.name))
		return MEGOLM_ERR_JSON;
	for (; at > 0; at--) {
		int order = compare(sorted[at - 1].name, m.name);
		if (order == 0)
			return MEGOLM_ERR_JSON;
		if (order < 0)
			break;
		sorted[at] = sorted[at - 1];
	}
	sorted[at] = m;
	return MEGOLM_OK;
}

static bool is_signed(struct megolm_slice name)
{
	return !megolm_equals(name, "signatures") && !megolm_equals(name, "unsigned");
}

static enum megolm_err put_object(struct megolm_text *out, struct megolm_slice object,
				  bool only_signed)
{
	struct member sorted[MAX_MEMBERS + 1];
	struct megolm_json_members m;
	size_t n = 0;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_open(&m, object));
	while (megolm_json_next(&m)) {
		if (only_signed && !is_signed(m.name))
			continue;
		TRY(insert(sorted, n, (struct member){m.name, m.value}));
		n++;
	}
	megolm_puts(out, "{");
	for (size_t i = 0; i < n; i++) {
		megolm_puts(out, i > 0 ? ",\"" : "\"");
		megolm_put(out, sorted[i].name);
		megolm_puts(out, "\":");
		TRY(put_canonical(out, sorted[i].value));
	}
	megolm_puts(out, "}");
out:
	return err;
}

static enum megolm_err put_array(struct megolm_text *out, struct megolm_slice array)
{
	bool first = true;

	advance(&array, 1);
	megolm_puts(out, "[");
	while (!accept(&array, ']')) {
		enum megolm_err err;
		(void)accept(&array, ',');
		if (!first)
			megolm_puts(out, ",");
		first = false;
		err = put_canonical(out, take_value(&array));
		if (err != MEGOLM_OK)
			return err;
	}
	megolm_puts(out, "]");
	return MEGOLM_OK;
}

/* The code point of the checked escape at the start of `s`, which moves behind it. */
static uint32_t take_escape(struct megolm_slice *s)
{
	static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	uint8_t c = s->p[1];
	const char *letter = strchr(letters, c);
	uint32_t high, low;

	if (c != 'u') {
		advance(s, 2);
		return letter != NULL ? (uint8_t)meanings[letter - letters] : c;
	}
	high = code_unit(*s);
	advance(s, 6);
	if (high < 0xd800 || high > 0xdbff)
		return high;
	low = code_unit(*s);
	advance(s, 6);
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static void put_utf8(struct megolm_text *out, uint32_t c)
{
	uint8_t bytes[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n; i-- > 1; c >>= 6)
		bytes[i] = (uint8_t)(0x80 | (c & 0x3f));
	bytes[0] = (uint8_t)(first[n] | c);
	megolm_put(out, megolm_slice(bytes, n));
}

/* Each character in its shortest form: itself, or the one escape that there is for it. */
static void put_character(struct megolm_text *out, uint32_t c)
{
	static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *found = c < 0x80 && c != 0 ? strchr(special, (int)c) : NULL;
	char escape[8] = "";

	if (found != NULL)
		snprintf(escape, sizeof escape, "\\%c", letters[found - special]);
	else if (c < 0x20)
		snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
	else
		put_utf8(out, c);
	megolm_puts(out, escape);
}

static void put_string(struct megolm_text *out, struct megolm_slice quoted)
{
	struct megolm_slice s = inside(quoted);

	megolm_puts(out, "\"");
	for (;;) {
		const uint8_t *escape = s.len > 0 ? memchr(s.p, '\\', s.len) : NULL;
		size_t plain = escape != NULL ? (size_t)(escape - s.p) : s.len;
		megolm_put(out, megolm_slice(s.p, plain));
		advance(&s, plain);
		if (s.len == 0)
			break;
		put_character(out, take_escape(&s));
	}
	megolm_puts(out, "\"");
}

/* A checked number is written without exponent, fraction or a sign on zero, and is at most
 * 2^53 - 1 either way. */
static bool is_canonical_number(struct megolm_slice n)
{
	static const char most[] = "9007199254740991";
	size_t len = sizeof most - 1;

	if (*n.p == '-') {
		if (n.p[1] == '0')
			return false;
		advance(&n, 1);
	}
	for (size_t i = 0; i < n.len; i++)
		if (!is_digit(n.p[i]))
			return false;
	return n.len < len || (n.len == len && memcmp(n.p, most, len) <= 0);
}

/* Recursion is bounded by what megolm_json_check accepts. */
static enum megolm_err put_canonical(struct megolm_text *out, struct megolm_slice value)
{
	switch (*value.p) {
	case '{':
		return put_object(out, value, false);
	case '[':
		return put_array(out, value);
	case '"':
		put_string(out, value);
		return MEGOLM_OK;
	case 't':
	case 'f':
	case 'n':
		break;
	default:
		if (!is_canonical_number(value))
			return MEGOLM_ERR_JSON;
	}
	megolm_put(out, value);
	return MEGOLM_OK;
}

enum megolm_err megolm_json_signed(struct megolm_text *out, struct megolm_slice object)
{
	enum megolm_err err = put_object(out, object, true);

	if (err != MEGOLM_OK)
		return err;
	return megolm_text_full(out) ? MEGOLM_ERR_TOO_LARGE : MEGOLM_OK;
}
