import { AsyncLocalStorage } from 'node:async_hooks';
import type { SourceEvent } from '@rayni/contract';
import type { Caller } from '../../router.ts';
import { errorOf } from '../../trpc.ts';
import { testApp } from '../test-app.ts';
import { talkativeModel } from './model.ts';
import { seeded } from './random.ts';
import { answersFrom, follows, type Instrument, knows, lists, opens, type Person, reads } from './rights.ts';
import { canaryPattern, questionOf, setStage, type Size } from './stage.ts';

/** Something that showed to somebody who may not see it. */
export type Leak = { where: string; who: string; what: string; step: number };

/** What a run looked at, and what it found. */
export type CanaryReport = {
  seed: number;
  questions: number;
  /** Questions that were answered; the others were refused. */
  answered: number;
  /** Answers that broke: none may. */
  failed: number;
  /** Prompts that a language model was given, all of them looked at. */
  prompts: number;
  /** Everything else that was called and looked at: lists, documents, places, histories, citations, errors. */
  calls: number;
  /** Changes of grants, visibilities, states of documents, accounts. */
  changes: number;
  /** Documents on the very instruments that were asked about, counted at each question, that its asker could not be answered from. */
  forbidden: number;
  /** Canaries that showed to somebody who may see them: what was looked for could be found. */
  sightings: number;
  leaks: Leak[];
};

export type CanaryOptions = {
  seed: number;
  questions: number;
  size?: Size;
  /** Ends the run early. */
  enough?: (report: CanaryReport) => boolean;
  /** Called now and then with the report so far. */
  progress?: (report: CanaryReport) => void;
};

/** Where somebody asked: what an answer was rightly made from may show in it again, while its instrument may be read. */
type Conversation = {
  id: string;
  asker: Person | undefined;
  instrument: Instrument;
  turns: string[];
  citations: string[];
  /** By answer: what it could be made from while it was. */
  madeFrom: Set<string>[];
};

/** One call from its beginning to its end, with every canary that may have shown to its caller at any moment of it. */
type Call = {
  where: string;
  step: number;
  person: Person | undefined;
  may: Set<string>;
  grow: () => void;
  prompts: string[];
};

const lanes = 3;
const changeEvery = 6;

/**
 * Asks many questions as many people through the real product, while their rights change, and looks for the canary of every document
 * in every prompt, answer, citation, title, list, count, history and error: none may show to anybody who may not see it right then.
 */
