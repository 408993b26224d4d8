import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalPipeline, Snapshot } from '@masque/local-pipeline';
import { exitStatus } from '@masque/stage/command';
import { clearProgress, count, isLive, paint, progress } from '../output/terminal.ts';
import { someEnd } from './ended-stage.ts';
import type { Workspace } from './workspace.ts';

const lookEveryMs = 250;

/** Stays until the signal, saying how to use what runs, and in a terminal what has passed through it. */
export async function listen(workspace: Workspace, signal: AbortSignal, tell: (line: string) => void): Promise<number> {
  const { local, queueUrl, databaseUrl } = workspace;
  const pages = await pagesOf(local, signal);
  tell('');
  tell(
    `${paint(process.stderr, 'bold', 'Listening.')} Ctrl-C stops everything. From another terminal, in this folder:`,
  );
  tell('');
  tell('  npx masque send --file logins.jsonl   each line a message; - is standard input');
  tell('  npx masque status                     where messages are');
  tell('');
  tell(`  dashboard  ${pages}`);
  tell(`  queue      ${queueUrl}`);
  tell(`  table      psql ${databaseUrl}`);
  tell(`  logs       ${local.logDir}`);
  tell('');
  const end = someEnd(local.processes);
  try {
    while (!signal.aborted) {
      const look = isLive(process.stderr) ? local.snapshot().then(show) : undefined;
      await Promise.race([look, end]);
      await Promise.race([sleep(lookEveryMs, undefined, { signal }).catch(() => {}), end]);
    }
  } finally {
    clearProgress();
  }
  return exitStatus.ok;
}

/** Starts the dashboard, on any free port: this machine alone is answered, so nobody is asked for a password. */
async function pagesOf(local: LocalPipeline, signal: AbortSignal): Promise<string> {
  const { pages } = local.start('dashboard', { DASHBOARD_PORT: '0' });
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError')), { once: true });
  });
  return await Promise.race([pages, aborted]);
}

function show({ stages, deleted }: Snapshot): void {
  const { extractor, masker, loader } = stages;
  progress(
    `  received ${count(extractor.messages)}, masked ${count(masker.messages)}, in PostgreSQL ${count(loader.messages)}, settled ${count(deleted)}`,
  );
}
