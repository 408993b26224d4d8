import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly certificate: string;
}

export interface TlsAuthority {
  /** PEM, and where it lies for who takes a file. */
  readonly certificate: string;
  readonly file: string;
  /** @param altNames as openssl reads them: `DNS:localhost,IP:127.0.0.1` */
  issue(altNames: string, validity?: 'valid' | 'expired'): Promise<TlsIdentity>;
  remove(): Promise<void>;
}

const openssl = (args: readonly string[], cwd: string): Promise<unknown> =>
  promisify(execFile)('openssl', args, { cwd });
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority of a test's own, by the `openssl` command: Node can read certificates and issue none. */
export async function createTlsAuthority(): Promise<TlsAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'masque-tls-'));
  const file = join(folder, 'ca.pem');
  await openssl(
    ['req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA', '-days', '2'],
    folder,
  );
  let issued = 0;
  return {
    certificate: await readFile(file, 'utf8'),
    file,
    async issue(altNames, validity = 'valid') {
      const name = `server-${(issued += 1)}`;
      const [key, request, certificate] = [`${name}.key`, `${name}.csr`, `${name}.pem`];
      await openssl(['req', ...newKey, '-keyout', key, '-out', request, '-subj', '/CN=server'], folder);
      await writeFile(join(folder, `${name}.ext`), `subjectAltName=${altNames}\n`);
      const days = validity === 'valid' ? '2' : '-1';
      const signing = [
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-days',
        days,
        '-extfile',
        `${name}.ext`,
      ];
      await openssl(['x509', '-req', '-in', request, '-out', certificate, ...signing], folder);
      const read = (part: string): Promise<string> => readFile(join(folder, part), 'utf8');
      return { key: await read(key), certificate: await read(certificate) };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
