/* The joined data of each figure, as `groupbench plot` writes it. */
#include "analyse/cells.h"
#include "drawn_run.h"
#include "records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char *const two_sizes[] = {
	MLS "operation=rekey size=2 tree=full cpu_ns_median=1000000",
	MLS "operation=rekey size=5 tree=full cpu_ns_median=1000000",
};

/*
 * Rekey of MLS in two states at two sizes, of Megolm in one; add 1 at one size. The band is
 * the range of the states' medians at each size. Rows of other phases and roles and of k = 10 are
 * not drawn.
 */
static void honest_figure_joins_states_and_their_band(void **state)
{
	static const char *const rows[] = {
		MLS "operation=rekey size=10 tree=cold cpu_ns_median=4000000 up_bytes=900",
		MLS "operation=rekey size=10 tree=full cpu_ns_median=1500000 up_bytes=800",
		MLS "operation=rekey size=2 tree=cold cpu_ns_median=1000000 up_bytes=502",
		MLS "operation=rekey size=2 tree=full cpu_ns_median=1250000 up_bytes=502",
		MLS "operation=add k=10 size=2 tree=full cpu_ns_median=77 up_bytes=3",
		"backend=mls operation=rekey role=far phase=process size=2 tree=full "
		"n_processes=5 cpu_ns_median=77",
		"backend=mls operation=rekey role=actor phase=produce size=2 tree=full "
		"n_processes=5 cpu_ns_median=77",
		MEGOLM "operation=add k=1 size=2 olm=new cpu_ns_median=300000",
		MEGOLM "operation=rekey size=2 olm=new cpu_ns_median=600000 up_bytes=1000",
		MEGOLM "operation=rekey size=10 olm=new cpu_ns_median=",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/honest.csv",
		    HEADER "2,New keys for the group,1,MLS: best to worst,band,1,1,1,1,2,,1,1.25\n"
			   "2,New keys for the group,1,MLS: best to worst,band,1,1,1,1,10,,1.5,4\n"
			   "2,New keys for the group,2,MLS: tree full,line,1,1,1,2,2,1.25,1.25,"
			   "1.25\n"
			   "2,New keys for the group,2,MLS: tree full,line,1,1,1,2,10,1.5,1.5,1.5\n"
			   "2,New keys for the group,3,MLS: tree cold,line,1,2,1,3,2,1,1,1\n"
			   "2,New keys for the group,3,MLS: tree cold,line,1,2,1,3,10,4,4,4\n"
			   "1,Add one member,4,Megolm: Olm new,line,2,3,2,1,2,0.3,0.3,0.3\n"
			   "2,New keys for the group,4,Megolm: Olm new,line,2,3,2,1,2,0.6,0.6,"
			   "0.6\n");
	assert_has("plots/bytes.csv", "1,New keys for the group · by the actor,4,Megolm: Olm new,"
				      "line,2,3,2,1,2,1000,1000,1000\n");
	assert_has("plots/honest.svg", "MLS: tree cold");
	assert_has("plots/honest.svg", "Add one member");
}

/* libolm on OpenSSL is a group of its own; a plugin comes behind the known ones. */
static void other_libraries_and_backends_are_groups_of_their_own(void **state)
{
	static const char *const rows[] = {
		"backend=another role=actor phase=total operation=rekey size=2 "
		"cpu_ns_median=5000000",
		MEGOLM "operation=rekey size=2 olm=chain cpu_ns_median=1000000",
		"backend=megolm role=actor phase=total operation=rekey size=2 olm=chain "
		"olm_crypto=openssl cpu_ns_median=2000000",
		"backend=mls role=actor phase=total operation=rekey size=2 tree=full "
		"crypto=sodium cpu_ns_median=4000000",
		MLS "operation=rekey size=2 tree=churned:4 cpu_ns_median=3000000",
		MLS "operation=rekey size=4 tree=churned:4 cpu_ns_median=6000000",
	};
	struct command_result result;

	(void)state;
	write_summary(rows, N(rows));
	result = plot("svg");
	assert_int_equal(result.status, 0);
	assert_text("plots/honest.csv", HEADER
		    "1,New keys for the group,1,MLS: tree churned:4,line,1,5,1,1,2,3,3,3\n"
		    "1,New keys for the group,1,MLS: tree churned:4,line,1,5,1,1,4,6,6,6\n"
		    "1,New keys for the group,2,MLS on libsodium: tree full,line,6,1,2,1,2,4,"
		    "4,4\n"
		    "1,New keys for the group,3,Megolm: Olm chain,line,2,1,3,1,2,1,1,1\n"
		    "1,New keys for the group,4,Megolm on OpenSSL: Olm chain,line,3,1,4,1,2,"
		    "2,2,2\n"
		    "1,New keys for the group,5,another,line,7,1,5,1,2,5,5,5\n");
	assert_non_null(strstr(result.out, "bytes: not drawn"));
	assert_non_null(strstr(result.out, "bulk: not drawn"));
	assert_non_null(strstr(result.out, "payload: not drawn"));
}

