import type { Context } from 'koa';
import { AppError } from '../../base/errors.ts';
import { type ChannelFiles, decoded } from './channel-files.ts';

/** Where a channel has a package of this file name, percent-encoded; undefined where it has none. */
export type PackagePath = (channel: string, fileName: string) => Promise<string | undefined>;

/**
 * Answers with files as `files` does, and with packages also where they are asked for by another path than the channel has them
 * at: by `getPackage/`, or by metadata that a machine has from before it got another filter.
 */
export function foundByName(files: ChannelFiles, packagePath: PackagePath): ChannelFiles {
  return {
    async send(ctx: Context, name, rawPath, options) {
      try {
        await files.send(ctx, name, rawPath, options);
      } catch (error) {
        const fileName = decoded(rawPath.slice(rawPath.lastIndexOf('/') + 1));
        const absent = error instanceof AppError && error.kind === 'not_found';
        const path =
          absent && fileName.endsWith('.rpm') ? await packagePath(name, fileName) : undefined;
        if (path === undefined) throw error;
        await files.send(ctx, name, path, options);
      }
    },
  };
}
