import { runTool } from '@masque/tool';
import { readArguments, usage } from './arguments.ts';
import { runChaos, schedule } from './chaos.ts';
import { toText } from './report.ts';
import { describe } from './schedule.ts';
import { createView } from './view.ts';

await runTool({
  usage,
  read: readArguments,
  async run(given, signal) {
    const rounds = schedule(given);
    process.stdout.write(`Schedule of seed ${given.seed}: ${rounds.flat().length} faults in ${rounds.length} rounds\n`);
    process.stdout.write(`${describe(rounds).join('\n')}\n`);
    if (given.dryRun) return 0;
    const report = await runChaos({ ...given, view: createView(given.messages), signal });
    process.stdout.write(toText(report));
    if (given.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    return report.violations.length === 0 ? 0 : 1;
  },
});
