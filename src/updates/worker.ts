import { AppError } from '../base/errors.ts';
import { usable } from '../store/catalogue/unusable.ts';
import { createObjects } from '../store/objects/objects.ts';
import { dataPaths } from '../store/paths.ts';
import { createFleetReader } from '../store/state/fleet-reader.ts';
import { serveCalls } from '../store/worker-calls.ts';
import { createAffected } from './affected.ts';
import { createEngine } from './engine.ts';
import { createInstanceModules } from './instance-modules.ts';
import { createLacking } from './lacking.ts';
import type { UpdatesAnswer, UpdatesJob, UpdatesQuestion } from './protocol.ts';
import { createQuestions } from './questions.ts';
import { createSearch } from './search.ts';
import { createSummary } from './summary.ts';

// Clients wait for it. Single instances are asked about while all are being evaluated.
serveCalls<{ root: string }, UpdatesJob, UpdatesAnswer>(
  ({ root }) => {
    const paths = dataPaths(root);
    const objects = createObjects(paths);
    const reader = createFleetReader(paths.state);
    const engine = createEngine({ objects, paths, reader });
    const questions = createQuestions(engine);
    const search = createSearch({ objects, loader: engine.loader });
    const lacking = createLacking({ engine, search });
    const affected = createAffected(engine);
    const modules = createInstanceModules(engine, objects);
    const summary = createSummary({ engine, search, ...reader });
    /** How much of what the main thread knows is known here. */
    let known = 0;

    async function answer(question: UpdatesQuestion): Promise<UpdatesAnswer> {
      switch (question.op) {
        case 'settle':
          await engine.settled();
          affected.prepare();
          return undefined;
        case 'of':
          return questions.of(question.instance, question.view);
        case 'installable':
          return questions.installable(question.instance);
        case 'builds':
          return questions.builds(question.instance, question.kinds);
        case 'advisoriesOf':
          return lacking(question.instance, question.mirrored);
        case 'modules':
          return modules(question.instance);
        case 'counts':
          return summary.counts(question.instances);
        case 'summary':
          return summary.summary(question.instances, question.mirrored);
        case 'affected': {
          await engine.settled();
          const { about, mirrored } = question;
          const ids =
            'advisory' in about
              ? [about.advisory]
              : (await search.find(about, mirrored)).map(({ id }) => id);
          const numbers = ids.map(engine.advisories().numberOf);
          return affected.find(numbers.filter((number) => number !== undefined));
        }
        case 'search':
          return search.find(question.query, question.mirrored);
        case 'advisory':
          return search.details(question.id, question.mirrored);
      }
    }

    return (job) => {
      const { delta } = job;
      // A thread that took the place of one that ended knows nothing yet.
      if (delta && (delta.number === 1 || delta.number === known + 1)) {
        engine.apply(delta);
        known = delta.number;
      }
      if (job.after !== known) throw new AppError('conflict', 'the thread knows another state');
      return usable(async () => {
        engine.lookAtCatalogue();
        return answer(job);
      });
    };
  },
  { together: true, urgent: true },
);
