/**
 * What to do, by code: a condition's own, or that of the fault a stage waits for. Whatever is done, nothing is lost:
 * SQS keeps every message that PostgreSQL has not committed.
 */
const advice: Readonly<Record<string, string>> = {
  stage_gone:
    'Start it, or look why it ends: its log’s last line names the setting, key file or right (exit status 78). SQS keeps the messages meanwhile.',
  queue_still:
    'Replicas are there and take nothing. They end themselves after a minute of this and are to be restarted by their supervisor; if it lasts, look for `worker_stuck` and `redis_fault` in their logs.',
  queue_old:
    'Work arrives faster than it is done. Add replicas of the stage behind this arrow; the loader needs room in PostgreSQL’s connections for each.',
  retries_many: 'Something fails and heals again and again. The stage’s log names the code, at most every ten seconds.',
  sqs_behind:
    'Add extractors and maskers; then loaders, while PostgreSQL has CPU left. The extractor stops by itself where the stages behind are the limit.',
  quarantine_many:
    'A producer has probably changed its messages. The reasons below say how; `masque quarantine list` has the entries, and after a fix `masque quarantine replay` sends them again.',
  gate_backlog:
    'The stages behind have as much as BACKLOG_MAX allows. The slower of masker and loader is the one with the deeper arrow before it: add replicas there.',
  gate_downstream:
    'No masker or no loader works, so messages stay in SQS, where no receive counts against them. Mend that stage.',
  gate_unsent: 'Redis takes batches too slowly. Look at its CPU, its network, and its slow log.',
  gate_redis: 'The extractor cannot reach Redis. See to Redis first; receiving goes on by itself.',
  redis_unreachable: 'Check that Redis runs and REDIS_URL reaches it. All stages wait and go on by themselves.',
  redis_loading: 'Redis is loading its data, or is a replica that became none yet. Wait; if it lasts, look at its log.',
  redis_full: 'Raise its maxmemory, or lower BACKLOG_MAX. Work goes on by itself once there is room.',
  redis_refused: 'Check user and password in REDIS_URL, and that user’s rights.',
  postgres_unreachable: 'Check that PostgreSQL runs and DATABASE_URL reaches it. Loaders wait and go on by themselves.',
  postgres_busy:
    'PostgreSQL has no room now: connections, locks, or a restart. It is tried again; look at its log if it lasts.',
  postgres_read_only: 'DATABASE_URL points at a standby. Point it at the primary.',
  postgres_refused: 'Check user and password in DATABASE_URL, and pg_hba.conf.',
  database_missing: 'Create the database that DATABASE_URL names, or correct the URL.',
  not_migrated: 'Run `masque migrate`.',
  table_missing: 'Run `masque migrate`.',
  privilege_missing: 'Run `masque migrate --roles` as the owner, and give the user its role.',
  key_differs:
    'Batches were masked with a key that the table does not know. Give the maskers the key file they had before; what was masked wrongly is masked again.',
  definition_differs: 'Masker and loader run on different definitions of the pipeline. Run both on the same one.',
  ledger_day_missing:
    'Somebody drops partitions of the ledger that are still in use. Keep those younger than SQS’s retention.',
  seal_key_unknown:
    'Extractor and masker hold keys of different installations. Give both the folders of the same `masque keys init`.',
  handoff_version: 'A newer release has written batches that this one leaves to it. Finish the roll-out.',
  queue_missing: 'The queue that the extractor was given is not there. Check SQS_QUEUE_URL.',
  stopping: 'It was asked to stop and finishes what it has in hand.',
  starting: 'It is about to begin.',
};

export function adviceFor(code: string): string {
  return advice[code] ?? `The stage’s log says more about ${code}; search it for this word.`;
}
