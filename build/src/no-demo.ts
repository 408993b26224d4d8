import { Fault } from '@masque/fault';
import { Command } from 'commander';

/** Stands in for the command line's demo in an image, where there are no servers and stages to start. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('Not in an image: `npm run demo` in the repository, or `docker compose up`.')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new Fault('demo_not_here', 'the demo needs the repository, and this is the command line alone', {
        heals: false,
        advice: 'In the repository: npm ci && npm run demo. With containers: docker compose up.',
      });
    });
}
