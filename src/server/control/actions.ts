import type { ActionRequest } from '../../fleet/action-creation.ts';
import type { Action, ActionHead } from '../../store/state/actions.ts';

/** What the command line asks about actions of instances. All throw AppErrors. */
export interface ActionOperations {
  /** Gives each of these instances an action of its own: all of them, or none. `by` is the user who asks. */
  createActions(instances: number[], request: ActionRequest, by: string): Promise<ActionHead[]>;
  /** The actions of an instance, the newest first. */
  listActions(instance: number, limit: number): Promise<ActionHead[]>;
  showAction(id: number): Promise<Action>;
  cancelAction(id: number, by: string): Promise<Action>;
}
