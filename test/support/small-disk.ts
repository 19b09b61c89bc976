import { spawnSync } from 'node:child_process';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { temporaryFolder } from './app.ts';

const mount = (folder: string) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'headwater-test', folder]).status === 0;
const unmount = (folder: string) => spawnSync('umount', [folder]);

/** Empty where this user may mount a small file system, to fill it; else why tests that do are skipped. */
export async function whyNoSmallDisk(): Promise<string> {
  const folder = join(tmpdir(), `headwater-mount-${process.pid}`);
  await mkdir(folder);
  const may = mount(folder);
  if (may) unmount(folder);
  await rm(folder, { recursive: true });
  return may ? '' : ' (skipped: only root may mount a tmpfs)';
}

/** A file system of 8 MB for one test: its folder. */
export async function smallDisk(): Promise<string> {
  const disk = await temporaryFolder();
  expect(mount(disk)).toBe(true);
  onTestFinished(() => void unmount(disk));
  return disk;
}

/** Fills a file system but for so many bytes. Gives a function that frees them again. */
export async function fill(folder: string, left: number): Promise<() => Promise<void>> {
  const { bavail, bsize } = await statfs(folder);
  const filler = join(folder, 'filler');
  const file = await open(filler, 'w');
  const full = (error: NodeJS.ErrnoException) => {
    // A server that works there took some of it meanwhile.
    if (error.code !== 'ENOSPC') throw error;
  };
  await file.writeFile(Buffer.alloc(Math.max(0, bavail * bsize - left))).catch(full);
  await file.close();
  return () => rm(filler);
}
