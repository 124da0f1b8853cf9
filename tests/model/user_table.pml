/* The protocol of the user table (state/user_store.h; rules R1 to R5), searched for an interleaving in which a user
 * could read stale: an acknowledged write that the table neither holds a mark for, nor requires, nor has below base.
 *
 * Two users, two writers (each writes for either user), one loss of the table, deaths at any step, commits that land
 * after their writer has died or given up, statements that take longer than a mark may be old, marks closed by others,
 * base raised and entries deleted by anybody.
 *
 *   writer:  IDLE -- opens a mark, or trusts a young one --> SENT -- the leader commits --> COMMITTED
 *            COMMITTED -- R1: the mark is young, or opened anew --> CHECKED -- acknowledged --> IDLE
 *            SENT -- gives up, the outcome is unknown --> IDLE          any -- dies --> DEAD
 *            IDLE, acknowledged -- its mark is listed, for whoever has a sample of the leader
 *   closer:  takes what is listed, with a sample; sooner or later it closes the mark, or dies. The writer may have died
 *            before, or have opened its mark anew: it skips that only while nobody has taken the listing.
 *
 * -DNO_R1, -DNO_R2_AGE, -DNO_R2_SEQUENCE, -DNO_R2_WITHDRAW, -DNO_R3, -DNO_R4 and -DNO_R5 leave one rule out: each has
 * to be found out.
 * A position is a number, 0 is none. Ages are counted in half MarkAges, and no further than anybody looks.
 *
 *   spin -a user_table.pml && cc -O2 -DSAFETY -o pan pan.c && ./pan -m1000000        check_model does this, and the rest */

#define MARK_AGE 2
#ifndef LAST_LSN
#define LAST_LSN 3
#endif
#define UNSET 255
#define WRITERS 2
#define USERS 2

#ifndef NO_R1
#define R1(age) ((age) <= MARK_AGE / 2)
#else
#define R1(age) true
#endif
#ifndef NO_R2_AGE
#define R2_AGE(age) ((age) >= MARK_AGE)
#else
#define R2_AGE(age) true
#endif
#ifndef NO_R2_SEQUENCE
#define R2_SEQUENCE(reopened) (!(reopened))
#else
#define R2_SEQUENCE(reopened) true
#endif
#ifndef NO_R2_WITHDRAW
#define R2_WITHDRAW(w) (!(sample[w] && closing[w] == whose[w]))
#else
#define R2_WITHDRAW(w) true
#endif
#ifndef NO_R3
#define R3(age) ((age) >= MARK_AGE)
#else
#define R3(age) true
#endif
#ifndef NO_R4
#define R4(u) (!mark[u] && !mark[USERS + u] && position[u] <= base)
#else
#define R4(u) true
#endif

#define IDLE 0
#define SENT 1
#define COMMITTED 2
#define CHECKED 3
#define DEAD 4

byte lsn = 1;

/* The table. Mark w * USERS + u is writer w's for user u: its age + 1; 0 is none. */
bool losable = true;
byte table_age = MARK_AGE;
byte base;
byte position[USERS];
byte mark[WRITERS * USERS];

/* What a writer believes of its marks, whatever became of the table: age + 1 of each that it has not closed. */
byte believed[WRITERS * USERS];
byte phase[WRITERS];
byte left[WRITERS];
byte whose[WRITERS];
byte committed[WRITERS];
/* The sample its mark is about to be closed with, for whom, and whether that has been opened anew since. */
byte sample[WRITERS];
byte closing[WRITERS];
bool reopened[WRITERS];

byte acknowledged[USERS];
byte late;  /* commits of writers that are gone */

#define AT(w) (w * USERS + whose[w])
#define MOST(a, b) ((a) > (b) -> (a) : (b))
#define OLDER(age, most) ((age) && (age) <= (most) -> (age) + 1 : (age))
#define STALE(u) (base != UNSET && !mark[u] && !mark[USERS + u] && MOST(base, position[u]) < acknowledged[u])

inline open_mark(w) {
    mark[AT(w)] = 1;
    believed[AT(w)] = 1;
    if
    :: sample[w] && closing[w] == whose[w] -> reopened[w] = true
    :: else
    fi
}

