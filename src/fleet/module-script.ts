import { z } from 'zod';

/** What is done with modules; each is `module`, `module:stream` or `module:stream/profile`, as dnf takes it. */
export const moduleChangeSchema = z.strictObject({
  disable: specs(),
  enable: specs(),
  switch: specs(),
  remove: specs(),
  install: specs(),
  dryRun: z.boolean().default(false),
});

export type ModuleChange = z.output<typeof moduleChangeSchema>;

/** The streams that an instance has chosen, by module: null for a module that is disabled. */
export type ModuleStreams = Record<string, { stream: string | null; profiles: string[] }>;

/** In this order: what is taken away makes room for what comes. */
const order = ['disable', 'switch', 'enable', 'remove', 'install'] as const;
const command = {
  ...{ disable: 'disable', enable: 'enable', switch: 'switch-to' },
  ...{ remove: 'remove', install: 'install' },
} as const;

/** Before what the instance says of its modules, and after it. */
const begin = '-- modules of this instance --';
const end = '-- end of modules --';
const notThere = 65;

/** Room for dnf to fetch and install what belongs to profiles, in seconds. */
export const moduleTimeout = 3600;

/**
 * What an instance runs to change its modules: dnf's commands, the first that fails being the last; then it says which streams are
 * chosen. With a dry run dnf decides and does nothing.
 */
export function moduleScript(change: ModuleChange): string {
  const lines = order.flatMap((what) =>
    change[what].length === 0
      ? []
      : [`change ${command[what]} ${change[what].map((spec) => `'${spec}'`).join(' ')}`],
  );
  return `#!/bin/sh
export LC_ALL=C
command -v dnf >/dev/null 2>&1 || { echo 'there is no dnf here, which knows of modules'; exit ${notThere}; }
status=0
change() {
  [ $status -eq 0 ] || return
  echo "dnf module $*"
${change.dryRun ? tried : carriedOut}
}
${lines.join('\n')}
echo '${begin}'
for file in /etc/dnf/modules.d/*.module; do
  [ -f "$file" ] && sed -n '/^\\[/p; /^stream *=/p; /^profiles *=/p; /^state *=/p' "$file"
done
echo '${end}'
exit $status
`;
}

const carriedOut = '  dnf -y module "$@" 2>&1 || status=$?';

/** With --assumeno dnf fails where there is something to do. */
const tried = `  said=$(dnf --assumeno module "$@" 2>&1) || case "$said" in
    *'Operation aborted'*) ;;
    *) status=1 ;;
  esac
  printf '%s\\n' "$said"`;

/**
 * What an instance said of its modules at the end of that script; undefined where it did not come so far. Source: the files of
 * /etc/dnf/modules.d, which are INI with one section each.
 */
function readModules(output: string): ModuleStreams | undefined {
  const from = output.lastIndexOf(begin);
  const to = output.indexOf(end, from);
  if (from < 0 || to < 0) return undefined;
  const streams: ModuleStreams = {};
  let module = '';
  let said: Record<string, string> = {};
  const note = () => {
    if (module === '' || module === '__proto__') return;
    if (said.state === 'disabled') streams[module] = { stream: null, profiles: [] };
    else if (said.state === 'enabled' && said.stream) {
      const profiles = (said.profiles ?? '').split(/[\s,]+/).filter((p) => p !== '');
      streams[module] = { stream: said.stream, profiles };
    }
  };
  for (const line of output.slice(from + begin.length, to).split('\n')) {
    const section = /^\[(.+)\]\s*$/.exec(line);
    if (section) {
      note();
      module = section[1]!;
      said = {};
      continue;
    }
    const [, name, value] = /^(\w+) *= *(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) said[name] = value!;
  }
  note();
  return streams;
}

/** What the result of an action says of modules; undefined where it is about something else. */
export function modulesSaid(kind: string, result: unknown): ModuleStreams | undefined {
  const output = (result as { output?: unknown } | null | undefined)?.output;
  return kind === 'modules.change' && typeof output === 'string' ? readModules(output) : undefined;
}

function specs() {
  return z
    .array(
      z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._+-]*(:[A-Za-z0-9._+-]+)?(\/[A-Za-z0-9._+-]+)?$/),
    )
    .max(100)
    .default([]);
}
