/* What a figure does about axes that it does not show by itself. */
#include "drawn_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* An axis without its default is held at the first value, and the figure says so. */
static void held_axes_other_than_the_default_are_named(void **state)
{
	static const char *const rows[] = {
		"backend=mls role=actor phase=total operation=rekey size=2 tree=full suite=3 "
		"cpu_ns_median=1000000 n_processes=1",
		"backend=mls role=actor phase=total operation=rekey size=4 tree=full suite=3 "
		"cpu_ns_median=1500000 n_processes=1",
		"backend=mls role=actor phase=total operation=rekey size=8 tree=full suite=3 "
		"cpu_ns_median=2000000 n_processes=3",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/honest.csv",
		    HEADER "1,New keys for the group,1,MLS: tree full,line,1,1,1,1,2,1,1,1\n"
			   "1,New keys for the group,1,MLS: tree full,line,1,1,1,1,4,1.5,1.5,1.5\n"
			   "1,New keys for the group,1,MLS: tree full,line,1,1,1,1,8,2,2,2\n");
	assert_text("plots/facts.csv",
		    "fact,text\n"
		    "machine,A  fast ; new CPU · 2 CPUs · 2026-11-23 · median of 1 to 3 processes "
		    "· suite 3\n"
		    "versions,groupbench 1a2b3c · mls 1 on OpenSSL · libolm 3\n");
}

/*
 * What newcomers may read is no state. Each of its values has a panel, in which MLS, to which it
 * means nothing, stands too. Sent is the same on either libolm, and by who has the longer name:
 * that makes no panels.
 */
static void what_else_was_varied_has_panels_of_its_own(void **state)
{
#define ADD "operation=add k=1 olm=new "
	static const char *const rows[] = {
		MEGOLM ADD "size=2 history=shared identity=16 cpu_ns_median=2000000 up_bytes=500",
		MEGOLM ADD "size=2 history=joined identity=16 cpu_ns_median=1000000 up_bytes=200",
		MEGOLM ADD "size=2 history=joined identity=99 up_bytes=200",
		MEGOLM ADD "size=4 history=joined identity=16 cpu_ns_median=1000000 up_bytes=200",
		"backend=megolm role=actor phase=total n_processes=5 olm_crypto=openssl " ADD
		"size=2 history=joined identity=16 up_bytes=200",
		MLS "operation=add k=1 size=2 tree=full cpu_ns_median=3000000",
	};
#undef ADD

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
#define JOINED "1,Add one member · history joined,"
#define SHARED "2,Add one member · history shared,"
	assert_text("plots/honest.csv",
		    HEADER JOINED "1,MLS: tree full,line,1,1,1,1,2,3,3,3\n" SHARED
				  "1,MLS: tree full,line,1,1,1,1,2,3,3,3\n" JOINED
				  "2,Megolm: Olm new,line,2,3,2,1,2,1,1,1\n" JOINED
				  "2,Megolm: Olm new,line,2,3,2,1,4,1,1,1\n" SHARED
				  "2,Megolm: Olm new,line,2,3,2,1,2,2,2,2\n");
#undef JOINED
#undef SHARED
	assert_has("plots/bytes.csv", "1,Add one member · by the actor · history joined,"
				      "1,Megolm: Olm new,line,2,3,1,1,2,200,200,200\n");
	assert_has("plots/bytes.csv", "2,Add one member · by the actor · history shared,"
				      "1,Megolm: Olm new,line,2,3,1,1,2,500,500,500\n");
	assert_has("plots/honest.svg", ">history shared<");
	assert_has("plots/bytes.svg", ">200 B<");
	assert_text("plots/facts.csv",
		    "fact,text\n"
		    "machine,A  fast ; new CPU · 2 CPUs · 2026-11-23 · median of 5 processes\n"
		    "versions,groupbench 1a2b3c · mls 1 on OpenSSL · libolm 3\n");
}

