/** What the command line asks about what instances see of their sources. All throw AppErrors. */
export interface LensOperations {
  /** Gives an instance or a group another view of a source than its current revision. */
  setLens(request: LensRequest): Promise<ShownLens>;
  /** Takes it away: the current revision is seen again. */
  removeLens(request: LensSubject & { by: string }): Promise<void>;
  /** Those of an instance or a group, or all. */
  listLenses(subject: Pick<LensSubject, 'scope' | 'subject'> | null): Promise<ShownLens[]>;
}

export interface LensSubject {
  scope: 'instance' | 'group';
  /** An instance's id or a group's name. */
  subject: string;
  label: string;
}

export interface LensRequest extends LensSubject {
  /** Filters as the configuration file writes them; empty for none. */
  filters: unknown[];
  /** A revision, snapshot or time of the source; null for as it is. */
  at: string | null;
  /** A stage that follows the source; goes with nothing else. */
  stage: string | null;
  /** Shown under the source's own label, or under one of its own. */
  under: 'own' | 'parent';
  by: string;
}

export interface ShownLens extends LensSubject {
  /** What is served: a view's or a stage's label, or a label with `@`. */
  channel: string;
  under: 'own' | 'parent';
  filters: unknown[];
  at: string | null;
  stage: string | null;
}
