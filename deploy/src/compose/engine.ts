import { execFile, spawn, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A container engine and its compose, whichever of the two command lines is there. */
export interface Engine {
  readonly version: string;
  docker(...args: readonly string[]): Promise<string>;
  compose(...args: readonly string[]): Promise<string>;
  /** A command that is fed by and by. */
  feed(...args: readonly string[]): Feed;
}

export interface Feed {
  write(text: string): void;
  /** Resolves once the command has left with 0. */
  end(): Promise<void>;
}

export interface EngineOptions {
  readonly folder: string;
  readonly project: string;
  /** Names settings that a file .env would: none here, whatever lies in the folder. */
  readonly envFile: string;
}

/** Where none answers: what is missing. */
export function findEngine(options: EngineOptions): Engine | { readonly missing: string } {
  const info = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { encoding: 'utf8' });
  if (info.error !== undefined) return { missing: 'there is no command docker' };
  if (info.status !== 0) return { missing: 'no container engine answers (docker info)' };
  const candidates = [['docker', 'compose'], ['docker-compose']] as const;
  const found = candidates.find(([command, ...args]) => spawnSync(command, [...args, 'version']).status === 0);
  if (found === undefined) return { missing: 'there is no docker compose, nor docker-compose' };
  const [command, ...prefix] = found;
  const given = [...prefix, '--project-name', options.project, '--env-file', options.envFile];
  const place = { cwd: options.folder, env: environment(), maxBuffer: 50_000_000 };
  return {
    version: `engine ${info.stdout.trim()}, ${found.join(' ')}`,
    docker: async (...args) => (await run('docker', args, place)).stdout.trim(),
    compose: async (...args) => (await run(command, [...given, ...args], place)).stdout.trim(),
    feed(...args) {
      const child = spawn(command, [...given, ...args], { ...place, stdio: ['pipe', 'ignore', 'pipe'] });
      const said: Buffer[] = [];
      child.stderr.on('data', (bytes: Buffer) => said.push(bytes));
      // What it says of a broken pipe comes with its exit status.
      child.stdin.on('error', () => {});
      const left = new Promise<number | null>((resolve) => void child.once('close', resolve));
      return {
        write: (text) => void child.stdin.write(text),
        async end() {
          child.stdin.end();
          const status = await left;
          if (status !== 0) throw new Error(`${args.join(' ')} left with ${status}: ${Buffer.concat(said).toString()}`);
        },
      };
    },
  };
}

/** Nothing of this shell's that a stage would take for a setting. */
function environment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => /^(PATH|HOME|DOCKER_|https?_proxy|no_proxy)/i.test(name));
  return Object.fromEntries(kept);
}
