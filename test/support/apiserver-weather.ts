/**
 * Bad weather before an apiserver, thrown by dice: what overloaded, restarting and lagging apiservers, and the network before them, do to an operator's requests.
 *
 * Only what a real one may say: a list without a limit is never answered from the past, a name is never said to be taken that is not, nothing is said to be absent that is there.
 */
import type { Fate, ProxiedRequest } from './apiserver-proxy.ts';
import { choose, type Dice } from './dice.ts';
import type { Ledger } from './ledger.ts';

type Verb = 'list' | 'watch' | 'get' | 'write';
type Shares = readonly (readonly [share: number, fate: (detail: number) => Fate])[];

const refused = (code: number, reason: string): (() => Fate) => {
  return () => ({ kind: 'refused', code, reason });
};
/** A second at most: what is tested is that it is heeded, and every one costs its time. */
const busy = (detail: number): Fate => ({ kind: 'refused', code: 429, reason: 'TooManyRequests', retryAfter: detail < 0.7 ? 0 : 1 });
const slow = (detail: number): Fate => ({ kind: 'slow', ms: 20 + detail * detail * 1_500 });
const cut = (detail: number): Fate => ({ kind: 'cut', afterBytes: 1 + Math.floor(detail * 12_000) });

const SHARES: Readonly<Record<Verb, Shares>> = {
  write: [
    [0.05, refused(409, 'Conflict')],
    [0.04, busy],
    [0.04, refused(500, 'InternalError')],
    [0.06, () => ({ kind: 'misreported', code: 500, reason: 'InternalError' })],
    [0.02, () => ({ kind: 'misreported', code: 504, reason: 'Timeout' })],
    [0.03, () => 'lost'],
    [0.04, () => 'unanswered'],
    [0.05, slow],
  ],
  get: [
    [0.03, busy],
    [0.04, refused(500, 'InternalError')],
    [0.02, refused(503, 'ServiceUnavailable')],
    [0.03, () => 'lost'],
    [0.03, (detail) => ({ kind: 'cut', afterBytes: 1 + Math.floor(detail * 500) })],
    [0.04, slow],
  ],
  list: [
    [0.08, () => 'stale'],
    [0.06, refused(410, 'Expired')],
    [0.04, busy],
    [0.04, refused(500, 'InternalError')],
    [0.03, () => 'lost'],
    [0.04, cut],
    [0.05, slow],
  ],
  watch: [
    [0.3, cut],
    [0.08, (detail) => ({ kind: 'silent', ms: 500 + detail * 2_500 })],
    [0.06, () => ({ kind: 'errorEvent', code: 410, reason: 'Expired' })],
    [0.04, refused(410, 'Expired')],
    [0.04, refused(500, 'InternalError')],
    [0.03, busy],
    [0.03, () => 'lost'],
    [0.05, slow],
  ],
};

export class ApiserverWeather {
  readonly #dice: Dice;
  readonly #ledger: Ledger;
  /** While false, everything passes. */
  rough = false;

  constructor(dice: Dice, ledger: Ledger) {
    this.#dice = dice;
    this.#ledger = ledger;
  }

  fate(request: ProxiedRequest): Fate {
    if (!this.rough) return 'passes';
    const { verb, name, what } = describeRequest(request);
    const [share, detail] = this.#dice.next(name);
    const fate = choose(share, SHARES[verb])?.(detail) ?? 'passes';
    if (fate !== 'passes') this.#ledger.note(`${faultName(fate)}: ${what}`);
    return fate;
  }
}

/** `name` tells requests apart as far as they are the same in every run: names of Reports are, those of Jobs are made from UIDs. */
function describeRequest({ method, path, query }: ProxiedRequest): { readonly verb: Verb; readonly name: string; readonly what: string } {
  const [plural = '', object, subresource] = path
    .replace(/^\/apis?(\/[^/]+)?\/v[^/]+\//, '')
    .replace(/^namespaces\/[^/]+\/(?=.)/, '')
    .split('/');
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  const verb =
    method !== 'GET' ? 'write' : query.has('watch') ? 'watch' : query.has('limit') && !query.has('fieldSelector') ? 'list' : 'get';
  const what = `${method === 'GET' ? verb : method} ${resource}`;
  return { verb, what, name: plural.startsWith('report') ? `${what} ${object ?? ''}` : what };
}

function faultName(fate: Exclude<Fate, 'passes'>): string {
  if (typeof fate === 'string') return fate;
  switch (fate.kind) {
    case 'refused':
      return `${fate.code} ${fate.reason} before it was done`;
    case 'misreported':
      return `${fate.code} ${fate.reason} after it was done`;
    case 'errorEvent':
      return `${fate.code} ${fate.reason} as an event`;
    case 'slow':
    case 'silent':
    case 'cut':
      return fate.kind;
  }
}
