// Writes Valkey's users, each with its own keys of the pipeline and no others (`masque redis-acl`), to a file that Valkey
// reads at its start. Passwords as in docker-compose.yml; nobody but these networks' containers can use them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const { users } = JSON.parse(execFileSync('node', ['/app/main.js', 'redis-acl', '--json'], { encoding: 'utf8' }));
const lines = users.map(({ user, rules }) => {
  const password = user.slice('masque_'.length);
  return `user ${user} ${rules.join(' ')} #${createHash('sha256').update(password).digest('hex')}`;
});
// For the health check, which knows no password.
lines.push('user default on nopass resetkeys resetchannels -@all +ping');
writeFileSync('/users/users.acl', `${lines.join('\n')}\n`, { mode: 0o644 });
process.stdout.write(`${users.length} users of Valkey\n`);
