import type { Operation } from './operation.ts';

interface Node {
  fixed: Map<string, Node>;
  parameter: Node | undefined;
  methods: Map<string, Operation>;
}

export interface Match {
  operation: Operation | undefined;
  params: Record<string, string>;
  /** What the path can be asked by. */
  methods: string[];
}

/** Finds the operation of a path below /20190801. Where a fixed segment and a parameter both fit, the fixed one is meant. */
export function createMatcher(operations: readonly Operation[]) {
  const root = newNode();
  for (const operation of operations) {
    let node = root;
    for (const segment of segmentsOf(operation.path)) {
      if (segment.startsWith('{')) {
        node.parameter ??= newNode();
        node = node.parameter;
      } else {
        const next = node.fixed.get(segment) ?? newNode();
        node.fixed.set(segment, next);
        node = next;
      }
    }
    if (node.methods.has(operation.method))
      throw new Error(`two operations ${operation.method} ${operation.path}`);
    node.methods.set(operation.method, operation);
  }

  return (method: string, path: string): Match | undefined => {
    const segments = segmentsOf(path);
    const node = find(root, segments);
    if (!node) return undefined;
    const operation = node.methods.get(method);
    const names = operation ? segmentsOf(operation.path) : [];
    const params: Record<string, string> = {};
    for (const [i, name] of names.entries()) {
      if (!name.startsWith('{')) continue;
      const value = decoded(segments[i]!);
      if (value === undefined) return undefined;
      params[name.slice(1, -1)] = value;
    }
    return { operation, params, methods: [...node.methods.keys()] };
  };
}

function find(node: Node, [segment, ...rest]: readonly string[]): Node | undefined {
  if (segment === undefined) return node.methods.size > 0 ? node : undefined;
  const fixed = node.fixed.get(segment);
  const found = fixed && find(fixed, rest);
  return found ?? (node.parameter && segment !== '' ? find(node.parameter, rest) : undefined);
}

const newNode = (): Node => ({ fixed: new Map(), parameter: undefined, methods: new Map() });

const segmentsOf = (path: string): string[] => path.replace(/^\/|\/$/g, '').split('/');

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
