import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap grow by a third between two full collections, where V8 by itself waits until it has doubled and more.
 * A stage keeps little and throws away a lot: with bodies of 1 MiB the garbage was most of its memory (loader 240 to
 * 180 MB, extractor 400 to 330). A smaller young generation saved little, as texts of that size are never in it; a hard
 * limit (`--max-old-space-size`) would end a process whose memo is set larger.
 *
 * By call and not by a flag of the command, which would have to stand in every image, script and supervisor.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=100');
}
