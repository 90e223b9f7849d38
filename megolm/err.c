#include "megolm.h"

#include "internal.h"

static const struct {
	enum megolm_err_class class;
	const char *name, *sentence;
} errors[] = {
#define X(name, class, sentence) {MEGOLM_CLASS_##class, #name, sentence},
#include "megolm_errors.def"
#undef X
};

static bool is_known(enum megolm_err err)
{
	return (unsigned)err < MEGOLM_N(errors);
}

const char *megolm_err_name(enum megolm_err err)
{
	return is_known(err) ? errors[err].name : "unknown error";
}

const char *megolm_err_sentence(enum megolm_err err)
{
	return is_known(err) ? errors[err].sentence : "unknown error";
}

enum megolm_err_class megolm_err_class(enum megolm_err err)
{
	return is_known(err) ? errors[err].class : MEGOLM_CLASS_USAGE;
}
