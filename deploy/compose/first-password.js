// Makes the dashboard's password on the first start, and says it once: `docker compose logs dashboard-password`. What is
// kept is its hash. DASHBOARD_PASSWORD_HASH in .env takes the place of both.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';

const file = '/password/hash';
if (!existsSync(file)) {
  const password = randomBytes(15).toString('base64url');
  const hash = execFileSync('node', ['/app/main.js', 'dashboard', 'password'], {
    input: `${password}\n`,
    encoding: 'utf8',
  });
  writeFileSync(file, hash, { mode: 0o600 });
  process.stdout.write(`the dashboard's password is ${password}\n`);
}
