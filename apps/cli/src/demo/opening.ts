import type { ProgressEvent, ServerName } from '@masque/local-stack';
import { clearProgress, isLive, paint, progress, remark } from '../output/terminal.ts';

/** What happens before there is anything to count: one line that changes in a terminal, a line each elsewhere. */
export interface Opening {
  server(event: ProgressEvent): void;
  step(what: string): void;
  /** Ends the changing line with one that stays. */
  done(what: string): void;
  /** The same, where there was a changing line. */
  settled(what: string): void;
  clear(): void;
}

const titles: Readonly<Record<ServerName, string>> = { postgres: 'PostgreSQL', redis: 'Redis', sqs: 'SQS' };
const names = ['postgres', 'redis', 'sqs'] as const;

export function createOpening(): Opening {
  const live = isLive(process.stderr);
  const states = new Map<ServerName, string>();

  function step(what: string): void {
    if (live) progress(`  ${what} …`);
    else remark(`  ${what}`);
  }

  return {
    server({ server, state, detail }) {
      if (live) {
        states.set(server, state === 'ready' ? `${titles[server]} ✔` : `${titles[server]} ${state}`);
        step(names.map((name) => states.get(name) ?? titles[name]).join(', '));
      } else step(`${titles[server]} ${state}${detail === undefined ? '' : ` (${detail})`}`);
    },
    step,
    done,
    settled(what) {
      if (live) done(what);
    },
    clear: clearProgress,
  };
}

function done(what: string): void {
  clearProgress();
  remark(paint(process.stderr, 'dim', `  ${what}`));
}