/* A create has no state. What stands for all of them does not look like any one. */
static void all_states_have_a_look_that_no_state_has(void **state)
{
	static const char *const rows[] = {
		MLS "operation=create size=2 cpu_ns_median=1000000",
		MLS "operation=create size=4 cpu_ns_median=1000000",
		MLS "operation=rekey size=2 tree=full cpu_ns_median=1000000",
		MLS "operation=rekey size=2 tree=cold cpu_ns_median=1000000",
		MLS "operation=rekey size=2 tree=grown cpu_ns_median=1000000",
		MLS "operation=rekey size=2 tree=halfblank cpu_ns_median=1000000",
		MLS "operation=rekey size=2 tree=churned:4 cpu_ns_median=1000000",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_has("plots/honest.csv", ",MLS: tree full,line,1,1,");
	assert_has("plots/honest.csv", ",MLS: tree cold,line,1,2,");
	assert_has("plots/honest.csv", ",MLS: tree grown,line,1,3,");
	assert_has("plots/honest.csv", ",MLS: tree halfblank,line,1,4,");
	assert_has("plots/honest.csv", ",MLS: tree churned:4,line,1,5,");
	assert_has("plots/honest.csv", ",MLS: tree any,line,1,6,");
	assert_has("plots/honest.svg", "MLS: tree any");
}

#define SERVER    "role=server phase=deliver n_processes=5 "
#define AT_ACTOR  "1,New keys for the group · by the actor,"
#define AT_SERVER "2,New keys for the group · by the server,"
#define MLS_LINE  "1,MLS: tree full,line,1,1,1,1,"

/*
 * Below what the actor uploads stands what the server gives out; what the one downloads and the
 * other takes in is of neither. The states of Olm differ by less than two lines are wide, so that
 * there is no band of theirs; all that send are 2 or 1000 times one sender, of either.
 */
static void bytes_are_those_of_the_actor_and_of_the_server(void **state)
{
	static const char *const rows[] = {
		MLS "operation=rekey size=2 tree=full up_bytes=500 down_bytes=77 up_raw_bytes=500",
		MLS "operation=rekey size=1000 tree=full up_bytes=900 down_bytes=77 "
		    "up_raw_bytes=900",
		"backend=mls " SERVER "operation=rekey size=1000 tree=full up_bytes=77 "
		"down_bytes=900000 up_raw_bytes=77 down_raw_bytes=900000",
		MEGOLM "senders=1 operation=rekey size=1000 olm=chain up_bytes=1700000 "
		       "down_bytes=77 up_raw_bytes=1100000 down_raw_bytes=77",
		MEGOLM "senders=1 operation=rekey size=1000 olm=new up_bytes=2000000 down_bytes=77",
		"backend=megolm senders=1 " SERVER
		"operation=rekey size=1000 olm=chain up_bytes=77 "
		"down_bytes=1800000 up_raw_bytes=77 down_raw_bytes=1200000",
	};
	static const char named[] = "panel,heading,series,name,kind,colour,look,legend_column,"
				    "legend_row,members,";

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_has("plots/bytes.csv", named);
	assert_has(
		"plots/bytes.csv",
		"sent_bytes,sent_bytes_low,sent_bytes_high\n" AT_ACTOR MLS_LINE
		"2,500,500,500\n" AT_ACTOR MLS_LINE "1000,900,900,900\n" AT_SERVER MLS_LINE
		"1000,900000,900000,900000\n" AT_ACTOR
		"2,Megolm: all send (derived),band,5,1,2,1,1000,,1700000000,2000000000\n" AT_SERVER
		"2,Megolm: all send (derived),band,5,1,2,1,1000,,1800000000,1800000000\n" AT_ACTOR
		"3,Megolm: Olm chain,line,2,1,2,2,1000,1700000,1700000,1700000\n" AT_SERVER
		"3,Megolm: Olm chain,line,2,1,2,2,1000,1800000,1800000,1800000\n" AT_ACTOR
		"4,Megolm: Olm new,line,2,3,2,3,1000,2000000,2000000,2000000\n");
	assert_lacks("plots/bytes.svg", "best to worst");
	assert_has(
		"plots/bytes_raw.csv",
		"sent_raw_bytes,sent_raw_bytes_low,sent_raw_bytes_high\n" AT_ACTOR MLS_LINE
		"2,500,500,500\n" AT_ACTOR MLS_LINE "1000,900,900,900\n" AT_SERVER MLS_LINE
		"1000,900000,900000,900000\n" AT_ACTOR
		"2,Megolm: all send (derived),band,5,1,2,1,1000,,1100000000,1100000000\n" AT_SERVER
		"2,Megolm: all send (derived),band,5,1,2,1,1000,,1200000000,1200000000\n" AT_ACTOR
		"3,Megolm: Olm chain,line,2,1,2,2,1000,1100000,1100000,1100000\n" AT_SERVER
		"3,Megolm: Olm chain,line,2,1,2,2,1000,1200000,1200000,1200000\n");
	assert_has("plots/bytes_raw.svg", "by the server");
}

/* A band is drawn as soon as it is wider than that. */
static void bands_that_can_be_seen_are_drawn(void **state)
{
	static const char *const rows[] = {
		MLS "operation=rekey size=2 tree=full up_bytes=500",
		MEGOLM "operation=rekey size=1000 olm=chain up_bytes=1700000",
		MEGOLM "operation=rekey size=1000 olm=new up_bytes=2100000",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_has("plots/bytes.csv", AT_ACTOR "2,Megolm: best to worst,band,2,1,2,1,1000,,1700000,"
					       "2100000\n");
	assert_has("plots/bytes.csv", AT_ACTOR "4,Megolm: Olm new,line,2,3,2,3,");
	assert_has("plots/bytes.svg", "best to worst");
}

/* Where nothing is in an envelope, or nobody knows what is, the figure of raw bytes would be that
 * of all, or none. */
static void raw_bytes_are_drawn_where_something_wraps_them(void **state)
{
	static const char *const rows[] = {
		MLS "operation=rekey size=2 tree=full up_bytes=500 up_raw_bytes=500",
		MLS "operation=rekey size=4 tree=full up_bytes=900 up_raw_bytes=900",
		"backend=another role=actor phase=total operation=rekey size=2 up_bytes=900",
		"backend=mls " SERVER "operation=rekey size=2 tree=full up_bytes=500 "
		"down_bytes=900 up_raw_bytes=400 down_raw_bytes=300",
	};
	struct command_result result;

	(void)state;
	write_summary(rows, N(rows));
	result = plot("svg");
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "bytes_raw: not drawn, no create"));
	assert_has("plots/bytes.csv", ",another,line,");
}

