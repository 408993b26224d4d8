/*
 * The protocol of a message from SQS to PostgreSQL and back, for the model checker spin. What it stands for, what it
 * leaves out and what it shows is in ../guarantees.md; apps/e2e/test/model.test.ts runs it.
 *
 * Who holds what
 *   SQS          each message: shown, hidden, deleted, or a dead letter
 *   Redis        at most one job a batch in each of three queues: the batch's id names it, a second add is nothing
 *   PostgreSQL   ledger entries, and places (rows and quarantine entries), which last
 *   processes    batches in an extractor's hand, and a loader's runs; gone when their process is
 *
 * A run bit says that at least one loader runs the job. A lock that runs out under its holder is a run that ends and
 * stays, or a job that is done and stays. So the model has no number of replicas: it has any. The runs of maskers and
 * settlers are one step each, as nothing can be seen of them before their last; one that goes on when its job is done
 * or forgotten is, to everybody else, the job still there.
 *
 * Faults come in any number and order until `calm`, which comes at any time, once, and stays. Nothing has a speed:
 * until calm, visibility timeouts and deadlines pass when they please.
 *
 * With LEDGER_RETIRED the ledger forgets, as its partitions are dropped: a message long settled, of which SQS has no copy
 * left and which no batch holds, as the loader drops batches of more than a day ago. Not so with OLD_BATCHES_LOADED.
 *
 * Each rule that the proof rests on can be broken with one -D. The names are listed in guarantees.md.
 */

#ifndef MESSAGES
#define MESSAGES 2
#endif
/* Ids alive at once. An id whose batch is gone everywhere serves again, as a new one. */
#define BATCHES 2

/* States of a message in SQS */
#define SHOWN 0
#define HIDDEN 1
#define DELETED 2
#define DEAD 3

#define has(set, m) (((set) >> (m)) & 1)
#define with(set, m) ((set) | (1 << (m)))
#define without(set, m) ((set) & ~(1 << (m)))

byte sqs[MESSAGES];

/* A batch's messages, and those of them whose latest receipt it holds. */
byte messages[BATCHES];
byte latest[BATCHES];

/* In an extractor's hand, not known to be in Redis */
bit hand[BATCHES];

/* Jobs in Redis */
bit extracted[BATCHES];
bit masked[BATCHES];
bit settled[BATCHES];

/* Runs of a loader, before and after its commit */
bit loading[BATCHES];
bit committed[BATCHES];

bit ledger[MESSAGES];
byte places[MESSAGES];

bit calm;

hidden byte at;
hidden byte taken;

#ifdef OLD_BATCHES_LOADED
#define LEDGER_RETIRED
#endif
#ifdef LEDGER_RETIRED
bit expired[MESSAGES];
#endif
#ifdef LEDGER_BY_LOAD_DAY
bit tomorrow;
bit ledgerTomorrow[MESSAGES];
#endif
#ifdef LEDGER_APART
byte unplaced[BATCHES];
#endif
#ifdef SETTLE_ONLY_NEW
byte fresh[BATCHES];
byte receipts[BATCHES];
#endif
#ifdef REPEATS_KEPT
bit twice[BATCHES];
#endif
#ifdef KEPT_JOBS
bit keptExtracted[BATCHES];
bit keptMasked[BATCHES];
bit keptSettled[BATCHES];
#endif
#ifdef KEPT_JOBS_IDS_OF_MESSAGES
/* By the set of messages; three messages have eight. */
bit kept[8];
#endif

#define alive(b) (hand[b] || extracted[b] || masked[b] || loading[b] || committed[b] || settled[b])
#define held(m) ((has(latest[0], m) && alive(0)) || (has(latest[1], m) && alive(1)))
#define carried(m) ((has(messages[0], m) && alive(0)) || (has(messages[1], m) && alive(1)))

