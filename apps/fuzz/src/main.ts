import { startLocalStack } from '@masque/local-stack';
import { runTool } from '@masque/tool';
import { readArguments, usage } from './arguments.ts';
import { fuzz } from './fuzz.ts';
import { toText } from './report.ts';
import { createView } from './view.ts';

await runTool({
  usage,
  read: readArguments,
  async run(given, signal) {
    const view = createView(given.bodies);
    const stack = await startLocalStack({ only: ['postgres'], signal });
    try {
      const databaseUrl = stack.postgres.url();
      const report = await fuzz({ ...given, databaseUrl, signal, onProgress: (done) => view.show(done) });
      view.end();
      process.stdout.write(toText(report));
      if (given.json) process.stdout.write(`${JSON.stringify(report)}\n`);
      return report.violations.length === 0 ? 0 : 1;
    } finally {
      view.end();
      await stack.stop();
    }
  },
});