/* Numbers by size, a word that is the default first; several axes in all combinations. */
static void settings_are_in_order(void **state)
{
	static const char *const rows[] = {
		MEGOLM "operation=rekey size=2 olm=new devices_per_user=10 "
		       "verification=device cpu_ns_median=3000000",
		MEGOLM "operation=rekey size=2 olm=new devices_per_user=2 "
		       "verification=cross_signed cpu_ns_median=2000000",
		MEGOLM "operation=rekey size=2 olm=new devices_per_user=2 "
		       "verification=device cpu_ns_median=1000000",
		MEGOLM "operation=rekey size=4 olm=new devices_per_user=2 "
		       "verification=device cpu_ns_median=1000000",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
#define PANEL(number, devices, verification)                                                       \
	number ",New keys for the group · devices_per_user " devices                               \
	       "; verification " verification ",1,Megolm: Olm new,line,2,3,1,1,"
	assert_text(
		"plots/honest.csv",
		HEADER PANEL("1", "2", "device") "2,1,1,1\n" PANEL(
			"1", "2",
			"device") "4,1,1,1\n" PANEL("2", "2",
						    "cross_signed") "2,2,2,2\n" PANEL("3", "10",
										      "device") "2,"
												"3,"
												"3,"
												"3"
												"\n");
#undef PANEL
}

/* Four changes, at two lengths of a name, in three cipher suites: 24 panels are drawn. With a
 * fourth suite there would be 32, and there are twice as many of what actor and server send; then
 * one suite is, which the facts name. */
static void of_too_much_that_was_varied_one_value_is_drawn_and_named(void **state)
{
	static const char *const changes[] = {"create", "add k=1", "remove k=1", "rekey"};
	char text[2 * 4 * 2 * 4 * 2][200];
	const char *rows[N(text)];
	size_t n = 0;

	(void)state;
	for (unsigned suite = 1; suite <= 4; suite++) {
		for (unsigned i = 0; i < 2 * N(changes) * 2 * 2; i++) {
			rows[n] = text[n];
			snprintf(text[n++], sizeof(text[0]),
				 "backend=mls role=%s n_processes=5 operation=%s size=%u tree=full "
				 "suite=%u identity=%u %s=%u",
				 i % 2 ? "actor phase=total up_bytes=7" : "server phase=deliver",
				 changes[i / 8], 2 + i / 2 % 2, suite, i / 4 % 2 ? 12 : 16,
				 i % 2 ? "cpu_ns_median" : "down_bytes",
				 suite * 1000000 + i / 4 % 2);
		}
		if (suite < 3)
			continue;
		write_summary(rows, n);
		remove_plots();
		assert_int_equal(plot("svg").status, 0);
		if (suite == 3) {
			assert_has("plots/honest.csv",
				   "24,New keys for the group · suite 3; identity 16,");
			assert_has("plots/bytes.csv",
				   "16,New keys for the group · by the server · identity 16,");
			assert_has("plots/facts.csv", "drawn in bytes,suite 1\n");
			continue;
		}
		assert_has("plots/honest.csv", "8,New keys for the group · identity 16,");
		assert_has("plots/facts.csv", "drawn in honest,suite 1\n");
		assert_has("plots/honest.svg", "drawn here: suite 1<");
	}
}

/* Figures that are no table of panels name what they draw of that which was varied. */
static void figures_without_panels_for_it_name_what_they_draw(void **state)
{
	static const char *const rows[] = {
		MEGOLM "operation=rekey size=5 olm=ratchet history=shared cpu_ns_median=7 "
		       "cpu_ns_min=7 cpu_ns_max=7 floor_ns=1 floor_ns_equal=1",
		MEGOLM "operation=rekey size=5 olm=ratchet history=joined cpu_ns_median=3000000 "
		       "cpu_ns_min=2000000 cpu_ns_max=4000000 floor_ns=1000000 "
		       "floor_ns_equal=1000000",
		MEGOLM "operation=rekey size=9 olm=ratchet history=joined cpu_ns_median=3000000 "
		       "cpu_ns_min=2000000 cpu_ns_max=4000000",
		MLS "operation=rekey size=5 tree=full cpu_ns_median=1000000 cpu_ns_min=1000000 "
		    "cpu_ns_max=1000000 floor_ns=1000000 floor_ns_equal=1000000",
		MLS "senders=1 operation=send size=5 tree=full payload=256 cpu_ns_median=1000",
		MLS "senders=1 operation=send size=5 tree=full payload=512 cpu_ns_median=1000",
		MLS "senders=1 operation=send size=5 tree=cold payload=512 cpu_ns_median=1001",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_has("plots/published-form.csv", ",4,new megolm session,both,2,4,4,1,5,3,2,4\n");
	assert_has("plots/facts.csv", "\ndrawn in published-form,history joined\n");
	assert_has("plots/facts.csv", "\ndrawn in published-overlay,history joined\n");
	assert_has("plots/split.csv", ",4,measured: the product,line,7,1,2,2,1,2,2,2,");
	assert_has("plots/facts.csv", "\ndrawn in split,history joined\n");
	assert_has("plots/payload.csv", ",1,MLS,line,1,1,1,1,512,0.001,0.001,0.001\n");
	assert_has("plots/facts.csv", "\ndrawn in payload,tree full\n");
}

/* The number of senders depends on the size, so that it makes no panels. */
static void one_number_of_senders_is_named(void **state)
{
	static const char *const rows[] = {
		MEGOLM "senders=1 operation=create size=5 olm=new cpu_ns_median=1000000",
		MEGOLM "senders=1 operation=create size=9 olm=new cpu_ns_median=1000000",
		MEGOLM "senders=2 operation=create size=5 olm=new cpu_ns_median=2000000",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_has("plots/honest.csv", "1,Create a group of all members,2,Megolm: Olm new,");
	assert_has("plots/facts.csv", "\ndrawn in honest,senders 1\n");
}

#define TEST(name) cmocka_unit_test_setup(name, begin_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(held_axes_other_than_the_default_are_named),
		TEST(what_else_was_varied_has_panels_of_its_own),
		TEST(settings_are_in_order),
		TEST(of_too_much_that_was_varied_one_value_is_drawn_and_named),
		TEST(figures_without_panels_for_it_name_what_they_draw),
		TEST(one_number_of_senders_is_named),
	};

	return cmocka_run_group_tests_name("figure_settings", tests, make_run, drop_run);
}