#define isEnded(m) ((sqs[m] == DELETED && places[m] == 1) || sqs[m] == DEAD)
#if MESSAGES == 1
#define allEnded isEnded(0)
#define anyShown (sqs[0] == SHOWN)
#elif MESSAGES == 2
#define allEnded (isEnded(0) && isEnded(1))
#define anyShown (sqs[0] == SHOWN || sqs[1] == SHOWN)
#else
#define allEnded (isEnded(0) && isEnded(1) && isEnded(2))
#define anyShown (sqs[0] == SHOWN || sqs[1] == SHOWN || sqs[2] == SHOWN)
#endif

/* ── What is promised ── */

inline neverLost(m) { assert(sqs[m] != DELETED || places[m] > 0) }
inline neverDoubled(m) { assert(places[m] <= 1) }
inline deadNeverPlaced(m) {
#ifdef DEAD_LETTERS_UNPLACED
  assert(sqs[m] != DEAD || places[m] == 0)
#else
  skip
#endif
}

#ifdef LIVENESS
ltl eventually_settled { [] (calm -> <> allEnded) }
#endif

/* ── SQS ── */

inline receive(b, m) {
  sqs[m] = HIDDEN;
  taken = with(taken, m);
  latest[0] = without(latest[0], m);
  latest[1] = without(latest[1], m);
}

/* A delete: with the latest receipt of a hidden message it may fail only before calm. With another it may do nothing,
   whatever SQS answers, or delete what another batch holds. */
inline erase(b, m) {
  if
  :: sqs[m] == SHOWN || sqs[m] == HIDDEN ->
     sqs[m] = DELETED;
#ifdef LEDGER_TIDIED
     ledger[m] = 0;
#endif
     neverLost(m)
  :: !calm || !has(latest[b], m) || sqs[m] != HIDDEN
  fi
}

/* ── PostgreSQL ── */

inline place(b, m) {
  places[m]++;
#ifdef REPEATS_KEPT
  places[m] = places[m] + twice[b];
#endif
#ifdef SETTLE_ONLY_NEW
  fresh[b] = with(fresh[b], m);
#endif
  neverDoubled(m);
  deadNeverPlaced(m)
}

#ifdef NO_LEDGER
#define isNew(m) true
#elif defined(LEDGER_BY_LOAD_DAY)
#define isNew(m) ((!tomorrow && !ledger[m]) || (tomorrow && !ledgerTomorrow[m]))
#else
#define isNew(m) (!ledger[m])
#endif

/* One transaction for one message: its ledger entry and, when that is new, its place. */
inline load(b, m) {
  if
  :: isNew(m) ->
#ifdef LEDGER_BY_LOAD_DAY
     if :: tomorrow -> ledgerTomorrow[m] = 1 :: else -> ledger[m] = 1 fi;
#else
     ledger[m] = 1;
#endif
#ifdef LEDGER_APART
     unplaced[b] = with(unplaced[b], m)
#else
     place(b, m)
#endif
  :: else
  fi
}

/* ── Redis ── */

inline addExtracted(b) {
#if defined(KEPT_JOBS)
  extracted[b] = extracted[b] || !keptExtracted[b]
#elif defined(KEPT_JOBS_IDS_OF_MESSAGES)
  extracted[b] = extracted[b] || !kept[messages[b]]
#else
  extracted[b] = 1
#endif
}

inline addMasked(b) {
#ifdef KEPT_JOBS
  masked[b] = masked[b] || !keptMasked[b]
#else
  masked[b] = 1
#endif
}

inline addSettled(b) {
#ifdef KEPT_JOBS
  settled[b] = settled[b] || !keptSettled[b]
#else
  settled[b] = 1
#endif
#ifdef SETTLE_ONLY_NEW
  ;receipts[b] = fresh[b]
#endif
}

/* A batch of which nothing is left is forgotten, so that its id can serve again. */
#define forget(b) messages[b] = (alive(b) -> messages[b] : 0); latest[b] = (alive(b) -> latest[b] : 0)