static void published_form_takes_one_state_and_its_range(void **state)
{
	static const char *const rows[] = {
		MLS "operation=add k=1 size=2 tree=full cpu_ns_median=2000000 cpu_ns_min=1000000 "
		    "cpu_ns_max=4000000",
		MLS "operation=add k=1 size=2 tree=cold cpu_ns_median=9000000 cpu_ns_min=9000000 "
		    "cpu_ns_max=9000000",
		MEGOLM "operation=rekey size=8 olm=ratchet cpu_ns_median=3000000 "
		       "cpu_ns_min=2500000 cpu_ns_max=3500000",
		MEGOLM "operation=rekey size=8 olm=chain cpu_ns_median=9000000 "
		       "cpu_ns_min=9000000 cpu_ns_max=9000000",
	};
	static const char want[] =
		HEADER "1,MLS: tree full. Megolm: Olm ratchet.,1,MLS add new member,both,4,1,1,1,2,"
		       "2,1,4\n"
		       "1,MLS: tree full. Megolm: Olm ratchet.,4,new megolm session,both,2,4,4,1,8,"
		       "3,2.5,3.5\n";

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg,png").status, 0);
	assert_text("plots/published-form.csv", want);
	assert_has("plots/published-overlay.csv", want);
	assert_has("plots/published-overlay.csv",
		   ",7,MLS create 2023,published,8,3,3,2,100000,7833430,7833430,7833430\n");
	assert_has("plots/published-form.png", "\x89PNG");
	assert_has("plots/published-overlay.svg", "MLS create 2023");
}

