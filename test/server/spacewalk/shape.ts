/** What a value is made of: the name of a type, the shapes of a struct's members, or those of an array's elements. */
export type Shape = string | { [member: string]: Shape } | Shape[];

/** The shape of the result, or of the fault, in a `<methodResponse>`; it is read on its own, not by the server's decoder. */
export function shapeOf(xml: string): Shape {
  const tags = [...xml.matchAll(/<(\/?)([\w.]+)(\/?)>([^<]*)/g)].map(
    ([, close, name, alone, text]) => ({ kind: `${close}${name}${alone}`, text: text! }),
  );
  let at = 0;
  const next = () => tags[at++]!;
  const until = (kind: string) => {
    while (tags[at] && tags[at]!.kind !== kind) at++;
    if (!tags[at]) throw new Error(`no <${kind}> in ${xml}`);
    return next();
  };

  function value(): Shape {
    until('value');
    const { kind } = tags[at]!;
    if (kind === '/value') {
      at++;
      return 'string';
    }
    at++;
    if (kind.endsWith('/')) {
      until('/value');
      return kind === 'struct/' ? {} : kind === 'array/' ? [] : kind.slice(0, -1);
    }
    const shape = kind === 'struct' ? struct() : kind === 'array' ? array() : scalar(kind);
    until('/value');
    return shape;
  }

  function scalar(kind: string): Shape {
    until(`/${kind}`);
    return kind === 'i4' ? 'int' : kind;
  }

  function struct(): Shape {
    const members: { [member: string]: Shape } = {};
    while (next().kind === 'member') {
      const name = until('name').text;
      members[name] = value();
      until('/member');
    }
    return members;
  }

  function array(): Shape {
    const elements: Shape[] = [];
    if (next().kind === 'data/') {
      until('/array');
      return elements;
    }
    while (tags[at]!.kind === 'value') elements.push(value());
    until('/array');
    return elements;
  }

  if (tags.some(({ kind }) => kind === 'fault')) {
    until('fault');
    return { fault: value() };
  }
  until('methodResponse');
  return value();
}

/**
 * In what a shape differs from one that was recorded: a sentence each. Members that were not recorded count; of arrays each
 * element must be like the first that was recorded, and there must be some where some were.
 */
export function differences(recorded: Shape, given: Shape, place = 'the result'): string[] {
  if (typeof recorded === 'string' || typeof given === 'string')
    return recorded === given ? [] : [`${place} is ${named(given)}, not ${named(recorded)}`];
  if (Array.isArray(recorded) && Array.isArray(given)) {
    const [first] = recorded;
    if (first === undefined) return [];
    if (given.length === 0) return [`${place} is empty`];
    return given.flatMap((element, i) =>
      differences(recorded[i] ?? first, element, `${place}[${i}]`),
    );
  }
  if (Array.isArray(recorded) || Array.isArray(given))
    return [`${place} is ${named(given)}, not ${named(recorded)}`];
  return [...new Set([...Object.keys(recorded), ...Object.keys(given)])].flatMap((member) => {
    const [was, is] = [recorded[member], given[member]];
    if (was === undefined) return [`${place} has ${member} besides`];
    if (is === undefined) return [`${place} lacks ${member}`];
    return differences(was, is, `${place}.${member}`);
  });
}

const named = (shape: Shape): string =>
  typeof shape === 'string' ? shape : Array.isArray(shape) ? 'array' : 'struct';
