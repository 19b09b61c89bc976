import { onTestFinished } from 'vitest';
import { serveFolder, type TestUpstream } from './folder-server.ts';

export type { Fault, TestUpstream } from './folder-server.ts';

/** Starts an upstream for one test, which ends with it. */
export async function startUpstream(folder: string): Promise<TestUpstream> {
  const upstream = await serveFolder(folder);
  onTestFinished(() => upstream.close());
  return upstream;
}
