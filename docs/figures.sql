-- README.md: one computation, again and again, deviates by {} %.
select printf('%.0f', 100 * json_extract(readfile('results/reference/quick/manifest.json'), '$.noise.deviation'));

-- docs/published.md: up to 100,000 members, in {} minutes with two
select printf('%.0f', (julianday(json_extract(m, '$.ended')) - julianday(json_extract(m, '$.started'))) * 1440)
  from (select readfile('results/reference/comparison/manifest.json') as m);

-- docs/published.md: **Below 50 members the published lines are flat** but for create, at {} to {} ms.
select printf('%.0f', min(time_ms + 0)), printf('%.0f', max(time_ms + 0))
  from "published/arewemlsyet-2023" where group_size + 0 < 50 and series <> 'MLS create';

-- docs/published.md: What was measured in 2023 took {} s for 100,000 members.
select printf('%,d', round(time_ms / 1000)) from "published/arewemlsyet-2023"
  where series = 'MLS create' and group_size = '100000';

-- docs/published.md: MLS in JavaScript is {} to {} times as fast as what was published then,
--   where C is {} to {} times as fast in the same groups;
with p as (select series, group_size, time_ms * 1e6 as ns from "published/arewemlsyet-2023"),
     s as (select backend, operation, exp(avg(ln(1.0 * p.ns / cpu_ns_median))) as ratio from "relatives/summary"
             join p on p.group_size = size and p.series = case operation when 'add' then 'MLS add new member'
                  when 'rekey' then 'MLS update' when 'create' then 'MLS create' end
            where backend in ('mls', 'ts-mls') and role = 'actor' and phase = 'total' and tree <> 'cold'
            group by backend, operation)
select (select printf('%.0f', min(ratio)) from s where backend = 'ts-mls'),
       (select printf('%.0f', max(ratio)) from s where backend = 'ts-mls'),
       (select printf('%.0f', min(ratio)) from s where backend = 'mls'),
       (select printf('%.0f', max(ratio)) from s where backend = 'mls');

-- docs/published.md: is {} times smaller for Megolm.
select printf('%.1f', 1.0 * up_bytes / up_raw_bytes) from "comparison/summary"
 where backend = 'megolm' and operation = 'rekey' and size = '100000' and role = 'actor' and phase = 'total'
   and olm = 'ratchet' and olm_crypto = 'libolm';

-- docs/published.md: from {} members on (between the measured sizes 200 and 300; 95 % interval {} to {};
--   the last state is `chain` on OpenSSL). An add in a full tree is cheaper than such a new Megolm session from {} on ({} to {}).
with v as (select expectation, printf('%.0f', crossing) as c, printf('%.0f', crossing_ci_low) as l,
                  printf('%.0f', crossing_ci_high) as h from "comparison/verdicts"
            where first like '%full' and second = 'megolm rekey olm=chain olm_crypto=openssl'),
     k as (select * from v where expectation = 'mls.rekey cheaper than megolm.rekey from 100'),
     a as (select * from v where expectation = 'mls.add:1 cheaper than megolm.rekey from 100')
select k.c, k.l, k.h, a.c, a.l, a.h from k, a;

-- docs/published.md: (`ratchet`) up to {} members as it is sent, and up to {} without envelopes;
with s as (select * from "comparison/summary" where operation = 'rekey' and role = 'server'),
     m as (select * from s where tree = 'full'),
     g as (select * from s where backend = 'megolm' and olm = 'ratchet' and olm_crypto = 'libolm')
select (select printf('%,d', max(m.size + 0)) from m join g using (size) where m.down_bytes + 0 < g.down_bytes + 0),
       (select printf('%,d', max(m.size + 0)) from m join g using (size) where m.down_raw_bytes + 0 < g.down_raw_bytes + 0);

-- docs/published.md: who adds a member sends {} MB in a group of 100,000 of MLS, most of it for the Welcome, which has the whole
--   tree, and {} to {} kB with Megolm;
with s as (select * from "comparison/summary"
            where operation = 'add' and size = '100000' and role = 'actor' and phase = 'total')
select (select printf('%.0f', up_bytes / 1e6) from s where tree = 'full'),
       (select printf('%.1f', min(up_bytes / 1e3)) from s where backend = 'megolm'),
       (select printf('%.1f', max(up_bytes / 1e3)) from s where backend = 'megolm');

-- docs/published.md: New keys for 100,000 members are a commit of {} kB in a full tree and of {} MB in a cold one;
--   a Megolm sender uploads {} to {} MB,
with s as (select * from "comparison/summary"
            where operation = 'rekey' and size = '100000' and role = 'actor' and phase = 'total')
select (select printf('%.1f', up_bytes / 1e3) from s where tree = 'full'),
       (select printf('%.1f', up_bytes / 1e6) from s where tree = 'cold'),
       (select printf('%.0f', min(up_bytes / 1e6)) from s where backend = 'megolm'),
       (select printf('%.0f', max(up_bytes / 1e6)) from s where backend = 'megolm');

