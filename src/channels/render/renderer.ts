import type { Rendered, RenderJob } from './rendered.ts';

export interface Renderer {
  render(job: RenderJob, options?: { background?: boolean }): Promise<Rendered>;
  warm(label: string, manifest: string, compression: 'gzip' | 'zstd'): Promise<void>;
  close(): Promise<void>;
}
