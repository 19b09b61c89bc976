/** Documents of a modules.yaml. */
export const stream = (
  [name, stream, version, context]: [string, string, number, string],
  artifacts: string[],
  requires: Record<string, string[]> = { platform: ['el8'] },
): string => `---
document: modulemd
version: 2
data:
  name: ${name}
  stream: "${stream}"
  version: ${version}
  context: ${context}
  arch: x86_64
  summary: Invented
  description: Invented
  license:
    module: [MIT]
  dependencies:
  - requires:
${Object.entries(requires)
  .map(([module, streams]) => `      ${module}: [${streams.map((s) => `"${s}"`).join(', ')}]\n`)
  .join('')}  artifacts:
    rpms:
${artifacts.map((a) => `    - ${a}\n`).join('')}...
`;

export const defaultStream = (module: string, stream: string): string => `---
document: modulemd-defaults
version: 1
data:
  module: ${module}
  stream: "${stream}"
  profiles:
    "${stream}": []
...
`;