-- docs/published.md: each member gets the whole commit, {} MB together in a full tree (293 for an add with its Welcome, 353 for a removal), and {} GB in a cold one
--   for each of the three. Of Megolm it gives out what was uploaded, {} to {} MB with
with s as (select * from "comparison/summary" where operation = 'rekey' and size = '100000' and role = 'server')
select (select printf('%.0f', down_bytes / 1e6) from s where tree = 'full'),
       (select printf('%.0f', down_bytes / 1e9) from s where tree = 'cold'),
       (select printf('%.0f', min(down_bytes / 1e6)) from s where backend = 'megolm'),
       (select printf('%.0f', max(down_bytes / 1e6)) from s where backend = 'megolm');

-- docs/published.md: costs a server of MLS {} TB, for each newcomer gets the one Welcome of {} MB, with
select printf('%.1f', down_bytes / 1e12), printf('%.0f', welcome_bytes / 1e6) from "comparison/summary"
 where backend = 'mls' and operation = 'create' and size = '100000' and role = 'server';

-- docs/published.md: Megolm sends {} to {} MB, for one sender;
select printf('%.0f', min(down_bytes / 1e6)), printf('%.0f', max(down_bytes / 1e6)) from "comparison/summary"
 where backend = 'megolm' and operation = 'create' and size = '100000' and role = 'server';

-- docs/published.md: Ten take {} times what one takes in {} members (`ratchet`), {} times on OpenSSL.
with v as (select second, size, ratio from "senders/verdicts" where expectation like 'megolm.rekey senders=10 %')
select (select printf('%.1f', ratio) from v where second not like '%openssl'), printf('%,d', max(size + 0)),
       (select printf('%.1f', ratio) from v where second like '%openssl')
  from v;

-- docs/published.md: with 1,000 members {} to {} s, where an MLS commit takes {} ms in a full tree and {} ms in a cold one.
with s as (select *, cpu_ns_median / 1e9 as s from "senders/summary"
            where operation = 'rekey' and size = '1000' and role = 'actor' and phase = 'total')
select (select printf('%.1f', min(s)) from s where senders = '100'),
       (select printf('%.0f', max(s)) from s where senders = '100'),
       (select printf('%.1f', 1000 * s) from s where tree = 'full'),
       (select printf('%.0f', 1000 * s) from s where tree = 'cold');

-- docs/published.md: MLS is cheaper from 100 members on in {} of {} pairs of states**; with one it is so in {}
select sum(verdict = 'holds'), count(*),
       (select sum(verdict = 'holds' and from_size = '') from "comparison/verdicts"
         where expectation = 'mls.rekey cheaper than megolm.rekey from 100')
  from "senders/verdicts" where expectation = 'mls.rekey cheaper than megolm.rekey senders=10 from 100';

-- docs/published.md: where MLS takes {} times as long at {} members; the Megolm keys
select printf('%.1f', ratio), printf('%,d', size) from "senders/verdicts"
 where expectation = 'mls.rekey cheaper than megolm.rekey senders=10 from 100' and verdict = 'fails';

-- docs/published.md: **All members together** take {} s for a commit in a full tree of 10,000, and {} to {} s for
--   ten Megolm sessions. In a cold tree it is {} s,
with g as (select *, total_ns / 1e9 as s from "senders/group_cost" where size = '10000')
select (select printf('%.1f', s) from g where tree = 'full'),
       (select printf('%.0f', min(s)) from g where senders = '10'),
       (select printf('%.0f', max(s)) from g where senders = '10'),
       (select printf('%.0f', s) from g where tree = 'cold');

-- docs/published.md: new keys take {} ms in a full tree, to remove somebody {} ms, and either {} s in a cold one, with Megolm {} to {} s.
with s as (select *, cpu_ns_median / 1e9 as s from "comparison/summary"
            where operation = 'rekey' and size = '100000' and role = 'actor' and phase = 'total')
select (select printf('%.1f', 1000 * s) from s where tree = 'full'),
       (select printf('%.1f', cpu_ns_median / 1e6) from "comparison/summary" where operation = 'remove'
           and size = '100000' and role = 'actor' and phase = 'total' and tree = 'full'),
       (select printf('%.1f', s) from s where tree = 'cold'),
       (select printf('%.2f', min(s)) from s where backend = 'megolm'), (select printf('%.0f', max(s)) from s where backend = 'megolm');

-- docs/published.md: Megolm {} to {} ms, and {} to {} ms with 1,000 members: little that depends on the size;
--   MLS takes {} s in a full tree and {} s in a cold one.
with s as (select *, cpu_ns_median / 1e9 as s from "comparison/summary"
            where operation = 'add' and size = '100000' and role = 'actor' and phase = 'total')
select (select printf('%.1f', 1000 * min(s)) from s where backend = 'megolm'),
       (select printf('%.1f', 1000 * max(s)) from s where backend = 'megolm'),
       (select printf('%.2f', min(cpu_ns_median / 1e6)) from "comparison/summary" where backend = 'megolm'
           and operation = 'add' and size = '1000' and role = 'actor' and phase = 'total'),
       (select printf('%.1f', max(cpu_ns_median / 1e6)) from "comparison/summary" where backend = 'megolm'
           and operation = 'add' and size = '1000' and role = 'actor' and phase = 'total'),
       (select printf('%.2f', s) from s where tree = 'full'), (select printf('%.1f', s) from s where tree = 'cold');

