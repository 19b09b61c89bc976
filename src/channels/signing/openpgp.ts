/** Loaded when it is needed: it is large, and most starts need it not. */
export const openpgp = () => import('openpgp');
