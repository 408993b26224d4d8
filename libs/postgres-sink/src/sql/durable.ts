/**
 * Makes the commit of the statement that selects these two one that a crash does not undo, because a message is
 * deleted from SQS on the strength of it.
 *
 * - `synchronous_commit`, whatever the role's or database's default. Set by the statement itself, for its transaction:
 *   a setting of the session is lost behind a pooler that lends connections by transaction.
 * - A statement whose messages are all known writes nothing, and the commit of a transaction that wrote nothing is not
 *   flushed, nor waited for by a synchronous standby. It would vouch for commits that it only saw: one whose own wait
 *   for the standby was cut short is visible here and yet lost in a failover. An empty logical message is a few bytes
 *   of WAL behind that commit; flushing them flushes it.
 *
 * @param fresh the statement's part that holds what it added to the ledger
 */
export function durably(fresh: string): string {
  return `set_config('synchronous_commit', 'on', true) as committing,
       case when not exists (select from ${fresh}) then pg_logical_emit_message(true, 'masque', '') end as vouching`;
}