/* A new Megolm session on stock libolm and on libolm with OpenSSL's primitives; one published. */
static void published_form_has_both_libolms(void **state)
{
	static const char *const rows[] = {
		MLS "operation=rekey size=8 tree=full cpu_ns_median=500000 cpu_ns_min=400000 "
		    "cpu_ns_max=600000",
		MEGOLM "operation=rekey size=8 olm=ratchet cpu_ns_median=3000000 "
		       "cpu_ns_min=2500000 cpu_ns_max=3500000",
		ON_EITHER "operation=rekey size=8 olm=ratchet olm_crypto=openssl "
			  "cpu_ns_median=2000000 cpu_ns_min=1500000 cpu_ns_max=2500000",
		ON_EITHER "operation=rekey size=16 olm=ratchet olm_crypto=openssl "
			  "cpu_ns_median=4000000 cpu_ns_min=3500000 cpu_ns_max=4500000",
		ON_EITHER "operation=rekey size=16 olm=chain olm_crypto=openssl "
			  "cpu_ns_median=77 cpu_ns_min=77 cpu_ns_max=77",
	};
#define PANEL "1,MLS: tree full. Megolm: Olm ratchet.,"
	static const char want[] = HEADER PANEL
		"2,MLS update,both,1,2,2,1,8,0.5,0.4,0.6\n" PANEL
		"4,new megolm session: stock libolm,both,2,4,4,1,8,3,2.5,3.5\n" PANEL
		"5,new megolm session: libolm on OpenSSL,both,3,5,4,2,8,2,1.5,2.5\n" PANEL
		"5,new megolm session: libolm on OpenSSL,both,3,5,4,2,16,4,3.5,4.5\n";

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/published-form.csv", want);
	assert_has("plots/published-overlay.csv", want);
	assert_has("plots/published-overlay.csv",
		   PANEL "7,MLS update 2023,published_band,8,2,2,2,100000,");
	assert_has("plots/published-overlay.csv",
		   PANEL "9,new megolm session 2023,published_band,8,4,4,3,100000,");
	assert_has("plots/published-overlay.svg", "new megolm session: libolm on OpenSSL");
#undef PANEL
}

/* Where only one was measured it is the one that is drawn, and the facts say which. */
static void published_form_has_the_one_libolm_that_was_measured(void **state)
{
	static const char *const rows[] = {
		ON_EITHER "operation=rekey size=8 olm=ratchet olm_crypto=openssl "
			  "cpu_ns_median=2000000 cpu_ns_min=1500000 cpu_ns_max=2500000",
		ON_EITHER "operation=rekey size=16 olm=ratchet olm_crypto=openssl "
			  "cpu_ns_median=4000000 cpu_ns_min=3500000 cpu_ns_max=4500000",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/published-form.csv", HEADER
		    "1,MLS: tree full. Megolm: Olm ratchet.,4,new megolm session,both,2,4,4,1,8,2,"
		    "1.5,2.5\n"
		    "1,MLS: tree full. Megolm: Olm ratchet.,4,new megolm session,both,2,4,4,1,16,4,"
		    "3.5,4.5\n");
	assert_has("plots/facts.csv", " · olm_crypto openssl");
}

static void one_size_is_no_curve(void **state)
{
	struct command_result result;

	(void)state;
	write_summary(two_sizes, 1);
	result = plot("svg");
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "honest: not drawn, no create"));
	assert_int_equal(access(in_run("plots/honest.csv"), F_OK), -1);
}

/* States that are not the nearest to the published ones are not passed off as them. */
static void published_form_is_not_drawn_from_other_states(void **state)
{
	static const char *const rows[] = {
		MLS "operation=add k=1 size=2 tree=cold cpu_ns_median=9000000 cpu_ns_min=9000000 "
		    "cpu_ns_max=9000000",
		MEGOLM "operation=rekey size=8 olm=chain cpu_ns_median=9000000 "
		       "cpu_ns_min=9000000 cpu_ns_max=9000000",
		MLS "operation=add k=1 size=4 tree=cold cpu_ns_median=9000000 cpu_ns_min=9000000 "
		    "cpu_ns_max=9000000",
	};
	struct command_result result;

	(void)state;
	write_summary(rows, N(rows));
	result = plot("svg");
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "published-form: not drawn, neither MLS"));
	assert_int_equal(access(in_run("plots/published-form.csv"), F_OK), -1);
}

