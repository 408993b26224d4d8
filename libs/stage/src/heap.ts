import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Lets the heap double between two full collections, where V8 by itself waits for up to four times its size. By call
 * and not by a flag of the command, which would have to stand in every image, script and supervisor.
 *
 * A stage keeps little and throws away a lot, bytes outside the heap above all, which V8 counts as if they were in it.
 * At a third instead of the double a loader of long tokens collected its whole heap every ten batches, a quarter of
 * its CPU, and was no smaller for it; with bodies of 1 MiB one was, by 20 MB. A hard limit (`--max-old-space-size`) would end a process whose memo is set larger.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=100');
}

/**
 * One full collection, to be made when a stage has started. Before its first, V8 knows nothing of a heap and lets it
 * grow to some 75 MB, of which the live part was 25: up to 20 MB of each stage, for 15 ms once.
 */
export function collectStartUp(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
}
