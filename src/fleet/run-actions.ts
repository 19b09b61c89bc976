import { packageOf } from './package-words.ts';
import { type ModuleSpec, type Step, specText } from './run-work.ts';

/** The action that carries a step out: its kind, and what the kind's schema takes. */
export function actionOf(step: Step): { kind: string; params: unknown } {
  switch (step.kind) {
    case 'updateAll':
      return { kind: 'updates.install', params: { kinds: step.kinds } };
    case 'modules': {
      const { enable, disable, switch: to, install, remove, dryRun } = step;
      const specs = (list: readonly ModuleSpec[] = []) => list.map(specText);
      const params = {
        ...{ enable: specs(enable), disable: specs(disable), switch: specs(to) },
        ...{ install: specs(install), remove: specs(remove), ...(dryRun && { dryRun }) },
      };
      return { kind: 'modules.change', params };
    }
    case 'reboot':
      return { kind: 'reboot.reboot', params: {} };
    case 'script': {
      const { script, user, group, timeoutSeconds: timeout } = step;
      const given = {
        ...(user !== undefined && { user }),
        ...(group !== undefined && { group }),
        ...(timeout !== undefined && { timeout }),
      };
      return { kind: 'script.run', params: { script, ...given } };
    }
    default:
      return {
        kind: `packages.${step.kind}`,
        params: { packages: step.packages.map(packageOf) },
      };
  }
}
