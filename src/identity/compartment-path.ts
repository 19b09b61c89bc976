/** The path of the compartment that one is in: empty for the root, which is in none. */
export const parentOf = (path: string): string =>
  path.slice(0, Math.max(0, path.lastIndexOf(':'))).replace(/:+$/, '');

export const lastNameOf = (path: string): string => path.slice(path.lastIndexOf(':') + 1);

/** Whether a compartment is another one or, at any depth, below it. */
export const isWithin = (path: string, compartment: string): boolean =>
  compartment === '' || (path.startsWith(compartment) && (path[compartment.length] ?? ':') === ':');