export async function runCanary(options: CanaryOptions): Promise<CanaryReport> {
  const random = seeded(options.seed);
  const running = new AsyncLocalStorage<Call>();
  const report: CanaryReport = {
    seed: options.seed,
    questions: 0,
    answered: 0,
    failed: 0,
    prompts: 0,
    calls: 0,
    changes: 0,
    forbidden: 0,
    sightings: 0,
    leaks: [],
  };
  const model = talkativeModel(random, (prompt) => {
    report.prompts += 1;
    const call = running.getStore();
    if (!call) throw new Error('a prompt of no question');
    call.prompts.push(prompt);
    // Of an answer nobody waits for any more: judged at once.
    if (!open.has(call)) lookAtPrompts(call);
  });
  await using test = await testApp({ model });
  test.rayni.settings.answersAtOnce = 1_000;
  const size = options.size ?? { people: 12, instruments: 8, documents: 64 };
  const { world, callerOf, change, attach } = await setStage(test, random, size);
  const conversations: Conversation[] = [];
  const open = new Set<Call>();
  let version = 0;
  let changing = Promise.resolve();

  function look(call: Call, value: unknown, where = call.where) {
    const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
    for (const canary of new Set(text.toLowerCase().match(canaryPattern))) {
      if (call.may.has(canary)) report.sightings += 1;
      else leak(call, where, nameOf(canary));
    }
  }
  function lookAtPrompts(call: Call) {
    call.grow();
    for (const prompt of call.prompts.splice(0)) look(call, prompt, 'prompt');
  }
  function leak({ step, person, where: asked }: Call, where: string, what: string) {
    report.leaks.push({ where, step, what: `${what} (${asked})`, who: person ? roleOf(person) : 'guest' });
  }
  function nameOf(canary: string): string {
    const document = world.documents.find((one) => one.canary === canary);
    if (document) {
      const { status, deleted, attached, instrument } = document;
      return `${attached ? 'attachment' : status}${deleted ? ', deleted' : ''} on a ${instrument.visibility} instrument`;
    }
    return world.instruments.some((one) => one.canary === canary) ? 'an instrument' : 'a folder';
  }
  const roleOf = (person: Person) => (person.disabled ? 'disabled' : person.admin ? 'admin' : 'member');

  /** Runs a call as somebody; `allowed` says what may show to them there, and is asked again after every change meanwhile. */
  async function observed<T>(
    where: string,
    person: Person | undefined,
    allowed: () => Iterable<string>,
    run: (api: Caller, call: Call) => Promise<T>,
  ): Promise<{ result: T | undefined; undisturbed: boolean }> {
    const may = new Set<string>();
    const grow = () => {
      for (const canary of allowed()) may.add(canary);
    };
    const call: Call = { where, step: report.questions, person, may, grow, prompts: [] };
    await changing;
    open.add(call);
    grow();
    const before = version;
    let result: T | undefined;
    let shown: unknown;
    try {
      result = await running.run(call, async () => run(await callerOf(person), call));
      shown = result;
    } catch (error) {
      const { message, info } = errorOf(error, 'canary');
      if (info.code === 'INTERNAL') throw error;
      shown = { message, info };
    }
    // What is being changed may show already, or not any more: judged once it is done.
    await changing;
    open.delete(call);
    lookAtPrompts(call);
    look(call, shown);
    return { result, undisturbed: before === version };
  }

  /** What may show outside of answers. */
  function* visible(person: Person | undefined): Generator<string> {
    for (const one of world.documents) if (opens(world, person, one)) yield one.canary;
    for (const one of world.instruments) {
      if (knows(person, one)) yield one.canary;
      if (reads(world, person, one)) yield one.folder;
    }
  }
  /** What may show where it is told how far documents are. */
  function* followed(person: Person | undefined): Generator<string> {
    yield* visible(person);
    for (const one of world.documents) if (follows(world, person, one)) yield one.canary;
  }
  /** What may show in a new answer, and in its prompt. */
  function* answerable(
    person: Person | undefined,
    instrument: Instrument,
    conversation?: string,
  ): Generator<string> {
    if (knows(person, instrument)) yield instrument.canary;
    for (const one of world.documents)
      if (one.instrument === instrument && answersFrom(world, person, one, conversation)) yield one.canary;
  }
  /** What may show when old answers are read again. */
  function* kept(person: Person | undefined, conversation: Conversation): Generator<string> {
    yield* visible(person);
    if (reads(world, person, conversation.instrument)) for (const may of conversation.madeFrom) yield* may;
  }

  const somebody = () => (random.chance(0.2) ? undefined : random.of(world.people));

  async function ask() {
    const old = conversations.length > 0 && random.chance(0.3) ? random.of(conversations) : undefined;
    const person = old && random.chance(0.9) ? old.asker : somebody();
    const readable = world.instruments.filter((one) => reads(world, person, one));
    const any = random.chance(0.5) && readable.length > 0 ? readable : world.instruments;
    const instrument = old && random.chance(0.95) ? old.instrument : random.of(any);
    const input = {
      instrumentId: instrument.id,
      question: questionOf(random),
      ...(old ? { sessionId: old.id } : {}),
    };
    report.questions += 1;
    test.advance(1);
    const onIt = world.documents.filter((one) => one.instrument === instrument);
    report.forbidden += onIt.filter((one) => !answersFrom(world, person, one, old?.id)).length;
    const streamed = random.chance(0.3);
    const allowed = () => answerable(person, instrument, old?.id);
    await observed(
      `${streamed ? 'chat.events' : 'chat.ask'}${old ? ', continued' : ''}`,
      person,
      allowed,
      async (api, call) => {
        const answer = streamed ? undefined : await api.chat.ask(input);
        const started = answer ?? (await api.chat.start(input));
        const shown = answer ?? (await readThrough(api, started.turnId));
        report.answered += 1;
        if (JSON.stringify(shown).includes('"reason":"failed"')) report.failed += 1;
        const conversation = old ?? {
          id: started.sessionId,
          asker: person,
          instrument,
          turns: [],
          citations: [],
          madeFrom: [],
        };
        if (!old) conversations.push(conversation);
        conversation.turns.push(started.turnId);
        for (const { id } of answer?.citations ?? []) conversation.citations.push(id);
        conversation.madeFrom.push(call.may);
        return shown;
      },
    );
  }

  /** Reads anything at all, most of all what is not one's own. */
  async function read() {
    report.calls += 1;
    const person = somebody();
    const document = random.of(world.documents);
    const instrument = random.of(world.instruments);
    const all = () => visible(person);
    const seen = <T>(where: string, run: (api: Caller) => Promise<T>) => observed(where, person, all, run);
    const told = <T>(where: string, run: (api: Caller) => Promise<T>) =>
      observed(where, person, () => followed(person), run);
    /** A count tells too. */
    const counted = (
      where: string,
      expected: number,
      { result, undisturbed }: { result: number | undefined; undisturbed: boolean },
    ) => {
      if (result === undefined || !undisturbed || result === expected) return;
      const call: Call = { where, step: report.questions, person, may: new Set(), grow() {}, prompts: [] };
      leak(call, `count in ${where}`, `${result} instead of ${expected}`);
    };
    const talk = conversations.length > 0 ? random.of(conversations) : undefined;
    const again = <T>(where: string, run: (api: Caller, conversation: Conversation) => Promise<T>) => {
      if (!talk) return undefined;
      const reader = random.chance(0.7) ? talk.asker : person;
      return observed(
        where,
        reader,
        () => kept(reader, talk),
        (api) => run(api, talk),
      );
    };
    switch (random.below(17)) {
      case 0: {
        const q = random.of(['', 'zq', document.canary.slice(0, 4)]);
        const expected = world.documents.filter(
          (one) => lists(world, person, one) && one.canary.includes(q),
        ).length;
        const { result, undisturbed } = await told('sources.list', (api) => api.sources.list({ q }));
        return counted('sources.list', expected, { result: result?.total, undisturbed });
      }
      case 1: {
        const status = random.of([undefined, 'archived', 'embedded', 'approved'] as const);
        const here = world.documents.filter(
          (one) => one.instrument === instrument && lists(world, person, one, status),
        );
        const asked = { instrumentId: instrument.id, status };
        const { result, undisturbed } = await told('sources.list', (api) => api.sources.list(asked));
        return counted('sources.list', here.length, { result: result?.total, undisturbed });
      }
      case 2:
        return told('sources.get', (api) => api.sources.get({ id: document.id }));
      case 3:
        return seen('sources.fragments', (api) => api.sources.fragments({ id: document.id }));
      case 4: {
        const ids = world.documents.map(({ id }) => id).slice(0, 100);
        const expected = world.documents.slice(0, 100).filter((one) => follows(world, person, one)).length;
        const { result, undisturbed } = await seen('sources.progress', (api) =>
          api.sources.progress({ ids }),
        );
        return counted('sources.progress', expected, { result: result?.length, undisturbed });
      }
      case 5:
        return seen('viewer.locate', (api) => api.viewer.locate({ sourceId: document.id }));
      case 6: {
        const expected = world.instruments.filter((one) => knows(person, one)).length;
        const { result, undisturbed } = await seen('instruments.list', (api) => api.instruments.list());
        return counted('instruments.list', expected, { result: result?.length, undisturbed });
      }
      case 7:
        return seen('instruments.get', (api) => api.instruments.get({ id: instrument.id }));
      case 8: {
        const expected = world.instruments.filter((one) => reads(world, person, one)).length;
        const { result, undisturbed } = await seen('auth.me', (api) => api.auth.me());
        return counted('auth.me', expected, { result: result?.allowed.length, undisturbed });
      }
      case 9:
        return seen('folders.list', (api) =>
          api.folders.list(random.chance(0.5) ? {} : { instrumentId: instrument.id }),
        );
      case 10:
        return again('chat.history', (api, { id }) => api.chat.history({ sessionId: id }));
      case 11:
        return again('chat.citations', (api, { turns }) => api.chat.citations({ turnId: random.of(turns) }));
      case 12:
        return again('chat.events, again', (api, { turns }) => readThrough(api, random.of(turns)));
      case 13:
        return seen('sources.preview', (api) => api.sources.preview({ id: document.id }));
      case 14: {
        const ids = world.documents.map(({ id }) => id).slice(0, 100);
        const expected = world.documents.slice(0, 100).filter((one) => follows(world, person, one)).length;
        const { result, undisturbed } = await told('sources.events', async (api) => {
          for await (const tracked of await api.sources.events({ ids })) {
            const [, event] = tracked as unknown as [string, SourceEvent];
            return event.type === 'present' ? event.sources : [];
          }
          return [];
        });
        // A file attached to a conversation is told of at first, and not followed.
        return counted('sources.events', expected, { result: result?.length, undisturbed });
      }
      case 15:
        return again('viewer.citationState', async (api, { citations }) => {
          const citationId = citations.length > 0 ? random.of(citations) : undefined;
          return citationId && api.viewer.citationState({ citationId });
        });
      default:
        return again('viewer.locate', async (api, { citations }) => {
          const target = citations.length > 0 ? random.of(citations) : undefined;
          return target && api.viewer.locate({ target });
        });
    }
  }

  function alter(): Promise<void> {
    changing = changing.then(async () => {
      await change();
      version += 1;
      report.changes += 1;
      for (const call of open) call.grow();
    });
    return changing;
  }

  for (let i = 0; i < 25; i++) await alter();
  while (conversations.length < 8) await ask();
  for (const { asker, instrument, id } of conversations.slice(0, 6)) await attach(asker, instrument, id);

  async function lane() {
    while (report.questions < options.questions && options.enough?.(report) !== true) {
      if (random.below(changeEvery) === 0) await alter();
      await (random.chance(0.6) ? ask() : read());
      if (report.questions % 100 === 0) options.progress?.(report);
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return report;
}

async function readThrough(api: Caller, turnId: string): Promise<unknown[]> {
  const events = [];
  for await (const event of await api.chat.events({ turnId })) events.push(event);
  return events;
}
