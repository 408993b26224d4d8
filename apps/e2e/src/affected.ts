import { readNxJson } from 'nx/src/config/nx-json';
import { filterAffected } from 'nx/src/project-graph/affected/affected-project-graph';
import { createProjectGraphAsync } from 'nx/src/project-graph/project-graph';

/**
 * What `nx affected` would run for a change of one file. Nx's own answer, asked in this process: its command takes a
 * second and more each time, and a test compares the two.
 */
export async function openAffected(): Promise<(file: string) => Promise<string[]>> {
  process.env['NX_DAEMON'] = 'false';
  const graph = await createProjectGraphAsync({ exitOnError: false });
  return async (file) => {
    const change = { file, hash: '', getChanges: () => [{ type: 'WholeFileChange' }] };
    const { nodes } = await filterAffected(graph, [change], readNxJson());
    return Object.keys(nodes).sort();
  };
}
