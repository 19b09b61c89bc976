import { userInfo } from 'node:os';

/** Who runs this command, for records of who did what. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // One that the system has no name for.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
