import { expect, test } from 'vitest';
import { memoryFolder } from '../src/memory-folder.ts';

const plenty = (): number => 16 * 2 ** 30;
const little = (): number => 64 * 2 ** 20;
const mounted = (type: string, options: string): string =>
  `/dev/vda / ext4 rw,relatime 0 0\n${type} /dev/shm ${type} ${options} 0 0\n`;

test.each([
  ['rw,relatime,size=24684100k', plenty, '/dev/shm'],
  // A container’s.
  ['rw,nosuid,nodev,noexec,relatime,size=65536k', plenty, undefined],
  ['rw,nosuid,nodev,size=65536k', little, undefined],
  ['ro,relatime', plenty, undefined],
])('one mounted with %s', (options, room, folder) => {
  expect(memoryFolder(mounted('tmpfs', options), room)).toBe(folder);
});

test('none where /dev/shm is on a disk, or hidden by a later mount, or where there are no mounts to read', () => {
  expect(memoryFolder(mounted('ext4', 'rw'), plenty)).toBeUndefined();
  expect(memoryFolder(mounted('tmpfs', 'rw') + mounted('tmpfs', 'rw,noexec'), plenty)).toBeUndefined();
  expect(memoryFolder('', plenty)).toBeUndefined();
});
