import { Fault } from '@masque/fault';
import type { Exit } from './reaper-link.ts';
import type { ServerName } from './stack.ts';

/** Why a start did not succeed. `port_taken` and `busy` (a predecessor is still ending) pass. */
export interface Refusal {
  readonly reason: 'port_taken' | 'busy' | 'library' | 'nameless_user' | 'not_run' | 'silent' | 'exited';
  /** One line. */
  readonly said: string;
}

export function refusalOf(exit: Exit, output: string, endedItself: boolean): Refusal {
  if (!endedItself) return { reason: 'silent', said: lastWords(output) };
  if (/address already in use|EADDRINUSE/i.test(output)) return { reason: 'port_taken', said: lastWords(output) };
  if (/pre-existing shared memory block|lock file "postmaster\.pid" already exists/.test(output)) {
    return { reason: 'busy', said: lastWords(output) };
  }
  if (/error while loading shared libraries|Library not loaded/.test(output)) {
    return { reason: 'library', said: lastWords(output) };
  }
  if (/could not look up effective user ID/.test(output)) return { reason: 'nameless_user', said: lastWords(output) };
  return { reason: 'exited', said: lastWords(output) || `exit ${exit.code ?? exit.signal ?? ''}` };
}

/**
 * The line that says why. Quoted, against the rule for vendors' texts, because it was written before the server
 * answered anyone: it can speak of files, ports and settings, not of data.
 */
function lastWords(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const fatal = lines.findLast((line) => /FATAL|PANIC|fatal|error|can't|could not/i.test(line));
  return (fatal ?? lines.at(-1) ?? '').trim().slice(0, 300);
}

const advice: Readonly<Record<Refusal['reason'], string>> = {
  port_taken: 'Something else holds its port; end that, or start with a fresh data folder.',
  busy: 'Another server still runs on the same data folder; end it first.',
  library: "The system lacks a library which the server's binaries need; install it.",
  nameless_user: 'PostgreSQL wants the user to have a name: add this user id to /etc/passwd, or run as another user.',
  not_run: 'Its program could not be run: check that it is for this platform (PostgreSQL needs glibc on Linux).',
  silent: 'It ran but never answered; the machine may be too busy.',
  exited: 'Its last words are in the details; with a kept data folder, starting with a fresh one may help.',
};

export function startFault(server: ServerName, { reason, said }: Refusal): Fault {
  return new Fault(`${server}_not_started`, `the local ${server} server did not start`, {
    heals: reason === 'port_taken' || reason === 'busy' || reason === 'silent',
    advice: advice[reason],
    details: { reason, said },
  });
}