-- docs/published.md: in `chain` {} take {} times as long one by one, on OpenSSL {} times,
with s as (select e.olm_crypto, e.k, 1.0 * e.cpu_ns_median / a.cpu_ns_median as ratio
             from "bulk/summary" e join "bulk/summary" a using (backend, size, k, olm, olm_crypto, role, phase)
            where e.operation = 'add_each' and a.operation = 'add' and olm = 'chain' and k = '300'
              and role = 'actor' and phase = 'total')
select k, printf('%.1f', ratio), (select printf('%.1f', ratio) from s where olm_crypto = 'openssl')
  from s where olm_crypto = 'libolm';

-- docs/published.md: {} one by one cost Megolm {} s in that state, at once {} ms.
with s as (select * from "bulk/summary" where olm = 'chain' and olm_crypto = 'libolm' and k = '200' and role = 'actor' and phase = 'total')
select k, printf('%.1f', cpu_ns_median / 1e9),
       (select printf('%.1f', cpu_ns_median / 1e6) from s where operation = 'remove')
  from s where operation = 'remove_each';

-- docs/published.md: In state `ratchet` it takes {} ms at k = 300
--   (MLS {} ms in a full tree, {} in a cold one), on OpenSSL {} ms.
with s as (select *, printf('%.0f', cpu_ns_median / 1e6) as ms from "bulk/summary"
            where operation = 'add' and k = '300' and role = 'actor' and phase = 'total')
select (select ms from s where olm = 'ratchet' and olm_crypto = 'libolm'), (select ms from s where tree = 'full'),
       (select ms from s where tree = 'cold'), (select ms from s where olm = 'ratchet' and olm_crypto = 'openssl');

-- docs/published.md: One commit of 300 takes {} % of the time of 300 commits in a cold tree, {} % in a full one:
select printf('%.0f', 100 * c.ratio), printf('%.0f', 100 * f.ratio) from "bulk/verdicts" c, "bulk/verdicts" f
 where c.expectation = 'mls.add:k cheaper than mls.add_each:k from 3' and f.expectation = c.expectation
   and c.first like '%tree=cold' and f.first like '%tree=full';

-- docs/published.md: Of {} removals one commit takes less than {} %.
select size, printf('%.0f', 0.5 + max(100 * ratio)) from "bulk/verdicts"
 where expectation like 'mls.remove:k cheaper than mls.remove_each:k%';

-- docs/published.md: MLS in a full tree is cheaper from about k = {} on, on OpenSSL from {}; in a cold tree from {} and {}.
with v as (select first, second, printf('%.0f', crossing) as k from "bulk/verdicts"
            where expectation = 'mls.add:k cheaper than megolm.add:k' and second like '%olm=new%')
select (select k from v where first like '%full' and second like '%new'),
       (select k from v where first like '%full' and second like '%openssl'),
       (select k from v where first like '%cold' and second like '%new'),
       (select k from v where first like '%cold' and second like '%openssl');

-- docs/published.md: (`chain`) Megolm stays cheaper: {} to {} times at k = {}, on OpenSSL {} to {} times.
with v as (select second, size, ratio + 0 as ratio from "bulk/verdicts"
            where expectation = 'mls.add:k cheaper than megolm.add:k' and second like '%olm=chain%')
select (select printf('%.2g', min(ratio)) from v where second like '%chain'),
       (select printf('%.2g', max(ratio)) from v where second like '%chain'), max(size),
       (select printf('%.2g', min(ratio)) from v where second like '%openssl'),
       (select printf('%.2g', max(ratio)) from v where second like '%openssl')
  from v;

-- docs/published.md: after many adds** (in a full tree {} ms after one, {} ms after 300)
with s as (select operation, k, printf('%.0f', cpu_ns_median / 1e6) as ms from "bulk/summary"
            where backend = 'mls' and tree = 'full' and role = 'actor' and phase = 'total')
select (select ms from s where operation = 'rekey_after_add' and k = '1'),
       (select ms from s where operation = 'rekey_after_add' and k = '300');

-- docs/published.md: joining a group of {} took {} s with an OpenMLS of 2026
select printf('%,d', group_size), printf('%.1f', value / 1000.0) from "published/openmls-2026-join"
 where series = 'join group' order by group_size + 0 desc limit 1;

-- docs/published.md: Of the reference run, at {} members, in its {} pairs of states
select printf('%,d', max(size + 0)), count(*) from "comparison/verdicts"
 where expectation = 'mls.rekey cheaper than megolm.rekey from 100' and verdict <> '' and second <> '';

-- docs/published.md: `mls.rekey cheaper than megolm.rekey from 100` | {} of {} |
select sum(verdict = 'holds'), count(*) from "comparison/verdicts"
 where expectation = 'mls.rekey cheaper than megolm.rekey from 100' and second <> '';

-- docs/published.md: `mls.add:1 cheaper than megolm.rekey from 100` | {} of {} |
select sum(verdict = 'holds'), count(*) from "comparison/verdicts"
 where expectation = 'mls.add:1 cheaper than megolm.rekey from 100' and second <> '';

