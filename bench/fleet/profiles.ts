/** Versions of packages that the fleet has among them, besides those that change. */
const pool = 5000;
/** Machines are alike in so many ways. */
const kinds = 20;
/** Packages that are other ones at each check-in. */
const changing = 3;

const bodies = new Map<string, Buffer>();

/**
 * A profile as parts of a call's parameters: most of it shared by machines of a kind, a few packages that are others at
 * each `turn`, of as many versions as an update brings to a fleet.
 */
export function profileParts(machine: number, packages: number, turn: number): (string | Buffer)[] {
  const kind = machine % kinds;
  const changed = Array.from({ length: changing }, (_, i) =>
    packageOf(pool + i, `${1 + ((machine + turn) % 50)}.${turn}`),
  );
  return [
    '<param>\n<value><array><data>\n',
    bodyOf(kind, packages - changing),
    ...changed,
    '</data></array></value>\n</param>\n',
  ];
}

function bodyOf(kind: number, packages: number): Buffer {
  const key = `${kind} ${packages}`;
  let body = bodies.get(key);
  if (!body) {
    const first = (kind * pool) / kinds;
    const list = Array.from({ length: packages }, (_, i) => packageOf((first + i) % pool, '1.2.3'));
    body = Buffer.from(list.join(''));
    bodies.set(key, body);
  }
  return body;
}

function packageOf(number: number, version: string): string {
  const said = {
    name: `package-with-a-name-${number}`,
    epoch: number % 10 === 0 ? '1' : '',
    version,
    release: `${number % 90}.el8_10`,
  };
  const members = Object.entries(said).map(([name, value]) =>
    member(name, `<string>${value}</string>`),
  );
  const time = member('installtime', `<int>${1_700_000_000 + (number % 50) * 86_400}</int>`);
  const arch = member('arch', `<string>${number % 3 === 0 ? 'noarch' : 'x86_64'}</string>`);
  return `<value><struct>\n${members.join('')}${time}${arch}</struct></value>\n`;
}

const member = (name: string, value: string) =>
  `<member>\n<name>${name}</name>\n<value>${value}</value>\n</member>\n`;
