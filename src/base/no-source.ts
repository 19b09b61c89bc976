import { AppError } from './errors.ts';

/** Of a label that no source has. */
export const noSource = (label: string) =>
  new AppError('not_found', `there is no source ${label}`, {
    hint: '`headwater source list` shows those there are',
  });
