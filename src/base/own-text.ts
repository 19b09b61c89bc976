/** A copy of a text: one that was cut out of a longer text keeps all of that in memory as long as itself. */
export const ownText = (text: string): string => Buffer.from(text).toString();
