import type { ActionRequest } from '../../fleet/action-creation.ts';
import type { Action } from '../../store/state/actions.ts';

/** What the command line asks about actions of instances. All throw AppErrors. */
export interface ActionOperations {
  /** Gives each of these instances an action of its own: all of them, or none. `by` is the user who asks. */
  createActions(instances: number[], request: ActionRequest, by: string): Promise<Action[]>;
  /** The actions of an instance, the newest first. */
  listActions(instance: number, limit: number): Promise<Action[]>;
  showAction(id: number): Promise<Action>;
  cancelAction(id: number, by: string): Promise<Action>;
}