-- docs/published.md: `mls.create at least 2 times megolm.rekey from 1000` | {} of {} |
select sum(verdict = 'holds'), count(*) from "comparison/verdicts"
 where expectation = 'mls.create at least 2 times megolm.rekey from 1000' and second <> '';

-- docs/published.md: In a cold tree it takes {} to {} times as long as `chain`
select printf('%.2g', min(ratio + 0)), printf('%.2g', max(ratio + 0)) from "comparison/verdicts"
 where expectation = 'mls.rekey cheaper than megolm.rekey from 100' and first like '%cold' and second like '%olm=chain%';

-- docs/published.md: To create a group, MLS takes {} to {} times as long as a new Megolm session in state `chain`,
--   {} times as long as in `ratchet` on OpenSSL
with v as (select second, ratio + 0 as ratio from "comparison/verdicts"
            where expectation = 'mls.create at least 2 times megolm.rekey from 1000')
select (select printf('%.2g', min(ratio)) from v where second like '%olm=chain%'),
       (select printf('%.2g', max(ratio)) from v where second like '%olm=chain%'),
       (select printf('%.2g', max(ratio)) from v where second like '%olm=ratchet olm_crypto=openssl');

-- docs/published.md: (`megolm.add:1`, {} of {}) MLS takes longer in all states
select sum(verdict = 'holds'), count(*) from "comparison/verdicts"
 where expectation = 'mls.add:1 cheaper than megolm.add:1 from 100' and second <> '';

-- docs/published.md: and that removing from a full tree is ({}).
select distinct growth from "openmls-2021/verdicts" where expectation = 'mls.remove:1 tree=full grows at least as N';

-- docs/published.md: at least {} times as long in the worst case as in the best for {} members ({} here).
with e as (select distinct expectation, ratio from "exact-sizes/verdicts"
            where expectation like 'mls.rekey/bytes tree=cold % at least % times mls.rekey/bytes tree=full % at 129' and verdict = 'holds')
select substr(expectation, instr(expectation, 'at least ') + 9, 3), '129', printf('%.2f', ratio) from e;

-- docs/published.md: rotation ({} s for 100,000 members, against {} to {} s)
with c as (select backend, tree, total_ns / 1e9 as s from "comparison/group_cost" where operation = 'rekey' and size = '100000')
select (select printf('%.0f', s) from c where tree = 'full'), printf('%.0f', min(s)), printf('%.0f', max(s))
  from c where backend = 'megolm';

-- docs/published.md: member reads a commit in proportion to N, it costs {} s.
select printf('%,d', round(total_ns / 1e9)) from "comparison/group_cost"
 where operation = 'rekey' and size = '100000' and tree = 'cold';

-- docs/published.md: where our update has {} ns a member. An add sends the whole tree to the newcomer, {} us a member
with f as (select operation, n_ns + 0 as ns from "comparison/fit"
            where backend = 'mls' and tree = 'full' and role = 'actor' and phase = 'total')
select (select printf('%.0f', ns) from f where operation = 'rekey'),
       (select printf('%.1f', ns / 1000) from f where operation = 'add');

-- docs/published.md: The fit of it has {} ns N^2, which are {} s there; ours has {} us N + {} us N log2 N.
select printf('%.0f', published_n2_ns), printf('%,d', round(published_n2_ns * 1e10 / 1e9)),
       printf('%.0f', measured_n_ns / 1e3), printf('%.1f', measured_n_log2_n_ns / 1e3)
  from "comparison/published" where series = 'MLS create';

-- docs/published.md: `megolm.rekey grows at most as N` ({} of {}): in each state the fit has a term in N log2 N as well,
--   {} to {} % of it at {} members.
with f as (select size_max, (n_log2_n_ns + 0) * size_max * log2(size_max) as part,
                  (constant_ns + 0) + (log2_n_ns + 0) * log2(size_max) + (n_ns + 0) * size_max as rest
             from "comparison/fit" where backend = 'megolm' and operation = 'rekey' and role = 'actor'),
     v as (select verdict from "comparison/verdicts" where expectation = 'megolm.rekey grows at most as N')
select (select sum(verdict = 'holds') from v), (select count(*) from v),
       printf('%.0f', 100 * min(part / (part + rest))), printf('%.0f', 100 * max(part / (part + rest))),
       printf('%,d', max(size_max)) from f;

-- docs/published.md: with 10,000 members {} to {} times as long as with 1,000. But with 200 members it takes {} to {}
--   times as long as with 300,
with s as (select olm, olm_crypto, size + 0 as n, 1.0 * cpu_ns_median / (size - 1) as ns from "comparison/summary"
            where backend = 'megolm' and operation = 'rekey' and role = 'actor' and phase = 'total'),
     r as (select a.ns / b.ns as ratio, a.n as n from s a join s b on a.olm = b.olm and a.olm_crypto = b.olm_crypto
            and ((a.n = 10000 and b.n = 1000) or (a.n = 200 and b.n = 300)))
select (select printf('%.2f', min(ratio)) from r where n = 10000), (select printf('%.2f', max(ratio)) from r where n = 10000),
       (select printf('%.2f', min(ratio)) from r where n = 200), (select printf('%.2f', max(ratio)) from r where n = 200);

