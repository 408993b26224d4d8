import { keyPaths } from '@masque/key-files';
import { createMasker, readMaskKeys } from '@masque/masking';
import { isRefusal, loadPipeline, versionNumber } from '@masque/pipeline';

/** The columns of `bench_logins`, in this order. */
export type LoginRow = readonly [string, string, string | null, string | null, string | null, number, string];

export const columnTypes = ['text', 'text', 'text', 'text', 'text', 'int', 'date'] as const;

interface Login {
  readonly user_id: string;
  readonly app_version: string;
  readonly device_type: string;
  readonly ip: string;
  readonly locale: string | null;
  readonly device_id: string;
}

/**
 * Bodies as rows, masked by the very masker that Masque's own stage uses, with its memo: what the peers differ in is
 * everything around it. What is no login is left out; a peer logs and deletes it.
 */
export async function createRowMaker(): Promise<(bodies: readonly string[]) => LoginRow[]> {
  const pipeline = await loadPipeline(process.env['MASQUE_PIPELINE'] ?? '');
  const keys = await readMaskKeys(keyPaths(process.env['MASQUE_KEYS_DIR'] ?? '').masker.mask);
  const masker = createMasker({ mask: pipeline.mask, keys });
  return (bodies) => {
    const logins = bodies.map((body) => JSON.parse(body) as Partial<Login>).filter(isLogin);
    const ips = masker.mask(
      'ip',
      logins.map(({ ip }) => ip),
    );
    const devices = masker.mask(
      'device_id',
      logins.map(({ device_id: device }) => device),
    );
    const day = new Date().toISOString().slice(0, 10);
    return logins.map((login, at): LoginRow => {
      const version = versionNumber.convert(login.app_version);
      return [
        login.user_id,
        login.device_type,
        text(ips[at]),
        text(devices[at]),
        login.locale,
        isRefusal(version) ? 0 : version,
        day,
      ];
    });
  };
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function isLogin(login: Partial<Login>): login is Login {
  return (['user_id', 'app_version', 'device_type', 'ip', 'device_id'] as const).every(
    (field) => typeof login[field] === 'string',
  );
}