/* Removing a finished job. Before calm it may stay: the run's lock had run out; another worker, who had lost his, runs
   it yet; or Redis went back to an earlier state, after a failover or a restore, where the job was not done. */
#define gone(job) if :: job = 0 :: !calm fi
/* The end of a run. Before calm another one may be left that took the job when the lock had run out. */
#define ends(run) if :: run = 0 :: !calm fi

/* ── The stages, for one batch each ── */

proctype Extractor(byte b) {
end:
  do
  /* Some of the messages shown, at least one. The ids are alike, so the first free one is taken. */
  :: atomic {
       !alive(b) && (b == 0 || alive(0)) && anyShown ->
       taken = 0;
       for (at : 0 .. MESSAGES - 1) {
         if
         :: sqs[at] == SHOWN -> receive(b, at)
         :: true
         fi
       };
       if
       :: taken != 0
       :: else -> at = 0; do :: sqs[at] == SHOWN -> break :: else -> at++ od; receive(b, at)
       fi;
       messages[b] = taken;
       latest[b] = taken;
       hand[b] = 1;
#ifdef REPEATS_KEPT
       if :: twice[b] = 0 :: !calm -> twice[b] = 1 fi;
#endif
#ifdef SETTLE_ONLY_NEW
       fresh[b] = 0; receipts[b] = 0;
#endif
#ifdef KEPT_JOBS
       keptExtracted[b] = 0; keptMasked[b] = 0; keptSettled[b] = 0;
#endif
       at = 0; taken = 0
     }
  /* An add that the extractor takes for failed has happened all the same, and is made again; or comes late, when the
     batch was given up or handed back. */
  :: atomic { hand[b] -> addExtracted(b); ends(hand[b]); forget(b) }
  od
}

proctype Masker(byte b) {
end:
  do
  :: atomic {
       extracted[b] ->
       addMasked(b);
       gone(extracted[b]);
#ifdef KEPT_JOBS
       keptExtracted[b] = !extracted[b];
#endif
#ifdef KEPT_JOBS_IDS_OF_MESSAGES
       kept[messages[b]] = !extracted[b];
#endif
       forget(b)
     }
  od
}