-- docs/published.md: `mls.rekey tree=full grows at most as log N`: the fit has {} ns N besides,
--   {} ms of the {} ms that it has for 100,000 members.
select printf('%.0f', n_ns), printf('%.1f', n_ns * 100000 / 1e6),
       printf('%.1f', (constant_ns + log2_n_ns * log2(100000) + n_ns * 100000) / 1e6)
  from "comparison/fit" where backend = 'mls' and operation = 'rekey' and tree = 'full' and role = 'actor';

-- docs/published.md: `megolm.create cheaper than mls.create from 1000` ({} of {}) holds with `chain`
select sum(verdict = 'holds'), count(*) from "comparison/verdicts"
 where expectation = 'megolm.create cheaper than mls.create from 1000';

-- docs/published.md: libolm takes {} times as long as MLS in `ratchet`, with one Diffie-Hellman operation for each device,
--   and {} times in `new`, with three (on OpenSSL {}).
with v as (select first, printf('%.1f', ratio) as r from "comparison/verdicts"
            where expectation = 'megolm.create cheaper than mls.create from 1000')
select (select r from v where first like '%ratchet'), (select r from v where first like '%new'),
       (select r from v where first like '%new olm_crypto=openssl');

-- docs/published.md: One process measures each size above {} (in `senders` above {}), where what a Megolm receiver
--   takes, which does not depend on the size, varies up to {} times.
with s as (select operation, phase, olm, olm_crypto, role, size + 0 as n, n_processes + 0 as p, cpu_ns_median * 1.0 as ns
             from "comparison/summary" where backend = 'megolm' and role in ('near', 'far', 'joiner')),
     v as (select max(ns) / min(ns) as times from s where p = 1 group by operation, phase, olm, olm_crypto, role)
select printf('%,d', max(n)), (select max(size + 0) from "senders/summary" where n_processes + 0 > 1),
       (select printf('%.1f', max(times)) from v)
  from s where p > 1;

-- docs/published.md: above some 200 members: from there on it is {} to {} times ours.
with r as (select p.time_ms * 1e6 / cpu_ns_median as ratio from "published/arewemlsyet-2023" p
             join "comparison/summary" on group_size = size and series = 'new megolm session'
            where operation = 'rekey' and olm = 'ratchet' and olm_crypto = 'libolm' and role = 'actor' and phase = 'total'
              and size + 0 >= 200)
select printf('%.1f', min(ratio)), printf('%.1f', max(ratio)) from r;

-- docs/published.md: It is {} % of what the table calls a difference in shape (of the sum of squares)
--   for Megolm, and {} % for an add; for update and create {} and {} % lie above 10,000 members.
with l as (select series, size + 0 as n, ln(time_ms * 1e6 / cpu_ns_median) as l from "published/arewemlsyet-2023"
             join "comparison/summary" on group_size = size
              and series = case operation when 'add' then 'MLS add new member' when 'create' then 'MLS create'
                           when 'rekey' then iif(backend = 'mls', 'MLS update', 'new megolm session') end
            where role = 'actor' and phase = 'total'
              and ((backend = 'mls' and tree <> 'cold') or (operation = 'rekey' and olm = 'ratchet' and olm_crypto = 'libolm'))),
     d as (select series, n, pow(l - (select avg(l) from l as m where m.series = l.series), 2) as square from l),
     s as (select series, sum(iif(n < 50, square, 0)) / sum(square) as small, sum(iif(n > 10000, square, 0)) / sum(square) as large
             from d group by series)
select (select printf('%.0f', 100 * small) from s where series = 'new megolm session'),
       (select printf('%.0f', 100 * small) from s where series = 'MLS add new member'),
       (select printf('%.0f', 100 * large) from s where series = 'MLS update'),
       (select printf('%.0f', 100 * large) from s where series = 'MLS create');

-- docs/published.md: among {} members ours take {} times as long as among {}.
with s as (select size + 0 as n, cpu_ns_median * 1.0 as ns from "comparison/summary"
            where backend = 'mls' and operation = 'rekey' and tree = 'full' and role = 'actor' and phase = 'total')
select printf('%,d', max(n)), (select printf('%.0f', l.ns / f.ns) from s l, s f where l.n = 100000 and f.n = 2), min(n) from s;

-- docs/published.md: (an update from
--   {} ms to {} s with {}): their fits have terms in N and N^2
with p as (select group_size + 0 as n, time_ms * 1.0 as ms from "published/arewemlsyet-2023" where series = 'MLS update')
select printf('%.0f', ms), (select printf('%.1f', ms / 1000) from p where n = 100000), '100,000' from p where n = 1000;

-- docs/published.md: libolm in WebAssembly takes {} to {} times as long for a new session as libolm in C
with r as (select 1.0 * w.cpu_ns_median / c.cpu_ns_median as ratio
             from "relatives/summary" w join "relatives/summary" c using (operation, size, olm, role, phase)
            where w.backend = 'olm-wasm' and c.backend = 'megolm' and c.olm_crypto = 'libolm' and operation = 'rekey'
              and role = 'actor' and phase = 'total')
select printf('%.2f', min(ratio)), printf('%.2f', max(ratio)) from r;