static void bulk_and_payload_are_drawn_at_the_largest_size_that_varies(void **state)
{
	static const char *const rows[] = {
		MLS "operation=add k=1 size=8 tree=full cpu_ns_median=1000000",
		MLS "operation=add k=4 size=8 tree=full cpu_ns_median=2000000",
		MLS "operation=add_each k=4 size=8 tree=full cpu_ns_median=8000000",
		MLS "operation=add k=4 size=64 tree=full cpu_ns_median=7000000",
		MLS "operation=add_each k=4 size=64 tree=full cpu_ns_median=7000000",
		MLS "operation=send size=8 payload=256 tree=full cpu_ns_median=100000",
		MLS "operation=send size=8 payload=1024 tree=full cpu_ns_median=200000",
		"backend=mls role=far phase=process operation=receive size=8 payload=1024 "
		"tree=full cpu_ns_median=300000",
		"backend=mls role=near phase=process operation=receive size=8 payload=1024 "
		"tree=full cpu_ns_median=77",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/bulk.csv",
		    "panel,heading,series,name,kind,colour,look,legend_column,legend_row,k,cpu_ms,"
		    "cpu_ms_low,cpu_ms_high\n"
		    "1,Add k members (8 members),1,MLS at once: tree full,line,1,1,1,1,1,1,1,1\n"
		    "1,Add k members (8 members),1,MLS at once: tree full,line,1,1,1,1,4,2,2,2\n"
		    "1,Add k members (8 members),2,MLS one by one: tree full,line,6,7,2,1,4,8,8,"
		    "8\n");
	assert_text("plots/payload.csv",
		    "panel,heading,series,name,kind,colour,look,legend_column,legend_row,"
		    "payload_bytes,cpu_ms,cpu_ms_low,cpu_ms_high\n"
		    "1,Send a message (8 members),1,MLS,line,1,1,1,1,256,0.1,0.1,0.1\n"
		    "1,Send a message (8 members),1,MLS,line,1,1,1,1,1024,0.2,0.2,0.2\n"
		    "2,Read a message (8 members),1,MLS,line,1,1,1,1,1024,0.3,0.3,0.3\n");
	assert_has("plots/payload.svg", "Read a message");
}

/* A message and the parts of a ratio, on stock libolm and on libolm with OpenSSL's primitives. */
static void both_libolms_stand_beside_each_other(void **state)
{
	static const char *const rows[] = {
		ON_EITHER "operation=send size=8 payload=256 olm=chain olm_crypto=libolm "
			  "cpu_ns_median=100000",
		ON_EITHER "operation=send size=8 payload=1024 olm=chain olm_crypto=libolm "
			  "cpu_ns_median=300000",
		ON_EITHER "operation=send size=8 payload=1024 olm=chain olm_crypto=openssl "
			  "cpu_ns_median=200000",
		MLS "operation=rekey size=5 tree=full cpu_ns_median=1 cpu_ns_min=200 floor_ns=100 "
		    "floor_ns_equal=100",
		ON_EITHER "operation=rekey size=5 olm=new olm_crypto=libolm cpu_ns_median=1 "
			  "cpu_ns_min=800 floor_ns=400 floor_ns_equal=50",
		ON_EITHER "operation=rekey size=5 olm=new olm_crypto=openssl "
			  "cpu_ns_median=1 cpu_ns_min=100 floor_ns=50 floor_ns_equal=50",
		ON_EITHER "operation=add k=1 size=8 olm=new olm_crypto=openssl cpu_ns_median=5",
		ON_EITHER "operation=add_each k=4 size=8 olm=new olm_crypto=libolm cpu_ns_median=7",
		ON_EITHER
		"operation=add_each k=4 size=8 olm=new olm_crypto=openssl cpu_ns_median=8",
		ON_EITHER "operation=add k=4 size=8 olm=new olm_crypto=openssl cpu_ns_median=9",
	};

	(void)state;
#define ON_OPENSSL "1,Megolm on OpenSSL · Add k members (8 members),"
#define ON_LIBOLM  "2,Megolm · Add k members (8 members),"
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_has("plots/payload.csv", ",1,Megolm,line,2,1,1,1,1024,0.3,");
	assert_has("plots/payload.csv", ",2,Megolm on OpenSSL,line,3,1,2,1,1024,0.2,");
	assert_has("plots/split.csv", ",1,4,4,4,Olm new / tree full\n");
	assert_has("plots/split.csv", ",0.5,0.5,0.5,Olm new on OpenSSL / tree full\n");
	assert_has("plots/split.svg", "Olm new on OpenSSL / tree full");
	assert_text("plots/bulk.csv",
		    "panel,heading,series,name,kind,colour,look,legend_column,legend_row,k,cpu_ms,"
		    "cpu_ms_low,cpu_ms_high\n" ON_OPENSSL
		    "1,Megolm on OpenSSL at once: Olm new,line,3,3,1,1,1,5e-06,5e-06,"
		    "5e-06\n" ON_OPENSSL
		    "1,Megolm on OpenSSL at once: Olm new,line,3,3,1,1,4,9e-06,9e-06,"
		    "9e-06\n" ON_LIBOLM "2,Megolm one by one: Olm new,line,4,9,2,1,4,7e-06,7e-06,"
		    "7e-06\n" ON_OPENSSL
		    "3,Megolm on OpenSSL one by one: Olm new,line,5,9,3,1,4,8e-06,8e-06,8e-06\n");
#undef ON_OPENSSL
#undef ON_LIBOLM
}