/* Nothing of a writer that is gone matters but its marks, and who closes them. */
inline forget(w) {
    believed[w * USERS] = 0;
    believed[w * USERS + 1] = 0;
    whose[w] = 0;
    committed[w] = 0
}

inline writer_moves(w) {
    if
    :: phase[w] == IDLE && left[w] ->
        left[w]--;
        committed[w] = 0;
        if
        :: whose[w] = 0
        :: whose[w] = 1
        fi;
        if
        /* Skipped, without asking whether the table is still there. */
        :: believed[AT(w)] && believed[AT(w)] - 1 < MARK_AGE / 2 && R2_WITHDRAW(w)
        :: open_mark(w)
        fi;
        phase[w] = SENT
    :: phase[w] == SENT && lsn < LAST_LSN ->
        lsn++;
        committed[w] = lsn;
        phase[w] = COMMITTED
    :: phase[w] == SENT && lsn < LAST_LSN ->  /* it lands later, or not: the writer never closes this mark */
        late++;
        believed[AT(w)] = 0;
        whose[w] = 0;
        phase[w] = IDLE
    :: phase[w] == COMMITTED ->
        if
        :: R1(believed[AT(w)] - 1)
        :: else -> open_mark(w)
        fi;
        phase[w] = CHECKED
    :: phase[w] == CHECKED ->
        acknowledged[whose[w]] = MOST(acknowledged[whose[w]], committed[w]);
        phase[w] = IDLE
    :: phase[w] == IDLE && committed[w] && !sample[w] && believed[AT(w)] ->
        sample[w] = lsn;
        closing[w] = whose[w];
        committed[w] = 0;
        whose[w] = 0
    :: sample[w] ->
        position[closing[w]] = MOST(position[closing[w]], sample[w]);
        if
        :: R2_SEQUENCE(reopened[w]) ->
            mark[w * USERS + closing[w]] = 0;
            believed[w * USERS + closing[w]] = 0
        :: else
        fi;
        sample[w] = 0;
        closing[w] = 0;
        reopened[w] = false
    :: sample[w] ->  /* whoever was about to close it dies */
        if
        :: !reopened[w] -> believed[w * USERS + closing[w]] = 0
        :: else
        fi;
        sample[w] = 0;
        closing[w] = 0;
        reopened[w] = false
    :: phase[w] != DEAD && phase[w] != IDLE ->
        if
        :: phase[w] == SENT -> late++
        :: else
        fi;
        forget(w);
        left[w] = 0;
        phase[w] = DEAD
    fi
}

active proctype world() {
    byte i;
    d_step {
        left[0] = 2;
        left[1] = 1
    }
    do
    :: atomic {
        if
        :: /* time passes */
            table_age = MOST(table_age, (table_age < MARK_AGE -> table_age + 1 : MARK_AGE));
            for (i : 0 .. WRITERS * USERS - 1) {
                mark[i] = OLDER(mark[i], MARK_AGE);
                believed[i] = OLDER(believed[i], MARK_AGE)
            }
            i = 0

        :: losable ->  /* R5: whole */
            losable = false;
            table_age = 0;
#ifndef NO_R5
            base = UNSET;
#endif
            for (i : 0 .. WRITERS * USERS - 1) {
                mark[i] = 0
            }
            i = 0;
            position[0] = 0;
            position[1] = 0

        :: base == UNSET && R3(table_age) -> base = lsn
        :: base != UNSET && base < lsn -> base++
        :: base != UNSET ->
            if
            :: i = 0
            :: i = 1
            fi;
            if
            :: position[i] && R4(i) ->
                position[i] = 0;
                mark[i] = 0;
                mark[USERS + i] = 0
            :: else
            fi;
            i = 0

        /* Anybody closes what has been open for long, by a position of the leader sampled then. */
        :: i = 0;
            do
            :: i < WRITERS * USERS - 1 -> i++
            :: break
            od;
            if
            :: mark[i] && R2_AGE(mark[i] - 1) ->
                position[i % USERS] = MOST(position[i % USERS], lsn);
                mark[i] = 0
            :: else
            fi;
            i = 0

        :: writer_moves(0)
        :: writer_moves(1)
        :: late && lsn < LAST_LSN -> late--; lsn++
        fi;
        assert(!STALE(0) && !STALE(1))
    }
    od
}