-- docs/published.md: from 100 members on MLS takes {} to {} times as long as the one, {} to {} times as long as the other.
with s as (select *, operation || size as at, cpu_ns_median * 1.0 as ns from "comparison/summary"
            where operation in ('rekey', 'remove') and size + 0 >= 100 and role = 'actor' and phase = 'total'),
     r as (select g.olm, m.ns / g.ns as ratio from s m join s g using (at)
            where m.tree = 'cold' and g.olm || g.olm_crypto in ('chainlibolm', 'ratchetopenssl'))
select (select printf('%.2f', min(ratio)) from r where olm = 'chain'), (select printf('%.2f', max(ratio)) from r where olm = 'chain'),
       (select printf('%.2f', min(ratio)) from r where olm = 'ratchet'), (select printf('%.2f', max(ratio)) from r where olm = 'ratchet');

-- docs/published.md: {} to {} % in the Olm session with it; on OpenSSL that takes a quarter of the time ({} to {}) and is {} to {} %
--   of the share, less than the signatures on its keys ({} %), which take {} to {} times as long there.
with p as (select *, 100.0 * session_cpu_ns_median / parts_cpu_ns_median as session,
                  100.0 * verify_cpu_ns_median / parts_cpu_ns_median as verify from "first-message/parts"),
     r as (select 1.0 * o.session_cpu_ns_median / l.session_cpu_ns_median as session,
                  1.0 * o.verify_cpu_ns_median / l.verify_cpu_ns_median as verify
             from p o join p l using (size) where o.olm_crypto = 'openssl' and l.olm_crypto = 'libolm')
select (select printf('%.0f', min(session)) from p where olm_crypto = 'libolm'),
       (select printf('%.0f', max(session)) from p where olm_crypto = 'libolm'),
       (select printf('%.2f', min(session)) from r), (select printf('%.2f', max(session)) from r),
       (select printf('%.0f', min(session)) from p where olm_crypto = 'openssl'),
       (select printf('%.0f', max(session)) from p where olm_crypto = 'openssl'),
       (select printf('%.0f', max(verify)) from p where olm_crypto = 'openssl'),
       (select printf('%.2f', min(verify)) from r), (select printf('%.2f', max(verify)) from r);

-- docs/published.md: for a removal up to {}, and never without envelopes. Where Olm sessions
--   are `new`, more goes out: up to {} and {} for new keys, {} and {} for a removal.
with s as (select *, operation || size as at, size + 0 as n from "comparison/summary" where role = 'server' and size + 0 > 10),
     r as (select g.operation, g.olm, max(iif(m.down_bytes + 0 < g.down_bytes + 0, g.n, 0)) as sent,
                  max(iif(m.down_raw_bytes + 0 < g.down_raw_bytes + 0, g.n, 0)) as raw
             from s m join s g using (at) where m.tree = 'full' and g.backend = 'megolm' and g.olm_crypto = 'libolm'
            group by g.operation, g.olm)
select (select sent from r where operation = 'remove' and olm = 'ratchet' and raw = 0),
       (select printf('%,d', sent) from r where operation = 'rekey' and olm = 'new'),
       (select raw from r where operation = 'rekey' and olm = 'new'),
       (select printf('%,d', sent) from r where operation = 'remove' and olm = 'new'),
       (select raw from r where operation = 'remove' and olm = 'new');

-- docs/published.md: who removes one sends {} kB in a full tree
select printf('%.1f', up_bytes / 1e3) from "comparison/summary" where operation = 'remove' and size = '100000'
   and role = 'actor' and phase = 'total' and tree = 'full';

-- docs/published.md: in a full tree ({} for an add with its Welcome, {} for a removal)
with s as (select operation, printf('%.0f', down_bytes / 1e6) as mb from "comparison/summary"
            where size = '100000' and role = 'server' and tree = 'full')
select (select mb from s where operation = 'add'), (select mb from s where operation = 'remove');

-- docs/published.md: if all send (violet), {} to {} TB, more than MLS in every state.
select printf('%.0f', min(size * down_bytes) / 1e12), printf('%.0f', max(size * down_bytes) / 1e12) from "comparison/summary"
 where backend = 'megolm' and operation = 'create' and size = '100000' and role = 'server';

-- docs/published.md: those who by Zipf's law send before the keys are due again ({} of {})
select distinct senders, '1,000' from "senders/summary" where size = '1000' and senders not in ('', '1', '10', '100');

-- docs/published.md: Sizes from {} on have one process each: the step in the blue curve at 2,000 members, cold, is of this run;
--   `comparison` has {} ms there, not {}.
select (select min(size + 0) from "senders/summary" where n_processes = '1'), printf('%.0f', c.cpu_ns_median / 1e6),
       printf('%.0f', s.cpu_ns_median / 1e6)
  from "senders/summary" s join "comparison/summary" c using (operation, size, tree, role, phase)
 where operation = 'rekey' and size = '2000' and tree = 'cold' and role = 'actor' and phase = 'total';

-- docs/published.md: more than ten senders take in state `chain` ({} s, on OpenSSL {}), and in `ratchet` on OpenSSL ({}).
with g as (select *, printf('%.0f', total_ns / 1e9) as s from "senders/group_cost" where size = '10000' and senders = '10')
select (select s from g where olm = 'chain' and olm_crypto = 'libolm'), (select s from g where olm = 'chain' and olm_crypto = 'openssl'),
       (select s from g where olm = 'ratchet' and olm_crypto = 'openssl');

