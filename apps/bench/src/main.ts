import { runTool } from '@masque/tool';
import { readArguments, usage } from './arguments.ts';
import { runBench } from './bench.ts';
import { writePage } from './page.ts';
import { toJson } from './report.ts';
import { toText } from './text.ts';

await runTool({
  usage,
  read: readArguments,
  async run(given, signal) {
    const report = await runBench(given, { note: (line) => void process.stderr.write(`${line}\n`), signal });
    process.stdout.write(toText(report));
    if (given.write) {
      const own = process.argv.slice(2).filter((argument) => argument !== '--write' && argument !== '--json');
      await writePage(report, { command: ['npm run bench --', ...own].join(' '), surroundings: report.surroundings });
    }
    if (given.json) process.stdout.write(`${JSON.stringify(toJson(report))}\n`);
    return 0;
  },
});
