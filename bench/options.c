#include "options.h"
#include "exit_status.h"
#include <string.h>

struct cursor {
	const struct gb_command *command;
	int argc, at;
	char **argv;
};

static int usage(const struct gb_command *c, const char *found, const char *wanted)
{
	fprintf(stderr, "groupbench %s: found %s, wanted %s; see groupbench %s --help\n", c->name,
		found, wanted, c->name);
	return GB_EXIT_USAGE;
}

int gb_options_refuse(const struct gb_command *command, const char *option, const char *found,
		      const char *wanted)
{
	fprintf(stderr, "groupbench %s: --%s: found \"%s\", wanted %s\n", command->name, option,
		found, wanted);
	return GB_EXIT_USAGE;
}

static const struct gb_option *find_long(const struct gb_command *c, const char *name, size_t len)
{
	for (size_t i = 0; i < c->n_options; i++) {
		const char *known = c->options[i].name;
		if (strlen(known) == len && memcmp(known, name, len) == 0)
			return &c->options[i];
	}
	return NULL;
}

static const struct gb_option *find_letter(const struct gb_command *c, char letter)
{
	for (size_t i = 0; i < c->n_options; i++)
		if (c->options[i].letter == letter)
			return &c->options[i];
	return NULL;
}

/* Splits one option word into its row and the argument inside the word, if any. */
static const struct gb_option *split(const struct gb_command *c, const char *word,
				     const char **inside)
{
	if (word[1] == '-') {
		const char *name = word + 2;
		size_t len = strcspn(name, "=");
		*inside = name[len] == '=' ? name + len + 1 : NULL;
		return find_long(c, name, len);
	}
	*inside = word[2] != '\0' ? word + 2 : NULL;
	return find_letter(c, word[1]);
}

static int take_option(struct cursor *s, int (*set)(void *, const struct gb_option *, const char *),
		       void *context)
{
	const char *word = s->argv[s->at], *value = NULL;
	const struct gb_option *option = split(s->command, word, &value);

	if (option == NULL)
		return usage(s->command, word, "an option of this command");
	if (option->argument == NULL && value != NULL)
		return usage(s->command, word, "no argument there");
	if (option->argument != NULL && value == NULL) {
		if (s->at + 1 == s->argc)
			return usage(s->command, "nothing behind the last option",
				     option->argument);
		value = s->argv[++s->at];
	}
	return set(context, option, value);
}

static int count_operands(const struct gb_command *c, size_t n)
{
	char found[32];

	if (n >= c->min_operands && n <= c->max_operands)
		return 0;
	snprintf(found, sizeof found, "%zu operands", n);
	return usage(c, found, c->max_operands == 0 ? "none" : c->operands);
}

int gb_options_parse(const struct gb_command *command, int argc, char **argv, size_t *n_operands,
		     int (*set)(void *context, const struct gb_option *option, const char *value),
		     void *context)
{
	struct cursor s = {command, argc, 1, argv};
	int only_operands = 0;

	*n_operands = 0;
	for (; s.at < argc; s.at++) {
		const char *word = argv[s.at];
		if (!only_operands && strcmp(word, "--") == 0) {
			only_operands = 1;
		} else if (only_operands || word[0] != '-' || word[1] == '\0') {
			argv[1 + (*n_operands)++] = argv[s.at];
		} else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
			gb_options_help(command, stdout);
			return -1;
		} else {
			int status = take_option(&s, set, context);
			if (status != 0)
				return status;
		}
	}
	return count_operands(command, *n_operands);
}

void gb_options_help(const struct gb_command *command, FILE *out)
{
	fprintf(out, "usage: groupbench %s%s%s%s\n%s\n", command->name,
		command->n_options > 0 ? " [OPTION...]" : "", command->operands[0] ? " " : "",
		command->operands, command->sentence);
	for (size_t i = 0; i < command->n_options; i++) {
		const struct gb_option *o = &command->options[i];
		char letter[5] = "    ", left[64];
		if (o->letter != 0)
			snprintf(letter, sizeof letter, "-%c, ", o->letter);
		snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->argument ? " " : "",
			 o->argument ? o->argument : "");
		fprintf(out, "%s  %-26s  %s\n", i == 0 ? "\n" : "", left, o->sentence);
	}
}

static void complete_bash(const struct gb_command *const *commands, size_t n, FILE *out)
{
	fprintf(out, "_groupbench() {\n\tlocal word=${COMP_WORDS[COMP_CWORD]} words=\n"
		     "\tif [ \"$COMP_CWORD\" = 1 ]; then\n\t\twords='");
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%s", i ? " " : "", commands[i]->name);
	fprintf(out, "'\n\telse case ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "\t%s)\n\t\twords='--help", commands[i]->name);
		for (size_t j = 0; j < commands[i]->n_options; j++)
			fprintf(out, " --%s", commands[i]->options[j].name);
		fprintf(out, "'\n\t\tcase ${COMP_WORDS[COMP_CWORD-1]} in\n");
		for (size_t j = 0; j < commands[i]->n_options; j++) {
			const struct gb_option *o = &commands[i]->options[j];
			if (o->argument != NULL)
				fprintf(out, "\t\t--%s) words='%s' ;;\n", o->name,
					o->words ? o->words : "");
		}
		fprintf(out, "\t\tesac ;;\n");
	}
	fprintf(out, "\tesac; fi\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
		     "complete -o default -F _groupbench groupbench\n");
}

static void complete_fish(const struct gb_command *const *commands, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct gb_command *c = commands[i];
		fprintf(out, "complete -c groupbench -n __fish_use_subcommand -a %s -d '%s'\n",
			c->name, c->sentence);
		for (size_t j = 0; j < c->n_options; j++) {
			const struct gb_option *o = &c->options[j];
			fprintf(out,
				"complete -c groupbench -n '__fish_seen_subcommand_from %s' -l %s",
				c->name, o->name);
			if (o->letter != 0)
				fprintf(out, " -s %c", o->letter);
			if (o->argument != NULL)
				fprintf(out, " -r%s%s%s", o->words ? " -f -a '" : "",
					o->words ? o->words : "", o->words ? "'" : "");
			fprintf(out, " -d '%s'\n", o->sentence);
		}
	}
}

int gb_options_completion(const struct gb_command *const *commands, size_t n, const char *shell,
			  FILE *out)
{
	if (strcmp(shell, "bash") == 0) {
		complete_bash(commands, n, out);
	} else if (strcmp(shell, "zsh") == 0) {
		fprintf(out, "autoload -U bashcompinit && bashcompinit\n");
		complete_bash(commands, n, out);
	} else if (strcmp(shell, "fish") == 0) {
		complete_fish(commands, n, out);
	} else {
		return -1;
	}
	return 0;
}
