/* The figures of bars of which the parts lie end to end. */
#include "drawn_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define OLM_WASM "backend=olm-wasm role=actor phase=total olm_crypto=libolm "

/*
 * Megolm on tree full costs 12 times what MLS does: half as much at equal prices, 8 times because
 * of its library, 3 times in all else. Parts above 1 lie end to end on the right of 1, parts below
 * on the left. The largest size that both have is shown; k, phase and role as everywhere.
 */
static void split_is_a_product_laid_end_to_end(void **state)
{
	static const char *const rows[] = {
		MLS "operation=rekey size=9 tree=full cpu_ns_median=1 cpu_ns_min=9",
		MLS "operation=rekey size=5 tree=full cpu_ns_median=1 cpu_ns_min=200 "
		    "floor_ns=100 floor_ns_equal=100",
		MEGOLM "operation=rekey size=5 olm=chain cpu_ns_median=1 cpu_ns_min=2400 "
		       "floor_ns=400 floor_ns_equal=50",
		MEGOLM "operation=rekey size=2 olm=chain cpu_ns_median=1 cpu_ns_min=7 floor_ns=7 "
		       "floor_ns_equal=7",
		MEGOLM "operation=rekey size=5 olm=new cpu_ns_median=1 cpu_ns_min=7",
	};
	struct command_result result;

	(void)state;
	write_summary(rows, N(rows));
	result = plot("svg");
	if (result.status != 0)
		fail_msg("%s", result.err);
	assert_text("plots/split.csv",
		    "panel,heading,series,name,kind,colour,look,legend_column,legend_row,bar,"
		    "factor,factor_low,factor_high,label\n"
		    "1,New keys for the group (5 members),1,protocol: primitives at equal prices,"
		    "band,1,1,1,1,1,0.5,0.5,1,Olm chain / tree full\n"
		    "1,New keys for the group (5 members),2,primitive library: its prices,"
		    "band,3,1,2,1,1,8,1,8,Olm chain / tree full\n"
		    "1,New keys for the group (5 members),3,encoding and bookkeeping: all else,"
		    "band,4,1,1,2,1,3,8,24,Olm chain / tree full\n"
		    "1,New keys for the group (5 members),4,measured: the product,"
		    "line,7,1,2,2,1,12,12,12,Olm chain / tree full\n");
	assert_has("plots/split.svg", "Olm chain / tree full");
	assert_has("plots/split.svg", "encoding and bookkeeping");
	assert_has("plots/split.svg", "width=\"1100\"");
}

/* Each panel counts its own bars; another implementation of Megolm has a bar of its own. */
static void panels_of_split_have_their_own_bars(void **state)
{
	static const char *const rows[] = {
		MLS "operation=create size=5 cpu_ns_median=1 cpu_ns_min=100 floor_ns=100 "
		    "floor_ns_equal=100",
		MEGOLM "operation=create size=5 olm=new cpu_ns_median=1 cpu_ns_min=200 "
		       "floor_ns=200 floor_ns_equal=200",
		MLS "operation=rekey size=5 tree=full cpu_ns_median=1 cpu_ns_min=100 floor_ns=100 "
		    "floor_ns_equal=100",
		MEGOLM "operation=rekey size=5 olm=new cpu_ns_median=1 cpu_ns_min=400 "
		       "floor_ns=400 floor_ns_equal=400",
		OLM_WASM
		"operation=rekey size=5 olm=new cpu_ns_median=1 cpu_ns_min=800 floor_ns=800 "
		"floor_ns_equal=800",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_has("plots/split.csv", ",5,measured: the product,line,7,1,1,3,1,2,2,2,"
				      "Olm new / tree any\n");
	assert_has("plots/split.csv", ",5,measured: the product,line,7,1,1,3,1,4,4,4,"
				      "Olm new / tree full\n");
	assert_has("plots/split.csv", ",5,measured: the product,line,7,1,1,3,2,8,8,8,"
				      "olm-wasm new / tree full\n");
	assert_has("plots/split.svg", "olm-wasm new / tree full");
	assert_has("plots/split.svg", ">1/10<");
}

/*
 * What a backend's primitives cost is not known if it does not count them, whatever the floor at
 * somebody else's prices is: beside what the protocols demand its bar has one part, of 800 / 50.
 */
static void parts_without_a_price_are_one(void **state)
{
	static const char *const rows[] = {
		MLS "operation=rekey size=5 tree=full cpu_ns_median=1 cpu_ns_min=100 floor_ns=100 "
		    "floor_ns_equal=100",
		OLM_WASM "operation=rekey size=5 olm=new cpu_ns_median=1 cpu_ns_min=800 "
			 "floor_ns=400 floor_ns_equal=50",
	};
#define PANEL "1,New keys for the group (5 members),"
#define BAR   ",olm-wasm new / tree full\n"

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/split.csv",
		    "panel,heading,series,name,kind,colour,look,legend_column,legend_row,bar,"
		    "factor,factor_low,factor_high,label\n" PANEL
		    "1,protocol: primitives at equal prices,band,1,1,1,1,1,0.5,0.5,1" BAR PANEL
		    "2,not priced: its primitives and all else,band,8,1,2,1,1,16,1,16" BAR PANEL
		    "3,measured: the product,line,7,1,1,2,1,8,8,8" BAR);
	assert_has("plots/split.svg", "not priced: its primitives and all else");
	assert_lacks("plots/split.svg", "encoding and bookkeeping");
#undef PANEL
#undef BAR
}

/* Three members reach two others. A size of which a part is missing has no bar. */
static void parts_lie_end_to_end_beside_the_whole(void **state)
{
	static const char *const rows[] = {
		MEGOLM "operation=create size=3 olm=new cpu_ns_median=21000",
		MEGOLM "operation=claim size=3 olm=new cpu_ns_median=2000",
		MEGOLM "operation=verify size=3 olm=new cpu_ns_median=4000",
		MEGOLM "operation=session size=3 olm=new cpu_ns_median=6000",
		MEGOLM "operation=encrypt size=3 olm=new cpu_ns_median=8000",
		MEGOLM "operation=create size=5 olm=new cpu_ns_median=21000",
		MEGOLM "operation=claim size=5 olm=new cpu_ns_median=2000",
		MEGOLM "operation=encrypt size=3 olm=ratchet cpu_ns_median=8000",
	};
#define PANEL "1,They have never spoken (Olm new),"
#define BAR   ",3 members on stock libolm\n"

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/parts.csv",
		    "panel,heading,series,name,kind,colour,look,legend_column,legend_row,bar,"
		    "us_a_member,us_a_member_low,us_a_member_high,label\n" PANEL
		    "1,claim: the key directory's answers,band,5,1,1,1,1,1,0,1" BAR PANEL
		    "2,verify: the signatures on them,band,1,1,2,1,1,2,1,3" BAR PANEL
		    "3,session: an Olm session with each device,band,3,1,1,2,1,3,3,6" BAR PANEL
		    "4,encrypt: the room key to each device,band,4,1,2,2,1,4,6,10" BAR PANEL
		    "5,create measured by itself,line,7,1,1,3,1,10.5,10.5,10.5" BAR);
	assert_has("plots/parts.svg", "3 members on stock libolm");
#undef PANEL
#undef BAR
}

#define TEST(name) cmocka_unit_test_setup(name, begin_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(split_is_a_product_laid_end_to_end),
		TEST(panels_of_split_have_their_own_bars),
		TEST(parts_without_a_price_are_one),
		TEST(parts_lie_end_to_end_beside_the_whole),
	};

	return cmocka_run_group_tests(tests, make_run, drop_run);
}