-- docs/published.md: One by one costs up to {} times what at once costs, and more where little cryptography is left:
with s as (select e.olm, e.olm_crypto, 1.0 * e.cpu_ns_median / a.cpu_ns_median as ratio
             from "bulk/summary" e join "bulk/summary" a using (backend, size, k, olm, olm_crypto, role, phase)
            where e.operation = 'add_each' and a.operation = 'add' and backend = 'megolm' and role = 'actor' and phase = 'total')
select printf('%.1f', max(ratio)) from s where olm = 'new' or (olm = 'ratchet' and olm_crypto = 'libolm');

-- docs/published.md: and in `ratchet` on OpenSSL {} times. Of removals
select printf('%.1f', 1.0 * e.cpu_ns_median / a.cpu_ns_median)
  from "bulk/summary" e join "bulk/summary" a using (backend, size, k, olm, olm_crypto, role, phase)
 where e.operation = 'add_each' and a.operation = 'add' and olm = 'ratchet' and olm_crypto = 'openssl' and k = '300'
   and role = 'actor' and phase = 'total';

-- docs/published.md: however they were added: there the two curves are one, but for {} %.
select printf('%.0f', 100 * max(abs(1.0 * e.cpu_ns_median / a.cpu_ns_median - 1)))
  from "bulk/summary" e join "bulk/summary" a using (backend, size, k, tree, role, phase)
 where e.operation = 'rekey_after_add_each' and a.operation = 'rekey_after_add' and backend = 'mls' and role = 'actor' and phase = 'total';

-- docs/published.md: **From {} members on, to join was cheaper then than it is here**
with r as (select group_size + 0 as n, value * 1e6 < cpu_ns_median + 0 as cheaper from "published/openmls-2021-blog"
             join "openmls-2021/summary" on size = group_size
            where series = 'join_group' and metric = 'time' and operation = 'create' and role = 'joiner' and phase = 'join' and tree = 'cold')
select min(n) from r where n > (select max(n) from r where not cheaper);

-- docs/published.md: took longer than it does here from {} members on (at {} it did not).
with r as (select group_size + 0 as n, value * 1e6 > cpu_ns_median + 0 as longer from "published/openmls-2021-blog"
             join "openmls-2021/summary" on size = group_size and tree = iif(setup = 'bare', 'cold', 'full')
            where series = 'process_add' and metric = 'time' and operation = 'add' and role = 'far' and phase = 'process')
select min(n), (select max(n) from r where not longer) from r where longer;

-- docs/published.md: with N, one signature a member: {} times as long as joining 5,000.
select printf('%.1f', ratio) from "openmls-join/verdicts";

-- docs/published.md: signatures for the largest group here ({} s in all), where a Megolm receiver's work
select printf('%,d', 1000 * round(total_ns / 1e12)) from "comparison/group_cost"
 where backend = 'mls' and operation = 'create' and size = '100000';

-- docs/published.md: MLS takes {} to {} times as long at {} of the {} sizes from 100 on, but as long at 50,000 and 80,000, which one
--   process measured: so the first claim counts as holding from {} members on, and the second likewise.
with r as (select m.size + 0 as n, 1.0 * m.cpu_ns_median / g.cpu_ns_median as ratio, m.n_processes = '1' as once
             from "comparison/summary" m join "comparison/summary" g using (operation, size, role, phase)
            where m.tree = 'cold' and g.olm = 'ratchet' and g.olm_crypto = 'openssl' and operation = 'rekey'
              and role = 'actor' and phase = 'total' and size + 0 >= 100),
     o as (select * from r where not (n in (50000, 80000) and once and abs(ratio - 1) < 0.005)),
     v as (select distinct from_size from "comparison/verdicts"
            where expectation like 'mls.% cheaper than megolm.rekey from 100' and first like '%cold' and second like '%ratchet olm_crypto=openssl')
select printf('%.2f', min(ratio)), printf('%.2f', max(ratio)), count(*), (select count(*) from r),
       (select printf('%,d', from_size) from v) from o;

-- docs/published.md: In a full tree against `chain` on OpenSSL from {} and from {}; in the other eight pairs of the ten from 100.
with v as (select expectation, from_size from "comparison/verdicts" where verdict = 'holds'
            and expectation like 'mls.% cheaper than megolm.rekey from 100' and first like '%full' and second like '%chain olm_crypto=openssl')
select (select from_size from v where expectation like 'mls.rekey%'), (select from_size from v where expectation like 'mls.add%')
 where 16 = (select count(*) from "comparison/verdicts" where verdict = 'holds' and from_size = ''
               and expectation like 'mls.% cheaper than megolm.rekey from 100');

-- docs/published.md: {} times as long as in `new` on OpenSSL, and {} and {} times as long as in these with libolm's own primitives.
with v as (select second, ratio from "comparison/verdicts" where expectation = 'mls.create at least 2 times megolm.rekey from 1000')
select (select printf('%.1f', ratio) from v where second like '%olm=new olm_crypto=openssl'),
       (select printf('%.2f', ratio) from v where second like '%olm=ratchet'), (select printf('%.2f', ratio) from v where second like '%olm=new');

