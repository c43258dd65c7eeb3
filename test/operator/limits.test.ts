import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Claim, type LimitSettings, RunLimiter, type Running } from '../../src/operator/report/limits.ts';

/** Steps after which a chain of wakes counts as endless. */
const ENDLESS = 10_000;

interface Wish {
  readonly claim: Claim;
  readonly arrived: number;
}

/** The operator around a limiter, in small: a queue of woken Reports, Jobs that show in the cache late, and books of who ran. */
class World {
  readonly limiter: RunLimiter;
  readonly waiting = new Map<string, Wish>();
  /** Granted, and not yet in the cache. */
  readonly granted = new Map<string, Claim>();
  /** In the cache. */
  readonly running = new Map<string, Claim>();
  readonly grants: Claim[] = [];
  readonly messages = new Map<string, string>();
  readonly #settings: LimitSettings;
  readonly #prompt: boolean;
  readonly #woken = new Set<string>();
  #reports = 0;

  /** `prompt`: whoever is woken looks at once; else when `settle` is called, and much may happen before. */
  constructor(settings: LimitSettings, prompt = true) {
    this.#settings = settings;
    this.#prompt = prompt;
    const running = (): Iterable<Running> =>
      [...this.running.values()].map(({ uid, namespace, templateUid }) => ({ reportUid: uid, namespace, templateUid }));
    this.limiter = new RunLimiter(settings, running, (key) => this.#woken.add(key));
  }

  arrive(namespace: string, templateUid: string, templateLimit?: number): Claim {
    this.#reports += 1;
    const name = `report-${this.#reports}`;
    const createdAt = new Date(1_800_000_000_000 + this.#reports * 1_000).toISOString();
    const claim = { key: `${namespace}/${name}`, uid: name, namespace, templateUid, templateLimit, createdAt };
    this.waiting.set(claim.key, { claim, arrived: this.grants.length });
    this.#woken.add(claim.key);
    if (this.#prompt) this.settle();
    return claim;
  }

  /** A Job shows in the cache. */
  appear(uid: string): void {
    const claim = this.granted.get(uid);
    if (claim === undefined) return;
    this.granted.delete(uid);
    this.running.set(uid, claim);
    this.limiter.release(uid);
    if (this.#prompt) this.settle();
  }

  end(uid: string): void {
    if (!this.running.delete(uid)) return;
    this.limiter.wakeNext();
    if (this.#prompt) this.settle();
  }

  /** A Report is deleted, or must wait for something else. */
  vanish(key: string): void {
    const wish = this.waiting.get(key);
    if (wish === undefined) return;
    this.waiting.delete(key);
    this.limiter.release(wish.claim.uid);
    if (this.#prompt) this.settle();
  }

  /** A Report that has its place is deleted before its Job is made. */
  giveUp(uid: string): void {
    if (!this.granted.delete(uid)) return;
    this.limiter.release(uid);
    if (this.#prompt) this.settle();
  }

  /** `maxRunning` of a template is edited: every Report of it looks again. */
  setTemplateLimit(templateUid: string, templateLimit: number | undefined): void {
    for (const [key, { claim, arrived }] of this.waiting) {
      if (claim.templateUid !== templateUid) continue;
      this.waiting.set(key, { claim: { ...claim, templateLimit }, arrived });
      this.#woken.add(key);
    }
    if (this.#prompt) this.settle();
  }

  /** Everybody who was woken looks, until nobody is. */
  settle(): void {
    for (let step = 0; this.#woken.size > 0; step += 1) {
      if (step > ENDLESS) expect.fail('Reports wake each other without end');
      const [key = ''] = this.#woken;
      this.#woken.delete(key);
      const wish = this.waiting.get(key);
      if (wish === undefined) continue;
      const verdict = this.limiter.claim(wish.claim);
      if (!verdict.granted) {
        this.messages.set(key, verdict.message);
        continue;
      }
      this.waiting.delete(key);
      this.granted.set(wish.claim.uid, wish.claim);
      this.grants.push(wish.claim);
    }
  }

  get alive(): readonly Claim[] {
    return [...this.granted.values(), ...this.running.values()];
  }

  /** Whether no limit stands in its way. */
  couldRun({ namespace, templateUid, templateLimit = Infinity }: Claim): boolean {
    const { alive } = this;
    return (
      alive.length < this.#settings.total &&
      alive.filter((claim) => claim.namespace === namespace).length < this.#settings.perNamespace &&
      alive.filter((claim) => claim.templateUid === templateUid).length < templateLimit
    );
  }
}

const settings = fc.record({ total: fc.integer({ min: 1, max: 6 }), perNamespace: fc.integer({ min: 1, max: 4 }) });
const namespaces = fc.constantFrom('a', 'b', 'c', 'd');
const templates = fc.constantFrom('t1', 't2', 't3');
const which = fc.nat();
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('arrive' as const), namespace: namespaces, template: templates, which }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('appear' as const), namespace: namespaces, template: templates, which }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('end' as const), namespace: namespaces, template: templates, which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('vanish' as const), namespace: namespaces, template: templates, which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('giveUp' as const), namespace: namespaces, template: templates, which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit' as const), namespace: namespaces, template: templates, which }) },
);

function pick(keys: Iterable<string>, index: number): string {
  const all = [...keys];
  return all[index % Math.max(all.length, 1)] ?? '';
}

test('no limit is ever exceeded, and nobody waits while there is a place', () => {
  fc.assert(
    fc.property(settings, fc.array(fc.tuple(happening, fc.boolean()), { maxLength: 150, size: 'max' }), (limits, happenings) => {
      const world = new World(limits, false);
      const templateLimits = new Map<string, number | undefined>();
      for (const [{ kind, namespace, template, which: index }, everybodyLooks] of happenings) {
        switch (kind) {
          case 'arrive':
            world.arrive(namespace, template, templateLimits.get(template));
            break;
          case 'appear':
            world.appear(pick(world.granted.keys(), index));
            break;
          case 'end':
            world.end(pick(world.running.keys(), index));
            break;
          case 'vanish':
            world.vanish(pick(world.waiting.keys(), index));
            break;
          case 'giveUp':
            world.giveUp(pick(world.granted.keys(), index));
            break;
          case 'limit': {
            const limit = index % 4 === 0 ? undefined : index % 4;
            templateLimits.set(template, limit);
            world.setTemplateLimit(template, limit);
            break;
          }
        }
        expect(world.alive.length).toBeLessThanOrEqual(limits.total);
        for (const name of ['a', 'b', 'c', 'd'])
          expect(world.alive.filter((claim) => claim.namespace === name).length).toBeLessThanOrEqual(limits.perNamespace);
        if (!everybodyLooks) continue;
        world.settle();
        for (const { claim } of world.waiting.values()) {
          if (world.couldRun(claim)) expect.fail(`${claim.key} waits although nothing stands in its way`);
        }
      }
      // In the end everybody has run.
      world.settle();
      while (world.alive.length > 0) {
        for (const uid of [...world.granted.keys()]) world.appear(uid);
        for (const uid of [...world.running.keys()]) world.end(uid);
        world.settle();
      }
      expect([...world.waiting.keys()]).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('Jobs that somebody made to look like those of Reports take no place of another namespace', () => {
  const forged = Array.from({ length: 500 }, (_, job) => ({ reportUid: `forged-${job}`, namespace: 'hostile', templateUid: 't' }));
  const limiter = new RunLimiter(
    { total: 20, perNamespace: 5 },
    () => forged,
    () => undefined,
  );
  const claim = (namespace: string, uid: string): Claim => {
    const key = `${namespace}/${uid}`;
    return { key, uid, namespace, templateUid: 't', templateLimit: undefined, createdAt: '2026-10-01T06:00:00Z' };
  };
  expect(limiter.claim(claim('billing', 'a'))).toEqual({ granted: true });
  expect(limiter.claim(claim('hostile', 'b'))).toMatchObject({ granted: false });
});

test('a template’s own limit is kept, however its Reports are spread', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.tuple(namespaces, templates, which), { maxLength: 60, size: 'max' }),
      (limit, arrivals) => {
        const world = new World({ total: 100, perNamespace: 100 });
        for (const [namespace, template, index] of arrivals) {
          world.arrive(namespace, template, limit);
          if (index % 3 === 0) world.appear(pick(world.granted.keys(), index));
          if (index % 5 === 0) world.end(pick(world.running.keys(), index));
          for (const name of ['t1', 't2', 't3'])
            expect(world.alive.filter(({ templateUid }) => templateUid === name).length).toBeLessThanOrEqual(limit);
        }
      },
    ),
  );
});

describe('turns', () => {
  test('go round over namespaces: while one waits, no other is served twice', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.tuple(fc.boolean(), namespaces, which), { maxLength: 150, size: 'max' }),
        (total, happenings) => {
          const world = new World({ total, perNamespace: total });
          const waitingSince = new Map<string, number>();
          for (const [arrives, namespace, index] of happenings) {
            if (arrives) world.arrive(namespace, 't');
            else {
              for (const uid of [...world.granted.keys()]) world.appear(uid);
              world.end(pick(world.running.keys(), index));
            }
            for (const name of ['a', 'b', 'c', 'd']) {
              const waits = [...world.waiting.values()].some(({ claim }) => claim.namespace === name);
              if (!waits) waitingSince.delete(name);
              else if (!waitingSince.has(name)) waitingSince.set(name, world.grants.length);
              const served = world.grants.slice(waitingSince.get(name) ?? world.grants.length).map((claim) => claim.namespace);
              const own = served.indexOf(name);
              if (own >= 0) waitingSince.set(name, world.grants.length);
              else expect(new Set(served).size).toBe(served.length);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('of a namespace with a thousand Reports delay another’s single one by one place', () => {
    const world = new World({ total: 2, perNamespace: 2 });
    for (let index = 0; index < 1_000; index += 1) world.arrive('busy', 't');
    const single = world.arrive('quiet', 't');
    const before = world.grants.length;
    for (let turn = 0; turn < 2; turn += 1) {
      for (const uid of [...world.granted.keys()]) world.appear(uid);
      world.end(pick(world.running.keys(), 0));
    }
    expect(world.grants.slice(before).map(({ key }) => key)).toContain(single.key);
  });

  test('within a namespace go to the oldest', () => {
    const world = new World({ total: 1, perNamespace: 1 });
    const arrived = Array.from({ length: 20 }, () => world.arrive('a', 't').key);
    for (let turn = 0; turn < 20; turn += 1) {
      for (const uid of [...world.granted.keys()]) world.appear(uid);
      for (const uid of [...world.running.keys()]) world.end(uid);
    }
    expect(world.grants.map(({ key }) => key)).toEqual(arrived);
  });

  test('go past a Report whose template is full, and it loses nothing by that', () => {
    const world = new World({ total: 10, perNamespace: 10 });
    const first = world.arrive('a', 'narrow', 1);
    const held = world.arrive('a', 'narrow', 1);
    const later = world.arrive('a', 'wide');
    expect(world.grants).toEqual([first, later]);
    world.appear(first.uid);
    world.end(first.uid);
    expect(world.grants).toEqual([first, later, held]);
  });
});

describe('a grant', () => {
  const settingsOfOne = { total: 1, perNamespace: 1 };

  test('holds however often it is asked for, until it is released', () => {
    const world = new World(settingsOfOne);
    const claim = world.arrive('a', 't');
    for (let ask = 0; ask < 3; ask += 1) expect(world.limiter.claim(claim)).toEqual({ granted: true });
    world.arrive('b', 't');
    expect(world.grants).toEqual([claim]);
  });

  test('counts once while its Job is in the cache and the promise still stands', () => {
    const world = new World({ total: 2, perNamespace: 2 });
    const claim = world.arrive('a', 't');
    world.running.set(claim.uid, claim); // The cache is quicker than whoever tells us.
    world.arrive('a', 't');
    expect(world.grants).toHaveLength(2);
  });

  test('that is given up goes to the next', () => {
    const world = new World(settingsOfOne);
    const [first, second] = [world.arrive('a', 't'), world.arrive('b', 't')];
    world.giveUp(first.uid);
    expect(world.grants).toEqual([first, second]);
  });
});

test('a Report that was woken for a place and goes away hands it on', () => {
  const world = new World({ total: 1, perNamespace: 1 }, false);
  const [first, second, third] = [world.arrive('a', 't'), world.arrive('a', 't'), world.arrive('a', 't')];
  world.settle();
  world.appear(first.uid);
  world.end(first.uid);
  world.vanish(second.key);
  world.settle();
  expect(world.grants).toEqual([first, third]);
});

describe('who waits is told for what', () => {
  test.each<[string, LimitSettings, readonly [namespace: string, template: string, limit?: number], string]>([
    ['the limit of all', { total: 1, perNamespace: 9 }, ['b', 't2'], 'waiting: 1 of 1 reports are running'],
    ['the limit of its namespace', { total: 9, perNamespace: 1 }, ['a', 't2'], 'waiting: 1 of 1 reports are running in namespace a'],
    [
      'the limit of its template',
      { total: 9, perNamespace: 9 },
      ['b', 't', 1],
      'waiting: 1 of 1 reports of this template are running (spec.maxRunning)',
    ],
  ])('%s', (_, limits, [namespace, template, limit], message) => {
    const world = new World(limits);
    world.arrive('a', 't');
    const { key } = world.arrive(namespace, template, limit);
    expect(world.messages.get(key)).toBe(message);
  });
});
