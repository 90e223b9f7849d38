#include "mls.h"

#include "internal.h"

static const struct {
	enum mls_err_class class;
	const char *name, *section, *sentence;
} errors[] = {
#define X(name, class, section, sentence) {MLS_CLASS_##class, #name, section, sentence},
#include "mls_errors.def"
#undef X
};

static bool is_known(enum mls_err err)
{
	return (unsigned)err < MLS_N(errors);
}

const char *mls_err_name(enum mls_err err)
{
	return is_known(err) ? errors[err].name : "unknown error";
}

const char *mls_err_section(enum mls_err err)
{
	return is_known(err) ? errors[err].section : "";
}

const char *mls_err_sentence(enum mls_err err)
{
	return is_known(err) ? errors[err].sentence : "unknown error";
}

enum mls_err_class mls_err_class(enum mls_err err)
{
	return is_known(err) ? errors[err].class : MLS_CLASS_USAGE;
}