static void time_over_floor_is_drawn_at_every_role(void **state)
{
	static const char *const rows[] = {
		MLS "operation=rekey size=2 tree=full cpu_ns_median=9 time_over_floor=1.2",
		MLS "operation=rekey size=5 tree=full cpu_ns_median=9 time_over_floor=1.1",
		MLS "operation=rekey size=9 tree=full cpu_ns_median=9",
		"backend=mls role=far phase=process operation=rekey size=5 tree=full "
		"time_over_floor=1.05",
		"backend=mls role=far phase=process operation=receive size=5 tree=full "
		"time_over_floor=1.5",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/time_over_floor.csv",
		    "panel,heading,series,name,kind,colour,look,legend_column,legend_row,members,"
		    "time_over_floor,time_over_floor_low,time_over_floor_high\n"
		    "1,New keys: actor,1,MLS: tree full,line,1,1,1,1,2,1.2,1.2,1.2\n"
		    "1,New keys: actor,1,MLS: tree full,line,1,1,1,1,5,1.1,1.1,1.1\n"
		    "2,New keys: far member,1,MLS: tree full,line,1,1,1,1,5,1.05,1.05,1.05\n"
		    "3,Read: far member,1,MLS: tree full,line,1,1,1,1,5,1.5,1.5,1.5\n");
	assert_has("plots/time_over_floor.svg", "New keys: far member");
	assert_has("plots/time_over_floor.svg", ">1.15<");
}

/* What all members spend when each of them sends; who was removed does not. */
static void all_senders_are_as_many_times_one(void **state)
{
	static const char *const rows[] = {
		MEGOLM "senders=1 operation=rekey size=2 olm=new cpu_ns_median=3000000",
		MEGOLM "senders=1 operation=rekey size=10 olm=new cpu_ns_median=5000000",
		MEGOLM "senders=1 operation=rekey size=10 olm=chain cpu_ns_median=1000000",
		MEGOLM "senders=1 operation=remove k=1 size=10 olm=new cpu_ns_median=4000000",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_has("plots/honest.csv", "2,New keys for the group,2,Megolm: all send "
				       "(derived),band,5,1,1,2,2,,6,6\n");
	assert_has("plots/honest.csv", "2,New keys for the group,2,Megolm: all send "
				       "(derived),band,5,1,1,2,10,,10,50\n");
	assert_has("plots/honest.csv", "1,Remove one member,2,Megolm: all send "
				       "(derived),band,5,1,1,2,10,,36,36\n");
	assert_has("plots/honest.svg", "all send");
}

/* A summary from before there was a floor lacks its columns and those behind, and only their
 * figures. */
static void summary_without_a_floor_is_read(void **state)
{
	struct command_result result;
	FILE *file = fopen(in_run("summary.csv"), "w");

	(void)state;
	assert_non_null(file);
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		fprintf(file, "%s,", gb_columns[gb_key_columns[i]].name);
	for (size_t i = 0; i + 7 < N(summary_numbers); i++)
		fprintf(file, "%s%c", summary_numbers[i], i + 8 < N(summary_numbers) ? ',' : '\n');
	for (size_t size = 2; size <= 4; size += 2) {
		for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
			char values[100];
			snprintf(values, sizeof(values),
				 "backend=mls role=actor phase=total operation=rekey size=%zu",
				 size);
			put_value_of(gb_columns[gb_key_columns[i]].name, values, file);
			putc(',', file);
		}
		fputs("5,1000,,,,,\n", file);
	}
	assert_int_equal(fclose(file), 0);
	remove_plots();
	result = plot("svg");
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "time_over_floor: not drawn, nothing that has a"));
	assert_has("plots/honest.csv", "New keys for the group");
}

