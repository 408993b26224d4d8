import { aclRules } from '@masque/job-queue/acl';
import { Command } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { remark, say, sayJson } from '../output/terminal.ts';
import { rolePrefix } from '../role-prefix.ts';
import { redisUsers } from '../redis-users.ts';

export function redisAclCommand(): Command {
  return new Command('redis-acl')
    .description(
      'Print the commands that make a user of Redis for each stage, the dashboard and the custodian, each with its own keys of this pipeline and no others. For Redis 7 or newer, or Valkey: `masque redis-acl | redis-cli -u …`.',
    )
    .option('--users <prefix>', 'how their names begin: one for each pipeline', rolePrefix, 'masque')
    .option('--json', 'print one JSON object')
    .action(async (flags: { readonly users: string; readonly json?: true }) => {
      const { name } = await readPipeline();
      const { REDIS_PREFIX: prefix } = readEnvironment(settings.redis);
      const users = Object.entries(redisUsers).map(([part, use]) => ({
        user: `${flags.users}_${part}`,
        rules: ['on', ...aclRules(prefix, name, use)],
      }));
      if (flags.json) {
        sayJson({ users });
        return;
      }
      for (const { user, rules } of users) {
        say(`ACL SETUSER ${user} ${rules.map((rule) => (rule.includes(' ') ? `"${rule}"` : rule)).join(' ')}`);
      }
      remark(
        `\nNone can log in before it has a password, which running this again leaves alone: ACL SETUSER ${flags.users}_loader ">…"\nThen ACL SETUSER default off, and ACL SAVE where an aclfile is configured.`,
      );
    });
}