proctype Loader(byte b) {
end:
  do
  :: atomic {
       masked[b] && !loading[b] && (!calm || !committed[b]) ->
       loading[b] = 1;
#ifdef DELETE_FIRST
       addSettled(b)
#endif
     }
  /* A part of a batch that is being bisected */
  :: atomic {
       loading[b] && !calm ->
       if
       :: has(messages[b], 0) -> load(b, 0)
#if MESSAGES > 1
       :: has(messages[b], 1) -> load(b, 1)
#endif
#if MESSAGES > 2
       :: has(messages[b], 2) -> load(b, 2)
#endif
       fi
     }
  /* All of it, or the rest */
  :: atomic {
       loading[b] ->
       for (at : 0 .. MESSAGES - 1) {
         if :: has(messages[b], at) -> load(b, at) :: else fi
       };
       at = 0;
       committed[b] = 1;
       ends(loading[b])
     }
#ifdef LEDGER_APART
  /* The second transaction */
  :: atomic {
       committed[b] && unplaced[b] != 0 ->
       for (at : 0 .. MESSAGES - 1) {
         if :: has(unplaced[b], at) -> place(b, at) :: else fi
       };
       at = 0;
       unplaced[b] = 0
     }
  :: atomic {
       committed[b] && unplaced[b] == 0 ->
#else
  :: atomic {
       committed[b] ->
#endif
       addSettled(b);
       gone(masked[b]);
#ifdef KEPT_JOBS
       keptMasked[b] = !masked[b];
#endif
       ends(committed[b]);
       forget(b)
     }
  od
}

proctype Settler(byte b) {
end:
  do
  :: atomic {
       settled[b] ->
       for (at : 0 .. MESSAGES - 1) {
         if
#ifdef SETTLE_ONLY_NEW
         :: has(receipts[b], at) -> erase(b, at)
#else
         :: has(messages[b], at) -> erase(b, at)
#endif
         :: else
         fi
       };
       at = 0;
       gone(settled[b]);
#ifdef KEPT_JOBS
       keptSettled[b] = !settled[b];
#endif
       forget(b)
     }
  od
}

/* ── Time and faults ── */

proctype Time(byte m) {
end:
  do
  /* A visibility timeout. After calm a batch gets through before it. */
  :: d_step { sqs[m] == HIDDEN && (!calm || !held(m)) -> sqs[m] = SHOWN }
  /* Too many receives */
  :: d_step { sqs[m] == SHOWN && !calm -> sqs[m] = DEAD; deadNeverPlaced(m) }
  /* A copy on a server of SQS that was away when its message was deleted */
#ifdef LEDGER_RETIRED
  :: d_step { sqs[m] == DELETED && !calm && !expired[m] -> sqs[m] = SHOWN }
  /* After the retention. Its copies in SQS are gone by then, and, but for this variant, its batches. */
#ifdef OLD_BATCHES_LOADED
  :: d_step { sqs[m] == DELETED && !expired[m] -> expired[m] = 1; ledger[m] = 0 }
#else
  :: d_step { sqs[m] == DELETED && !expired[m] && !carried(m) -> expired[m] = 1; ledger[m] = 0 }
#endif
#else
  :: d_step { sqs[m] == DELETED && !calm -> sqs[m] = SHOWN }
#endif
#ifdef COMMIT_UNDONE
  /* PostgreSQL forgets what it had answered for */
  :: d_step { places[m] == 1 && !calm -> places[m] = 0; ledger[m] = 0; neverLost(m) }
#endif
  od
}

proctype Crashes(byte b) {
end:
  do
  /* Also: the batch is given up at its deadline, or handed back at shutdown */
  :: d_step { hand[b] && !calm -> hand[b] = 0; forget(b) }
  :: d_step { loading[b] && !calm -> loading[b] = 0; forget(b) }
  :: d_step {
       committed[b] && !calm ->
       committed[b] = 0;
#ifdef LEDGER_APART
       unplaced[b] = 0;
#endif
#ifdef SETTLE_ONLY_NEW
       fresh[b] = 0;
#endif
       forget(b)
     }
  /* One job is dropped: past its deadline, stalled too often, or by hand */
  :: d_step { extracted[b] && !calm -> extracted[b] = 0; forget(b) }
  :: d_step { masked[b] && !calm -> masked[b] = 0; forget(b) }
  :: d_step { settled[b] && !calm -> settled[b] = 0; forget(b) }
  od
}

proctype Faults() {
end:
  do
  :: d_step {
       !calm ->
       extracted[0] = 0; masked[0] = 0; settled[0] = 0;
       extracted[1] = 0; masked[1] = 0; settled[1] = 0;
       forget(0); forget(1);
#ifdef KEPT_JOBS
       keptExtracted[0] = 0; keptMasked[0] = 0; keptSettled[0] = 0;
       keptExtracted[1] = 0; keptMasked[1] = 0; keptSettled[1] = 0;
#endif
#ifdef KEPT_JOBS_IDS_OF_MESSAGES
       kept[1] = 0;
#if MESSAGES > 1
       kept[2] = 0; kept[3] = 0;
#endif
#endif
     }
#ifdef LEDGER_BY_LOAD_DAY
  :: d_step { !tomorrow -> tomorrow = 1 }
#endif
#ifdef LIVENESS
  /* What can go wrong in calm can before it, so that the other checks need none. */
  :: d_step { !calm -> calm = 1 }
#endif
  od
}

init {
  atomic {
    for (at : 0 .. MESSAGES - 1) { run Time(at) };
    for (at : 0 .. BATCHES - 1) {
      run Extractor(at);
      run Masker(at);
      run Loader(at);
      run Settler(at);
      run Crashes(at)
    };
    at = 0;
    run Faults()
  }
}