/* The largest process of each cell, from a file that has more columns; its axes have other values
 * than those of the operations in summary.csv. */
static void memory_is_that_of_the_largest_process(void **state)
{
	static const char columns[] = "backend,size,tree,olm,senders,path,tree_delivery,handshake,"
				      "padding,payload,suite,crypto,olm_crypto,identity,threads,"
				      "devices_per_user,process,cpu_s";
	static const char *const rows[] = {
		MLS "operation=send size=2 payload=256 cpu_ns_median=1000000",
		MLS "operation=send size=5 payload=256 cpu_ns_median=1000000",
	};
	char text[2000];

	(void)state;
	write_summary(rows, N(rows));
	snprintf(text, sizeof(text),
		 "%s,left_s,peak_memory_bytes\n"
		 "mls,2,full,,,,,,,7,1,openssl,,,,,1,0.5,,1000000\n"
		 "mls,2,full,,,,,,,7,1,openssl,,,,,2,0.5,,3000000\n"
		 "mls,2,full,,,,,,,7,1,openssl,,,,,3,0.5,,2000000\n"
		 "mls,5,full,,,,,,,7,1,openssl,,,,,1,0.5,3.2,8000000\n"
		 "mls,5,cold,,,,,,,7,1,openssl,,,,,1,0.5,3.2,\n"
		 "another,2,,,,,,,,,,,,,,,1,0.5,,5000000\n",
		 columns);
	write_text("processes.csv", text);
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/memory.csv",
		    "panel,heading,series,name,kind,colour,look,legend_column,legend_row,members,"
		    "peak_memory_bytes,peak_memory_bytes_low,peak_memory_bytes_high\n"
		    "1,A process that has the group,1,MLS: tree full,line,1,1,1,1,2,3000000,"
		    "3000000,3000000\n"
		    "1,A process that has the group,1,MLS: tree full,line,1,1,1,1,5,8000000,"
		    "8000000,8000000\n"
		    "1,A process that has the group,2,another,line,8,1,2,1,2,5000000,5000000,"
		    "5000000\n");

	/* Of a version that did not ask. */
	snprintf(text, sizeof(text), "%s\nmls,2,full,,,,,,,,1,openssl,,,,,1,0.5\n", columns);
	write_text("processes.csv", text);
	remove_plots();
	assert_non_null(strstr(plot("svg").out, "memory: not drawn, processes.csv does not have"));
	write_text("processes.csv", "backend\nmls\n");
	assert_int_equal(plot("svg").status, 65);
	assert_int_equal(unlink(in_run("processes.csv")), 0);
	assert_int_equal(plot("svg").status, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(honest_figure_joins_states_and_their_band),
		TEST(other_libraries_and_backends_are_groups_of_their_own),
		TEST(all_states_have_a_look_that_no_state_has),
		TEST(bytes_are_those_of_the_actor_and_of_the_server),
		TEST(bands_that_can_be_seen_are_drawn),
		TEST(raw_bytes_are_drawn_where_something_wraps_them),
		TEST(published_form_takes_one_state_and_its_range),
		TEST(published_form_has_both_libolms),
		TEST(published_form_has_the_one_libolm_that_was_measured),
		TEST(one_size_is_no_curve),
		TEST(published_form_is_not_drawn_from_other_states),
		TEST(bulk_and_payload_are_drawn_at_the_largest_size_that_varies),
		TEST(both_libolms_stand_beside_each_other),
		TEST(time_over_floor_is_drawn_at_every_role),
		TEST(all_senders_are_as_many_times_one),
		TEST(summary_without_a_floor_is_read),
		TEST(memory_is_that_of_the_largest_process),
	};

	return cmocka_run_group_tests_name("figures", tests, make_run, drop_run);
}
