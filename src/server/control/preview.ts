import type { Preview, PreviewWish } from '../../updates/preview/preview.ts';

export interface PreviewOperations {
  /** What would be done on an instance, and nothing is. Throws AppErrors. */
  previewInstance(id: number, wish: PreviewWish): Promise<Preview>;
}