-- docs/published.md: with 50 {} to {} times as long as with 60, with 500 {} to {} times as long as with 400 (for each other device):
--   these were measured in one stretch of {} s,
with s as (select olm, olm_crypto, size + 0 as n, 1.0 * cpu_ns_median / (size - 1) as ns from "comparison/summary"
            where backend = 'megolm' and operation = 'rekey' and role = 'actor' and phase = 'total'),
     r as (select a.ns / b.ns as ratio, a.n as n from s a join s b on a.olm = b.olm and a.olm_crypto = b.olm_crypto
            and ((a.n = 50 and b.n = 60) or (a.n = 500 and b.n = 400)))
select (select printf('%.2f', min(ratio)) from r where n = 50), (select printf('%.2f', max(ratio)) from r where n = 50),
       (select printf('%.2f', min(ratio)) from r where n = 500), (select printf('%.2f', max(ratio)) from r where n = 500),
       (select printf('%.0f', max(began_s + took_s) - min(began_s + 0)) from "comparison/processes" where size in ('50', '200', '500'));

-- docs/published.md: (the fit has a term in N log2 N as well, {} % of it at {} members)
with f as (select size_max, n_ns * size_max as linear, n_log2_n_ns * size_max * log2(size_max) as rest from "openmls-2021/fit"
            where operation = 'create' and role = 'actor')
select distinct printf('%.0f', 100 * rest / (rest + linear)), printf('%,d', size_max) from f;

-- docs/published.md: That adding is cheaper in a bare group holds from {} members on.
select from_size from "openmls-2021/verdicts" where expectation = 'mls.add:1 tree=cold cheaper than mls.add:1 tree=full from 10';

-- docs/published.md: The {} bytes are six more cipher suites
select distinct more from "exact-sizes/published_bytes" where why <> '';

-- README.md: {} of {} processes,
select json_extract(m, '$.processes.done'), json_extract(m, '$.processes.planned')
  from (select readfile('results/reference/quick/manifest.json') as m);

-- README.md: {} cells
select count(*) from "quick/summary";

-- README.md: {} pairs of cells
select count(*) from "quick/ratios";

-- README.md: {} changes of a group
select count(*) from "quick/group_cost";

-- docs/performance.md: By medians (`time_over_floor_median`) the same ratios lie between {} and {}, but for two: a create of 2
--   members, {}, and the first message of an epoch among {}, {}, which
with f as (select size + 0 as n, operation, role, printf('%.2f', time_over_floor_median) as ratio from "floor/summary"
            where time_over_floor_median <> ''),
     a as (select * from f where (operation = 'create' and role = 'actor' and n = 2) or (operation = 'send_first' and n = 100000)),
     o as (select * from f except select * from a)
select (select min(ratio) from o), (select max(ratio) from o), (select ratio from a where n = 2), printf('%,d', max(n)),
       (select ratio from a where n = 100000) from a;

-- docs/performance.md: From 1,000 to 100,000 members a rekey grows {} times, near {}, far {} (medians).
with g as (select role, printf('%.2f', 1.0 * l.cpu_ns_median / f.cpu_ns_median) as times
             from "floor/summary" l join "floor/summary" f using (operation, role, phase)
            where operation = 'rekey' and l.size = '100000' and f.size = '1000' and phase in ('total', 'process'))
select (select times from g where role = 'actor'), (select times from g where role = 'near'), (select times from g where role = 'far');

-- docs/published.md: where the fitted curves cross, new keys at {} ({} to {}, an interval over the {},
select printf('%.0f', from_size), printf('%.0f', from_size_ci_low), printf('%.0f', from_size_ci_high), intervals_over
  from "comparison/crossings" where cheaper = 'mls rekey tree=full' and dearer = 'megolm rekey olm=chain olm_crypto=openssl';
-- docs/backends.md: there it is {} to {}, between
with r as (select * from "peers-small/summary" union all select * from "peers/summary" where size = '10000'),
     a as (select 1.0 * (m.cpu_ns_min - m.floor_ns) / (p.cpu_ns_min - m.floor_ns) as x
             from r m join r p using (operation, k, size, tree, role, phase)
            where m.backend = 'mls' and m.crypto = 'openssl' and p.backend = 'mls-rs-openssl' and m.floor_ns <> '' and role = 'joiner')
select printf('%.2f', min(x)), printf('%.2f', max(x)) from a;

-- docs/backends.md: Everywhere else it is at most {}, and that is `store`.
with r as (select * from "peers-small/summary" union all select * from "peers/summary" where size = '10000'),
     a as (select 1.0 * (m.cpu_ns_min - m.floor_ns) / (p.cpu_ns_min - m.floor_ns) as x
             from r m join r p using (operation, k, size, tree, role, phase)
            where m.backend = 'mls' and m.crypto = 'openssl' and p.backend = 'mls-rs-openssl' and m.floor_ns <> '' and role <> 'joiner' and phase in ('total', 'process')
              and p.cpu_ns_min > m.floor_ns)
select printf('%.2f', max(x)) from a;
