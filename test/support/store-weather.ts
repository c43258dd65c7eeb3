/** Bad weather before an object store, thrown by dice: what stores under load, load balancers and lines do to S3 requests. Never a lie about what is in the bucket. */
import { choose, type Dice } from './dice.ts';
import type { Ledger } from './ledger.ts';
import type { S3Operation, SeenRequest, Weather } from './s3-proxy.ts';

type Shares = readonly (readonly [share: number, weather: (detail: number) => Weather])[];

const SLOW_DOWN: Weather = { status: 503, code: 'SlowDown' };
const INTERNAL_ERROR: Weather = { status: 500, code: 'InternalError' };
const BAD_GATEWAY: Weather = { status: 502, body: '<html>Bad Gateway</html>' };
const hang = (detail: number): Weather => ({ hangMs: 300 + detail * 2_000 });

const ANY: Shares = [
  [0.03, () => INTERNAL_ERROR],
  [0.02, () => BAD_GATEWAY],
  [0.03, () => 'cut'],
  [0.02, () => 'loseReply'],
  [0.02, hang],
];
const BODY: Shares = [
  [0.03, () => INTERNAL_ERROR],
  [0.05, () => 'cut'],
  [0.06, () => 'loseReply'],
  [0.06, (detail) => ({ cutAfterBytes: Math.floor(detail * 5_000_000) })],
  [0.04, () => 'corrupt'],
  [0.02, hang],
];
const SHARES: Partial<Record<S3Operation, Shares>> = {
  PutObject: BODY,
  UploadPart: BODY,
  CompleteMultipartUpload: [
    [0.25, () => 'loseReply'],
    [0.05, () => ({ status: 200, code: 'InternalError' })],
    [0.05, () => INTERNAL_ERROR],
    [0.05, () => 'cut'],
    [0.03, hang],
  ],
};
/** Chance that a burst of refusals begins with a request. */
const BURST = 0.02;
const LONGEST_BURST_MS = 3_000;

export class StoreWeather {
  readonly #dice: Dice;
  readonly #ledger: Ledger;
  /** While false, everything passes. */
  rough = false;
  #refusesUntil = 0;

  constructor(dice: Dice, ledger: Ledger) {
    this.#dice = dice;
    this.#ledger = ledger;
  }

  readonly weather = ({ operation, partNumber, url }: SeenRequest): Weather => {
    if (!this.rough) return 'pass';
    const file = new URL(url, 'http://store').pathname.split('/').at(-1) ?? '';
    const [share, detail] = this.#dice.next(`${operation} ${file} ${partNumber ?? ''}`);
    const now = performance.now();
    const [burst, length] = this.#dice.next(`burst ${operation} ${file}`);
    if (burst < BURST) this.#refusesUntil = now + length * LONGEST_BURST_MS;
    const weather = now < this.#refusesUntil ? SLOW_DOWN : (choose(share, SHARES[operation] ?? ANY)?.(detail) ?? 'pass');
    if (weather !== 'pass') this.#ledger.note(`${nameOf(weather)}: ${operation}`);
    return weather;
  };
}

function nameOf(weather: Weather): string {
  if (typeof weather === 'string') return weather;
  if ('status' in weather) return `${weather.status} ${weather.code ?? 'page of a proxy'}`;
  if ('cutAfterBytes' in weather) return 'cut within the body';
  return 'hangMs' in weather ? 'hang, then cut' : 'late';
}
