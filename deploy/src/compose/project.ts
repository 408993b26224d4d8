import type { Engine } from './engine.ts';
import { startTraffic } from './traffic.ts';
import { until } from './until.ts';

export const stages = ['extractor', 'masker', 'loader'] as const;
export type Stage = (typeof stages)[number];

/** Where every message is. */
export interface Account {
  readonly rows: number;
  readonly users: number;
  readonly quarantined: number;
  readonly ledger: number;
  /** Visible and in flight, dead letters aside. */
  readonly queued: number;
}

interface Container {
  readonly Id: string;
  readonly State: {
    readonly Running: boolean;
    readonly ExitCode: number;
    readonly Health?: { readonly Status: string };
  };
  readonly RestartCount: number;
  readonly Config: { readonly User: string; readonly Env: readonly string[] };
  readonly HostConfig: { readonly ReadonlyRootfs: boolean; readonly CapDrop: readonly string[] | null };
  readonly Mounts: readonly { readonly Destination: string }[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
}

export type Project = ReturnType<typeof createProject>;

/** What the check does with the project, and what it looks at. */
export function createProject(engine: Engine) {
  async function containers(stage: string): Promise<Container[]> {
    const ids = (await engine.compose('ps', '--all', '--quiet', stage)).split('\n').filter((id) => id !== '');
    return ids.length === 0 ? [] : (JSON.parse(await engine.docker('inspect', ...ids)) as Container[]);
  }

  async function ask(sql: string): Promise<string[]> {
    const line = await engine.compose('exec', '-T', 'postgres', 'psql', '-U', 'masque', '-At', '-F', ' ', '-c', sql);
    return line.split(' ');
  }

  async function account(): Promise<Account> {
    const [rows, users, quarantined, ledger] = await ask(
      `select (select count(*) from user_logins), (select count(distinct user_id) from user_logins),
              (select count(*) from masque.quarantine), (select count(*) from masque.ledger)`,
    );
    const status = JSON.parse(await engine.compose('run', '--rm', '-T', 'cli', 'status', '--json')) as {
      readonly sqs: { readonly visible: number; readonly inFlight: number };
    };
    return {
      rows: Number(rows),
      users: Number(users),
      quarantined: Number(quarantined),
      ledger: Number(ledger),
      queued: status.sqs.visible + status.sqs.inFlight,
    };
  }

  return {
    containers,
    account,
    build: () => engine.compose('build'),
    imageSizes: async () => {
      const lines = await engine.docker(
        'images',
        '--format',
        '{{.Repository}} {{.Tag}} {{.Size}}',
        '--filter',
        'reference=masque/*',
      );
      return lines.split('\n');
    },
    /** Brings up so many of each stage, and waits until each says that it is ready. */
    async up(replicas: Readonly<Record<Stage, number>>): Promise<void> {
      const scale = stages.flatMap((stage) => ['--scale', `${stage}=${replicas[stage]}`]);
      await engine.compose('up', '-d', '--no-build', ...scale);
      const wanted: Readonly<Record<string, number>> = { ...replicas, dashboard: 1 };
      await until('every service healthy', async () => {
        const states = await Promise.all(
          Object.entries(wanted).map(async ([service, count]) => {
            const all = await containers(service);
            return all.length === count && all.every(({ State }) => State.Health?.Status === 'healthy');
          }),
        );
        return states.every(Boolean);
      });
    },
    async askedToLogIn(): Promise<void> {
      const said = await engine.compose('logs', '--no-color', 'dashboard-password');
      const address = await engine.compose('port', 'dashboard', '8090');
      const browser = { headers: { accept: 'text/html' }, redirect: 'manual' } as const;
      const { status, headers } = await fetch(`http://${address}/`, browser);
      const place = headers.get('location') ?? '';
      if (!said.includes('password is ') || status < 300 || status > 399 || !place.includes('login')) {
        throw new Error(`the dashboard answered ${status} ${place}`);
      }
    },
    /** A command of `masque keys`, in the service that has every folder. @returns its last line, read as JSON */
    keys: async (...args: readonly string[]): Promise<unknown> =>
      lastLine(await engine.compose('run', '--rm', '-T', 'keys', ...args, '--json')),
    custodian: async (...args: readonly string[]): Promise<unknown> =>
      lastLine(await engine.compose('run', '--rm', '-T', 'custodian', ...args, '--json')),
    /** Its replicas anew, and ready. */
    async restart(stage: Stage): Promise<void> {
      await engine.compose('restart', stage);
      await until(`${stage} ready again`, async () =>
        (await containers(stage)).every(({ State }) => State.Health?.Status === 'healthy'),
      );
    },
    /** Tokens in the table, by the key that they name. */
    async tokensOf(kid: string): Promise<number> {
      return Number((await ask(`select count(*) from user_logins where masked_ip like 'rsa1.${kid}.%'`))[0]);
    },
    traffic: () => startTraffic(engine.feed('run', '--rm', '-T', 'cli', 'send', '--file', '-')),
    loaded: async () => Number((await ask('select count(*) from masque.ledger'))[0]),
    /** As the kernel kills a process that takes too much memory: the container's own restart policy brings it back. */
    async kill(stage: Stage): Promise<void> {
      const [victim] = await containers(stage);
      if (victim === undefined) throw new Error(`no ${stage} to kill`);
      // The container ends with its stage, and this command with the container.
      await engine.docker('exec', victim.Id, 'node', '-e', killMain).catch(() => {});
      await until(`${stage} back`, async () => {
        const now = (await containers(stage)).find(({ Id }) => Id === victim.Id);
        return now !== undefined && now.RestartCount > victim.RestartCount;
      });
    },
    /** What `down` does first, so that exit statuses can be looked at. @returns the seconds it took */
    async stop(): Promise<number> {
      const began = performance.now();
      await engine.compose('stop', ...stages);
      return (performance.now() - began) / 1_000;
    },
    down: (...options: readonly string[]) => engine.compose('down', ...options),
    /** @returns whether the command succeeded in a container of the stage */
    async can(stage: Stage, ...command: readonly string[]): Promise<boolean> {
      return engine.compose('exec', '-T', stage, ...command).then(
        () => true,
        () => false,
      );
    },
    logs: () => engine.compose('logs', '--no-color', '--tail', '40', ...stages, 'dashboard'),
  };
}

function lastLine(text: string): unknown {
  return JSON.parse(text.slice(text.lastIndexOf('\n') + 1));
}

/** Process 1 is the init; the stage is the one that runs main.js. */
const killMain = `
const { readdirSync, readFileSync } = require('node:fs');
for (const id of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) {
  let line = '';
  try { line = readFileSync('/proc/' + id + '/cmdline', 'latin1'); } catch {}
  if (line === 'node\\0/app/main.js\\0') process.kill(Number(id), 'SIGKILL');
}`;
