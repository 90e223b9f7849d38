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

-- docs/published.md: each member gets the whole commit, {} MB together in a full tree (293 for an add, 353 for a removal), and {} GB in a cold one
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

-- docs/published.md: and {} times as long in the worst case as in the best for {} members.
with e as (select distinct expectation from "exact-sizes/verdicts"
            where expectation like 'mls.rekey/bytes tree=cold % at least % times mls.rekey/bytes tree=full % at 129' and verdict = 'holds')
select substr(expectation, instr(expectation, 'at least ') + 9, 3), '129' from e;

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

-- docs/published.md: where the fitted curves cross, new keys at {} ({} to {}, an interval over the {},
select printf('%.0f', from_size), printf('%.0f', from_size_ci_low), printf('%.0f', from_size_ci_high), intervals_over
  from "comparison/crossings" where cheaper = 'mls rekey tree=full' and dearer = 'megolm rekey olm=chain olm_crypto=openssl';
